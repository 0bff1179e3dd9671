// A node of a graph that is no layer of neocog: a named function of values. As a module it shows in summaries and labels
// what programs do; host arithmetic stays out of sight.

import { FormatError, nn, Tensor } from 'neocog';
import { toFloats, toTensor, type Value, type ValueKind } from './value.ts';

/** What a node is given: `undefined` stands for an optional input that is absent. */
export type Arguments = readonly (Value | undefined)[];

/** Values as tensors of floats. */
export const tensors = (inputs: Arguments): (Tensor | undefined)[] =>
  inputs.map((value) => value && toFloats(value));

/** A function of values. */
export type Compute = (inputs: Arguments) => readonly Value[];

/** What results are, where that follows from shapes and from values that are known; undefined where it does not. */
export type FindKinds = (inputs: Arguments) => readonly ValueKind[] | undefined;

export class Operation extends nn.Module {
  /** The operator's name in the format. */
  readonly kind: string;
  /** Of an operation that looks at values: what can be told of its results beforehand. */
  readonly kindsOf: FindKinds;
  readonly #compute: Compute;
  #inputs: Arguments = [];
  #results: readonly Value[] = [];

  constructor(kind: string, compute: Compute, kindsOf: FindKinds = () => undefined) {
    super();
    this.kind = kind;
    this.kindsOf = kindsOf;
    this.#compute = compute;
  }

  /** All results for all inputs. */
  apply(inputs: Arguments): readonly Value[] {
    const first = inputs.find(isTensor);
    if (!first) return this.#carryOut(inputs);
    this.#inputs = inputs;
    this.forward(first);
    const results = this.#results;
    this.#inputs = [];
    this.#results = [];
    return results;
  }

  /** The first result. Called with the first tensor alone, the operation has no further inputs. */
  forward(x: Tensor): Tensor {
    const inputs = this.#inputs.includes(x) ? this.#inputs : [x];
    this.#results = this.#carryOut(inputs);
    const [first] = this.#results;
    // What is looked at here is a tensor of the results, or its host values as one.
    return this.#results.find(isTensor) ?? (first ? toTensor(first) : x);
  }

  /** Operations take what they need for given; only a broken file lacks it. */
  #carryOut(inputs: Arguments): readonly Value[] {
    try {
      const results = this.#compute(inputs);
      for (const result of results) checkRank(this.kind, result?.shape);
      return results;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new FormatError(`${this.kind}: an input is missing, or is of the wrong kind`, {
        cause: error,
      });
    }
  }

  override describe(): string {
    return this.kind;
  }
}

/** As NumPy has it. What a file asks for beyond only takes time. */
export const mostAxes = 64;

function checkRank(kind: string, shape: readonly number[] = []): void {
  if (shape.length <= mostAxes) return;
  throw new FormatError(`${kind}: a value has ${shape.length} axes, but at most ${mostAxes} are possible`);
}

const isTensor = (value: Value | undefined): value is Tensor => value instanceof Tensor;

/** An operation with one result. */
export const operation = (kind: string, compute: (inputs: Arguments) => Value): Operation =>
  new Operation(kind, (inputs) => [compute(inputs)]);

/** A function of one tensor of floats as a step of a network. */
export const tensorStep = (kind: string, f: (x: Tensor) => Tensor): Operation =>
  operation(kind, ([x]) => f(toFloats(x!)));
