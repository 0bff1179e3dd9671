// Steps over named values, and how they are carried out one after the other. Values are forgotten after their last use.

import { FormatError, NeocogError, nn, ShapeError, type Tensor, UnsupportedError } from 'neocog';
import { willHold, willRelease } from '../budget.ts';
import { shown } from '../shown.ts';
import { type Arguments, Operation } from './operation.ts';
import { HostArray, toFloats, toTensor, type Value } from './value.ts';

/** One node: a module, and the names of the values that it takes and gives; '' where one is absent. */
export interface Step {
  /** Unique in the graph. Appears in keys of the state dict and in summaries. */
  readonly name: string;
  /** An `Operation`, a `Block`, or a layer, which takes one tensor and gives one. */
  module: nn.Module;
  /** Names of values, in the order in which the module takes them. */
  readonly inputs: readonly string[];
  /** Names for the values that the module gives, in its order. */
  readonly outputs: readonly string[];
}

/** Values by name; inner scopes see those around them. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;
  readonly #constants: ReadonlyMap<string, Value> | undefined;

  /** Constants are looked up where they are. */
  constructor(
    values: Iterable<readonly [string, Value]> = [],
    outer?: Scope,
    constants?: ReadonlyMap<string, Value>,
  ) {
    for (const [name, value] of values) this.#values.set(name, value);
    this.#outer = outer;
    this.#constants = constants;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#constants?.get(name) ?? this.#outer?.get(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Forgets a value of this scope, and gives it back. */
  delete(name: string): Value | undefined {
    const value = this.#values.get(name);
    this.#values.delete(name);
    return value;
  }
}

/** A step that runs with the values around it, such as one that chooses between two blocks. */
export abstract class ScopedModule extends nn.Module {
  abstract runIn(scope: Scope, inputs: Arguments): readonly Value[];

  /** Names of the values around it that it may read. */
  abstract get reads(): Iterable<string>;

  /** Its parts are what runs; on a tensor alone it does nothing. */
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** A step that runs one of several blocks; which one, the values of its inputs decide. */
export abstract class Choice extends ScopedModule {
  abstract get blocks(): readonly Block[];

  /** One of the blocks. */
  abstract choose(inputs: Arguments): Block;

  override get reads(): Set<string> {
    return new Set(this.blocks.flatMap((block) => [...block.reads]));
  }

  override runIn(scope: Scope, inputs: Arguments): readonly Value[] {
    return this.choose(inputs).runIn(scope);
  }
}

/** Steps in order, which may read the values of the scope around them. */
export class Block extends nn.Module {
  readonly #steps: Step[];
  /** Names of the values that come out. */
  readonly outputs: readonly string[];
  /** Values known at load, by the names that steps and outputs call them. */
  readonly constants: ReadonlyMap<string, Value>;
  readonly #lastUse: ReadonlyMap<number, readonly string[]>;
  /** Names of values that it takes from around it. */
  readonly reads: ReadonlySet<string>;

  constructor(steps: readonly Step[], outputs: readonly string[], constants: ReadonlyMap<string, Value>) {
    super();
    this.#steps = steps.map((step) => ({ ...step }));
    this.outputs = outputs;
    this.constants = constants;
    this.#lastUse = lastUses(steps, outputs);
    this.reads = outerReads(steps, outputs, constants);
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#steps.map(({ name, module }) => [name, module]);
  }

  /** Also at every other call of the same layer. */
  override replaceChild(name: string, part: nn.Module): void {
    const step = this.#steps.find((one) => one.name === name);
    if (!step) return super.replaceChild(name, part);
    const { module } = step;
    for (const one of this.#steps) if (one.module === module) one.module = part;
  }

  forward(x: Tensor): Tensor {
    return x;
  }

  /** The outputs, with `given` on top of what `outer` and the constants know. */
  runIn(outer: Scope | undefined, given: Iterable<readonly [string, Value]> = []): Value[] {
    const scope = new Scope(given, outer, this.constants);
    this.#steps.forEach((step, i) => {
      willHold(() => runStep(step, scope));
      for (const name of this.#lastUse.get(i) ?? []) {
        const value = scope.delete(name);
        if (!this.constants.has(name)) willRelease(value);
      }
    });
    return this.outputs.map((name) => need(scope, name, 'the outputs'));
  }
}

/** What a step is given. */
export const argumentsOf = ({ name, inputs }: Step, scope: Scope): Arguments =>
  inputs.map((input) => (input === '' ? undefined : need(scope, input, name)));

/** Carries out a step; gives back what is kept. */
export function runStep(step: Step, scope: Scope): Value[] {
  const { module, name, outputs } = step;
  const inputs = argumentsOf(step, scope);
  const results = carryOut(name, () => resultsOf(module, inputs, scope));
  return outputs.flatMap((output, i) => {
    if (output === '' || results[i] === undefined) return [];
    scope.set(output, results[i]);
    return [results[i]];
  });
}

/** What goes wrong with shapes and files, or in no expected way, is told with the node's name; other refusals have it. */
export function carryOut<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error) || !isNameless(error)) throw error;
    const Kind = error instanceof FormatError ? FormatError : ShapeError;
    const message = `${ofNode} ${name} cannot be computed from its inputs: ${error.message}`;
    throw new Kind(message, { cause: error });
  }
}

const ofNode = 'run: node';

/** The node in a block says it before the node that runs the block. */
const isNameless = (error: Error): boolean =>
  error instanceof ShapeError || error instanceof FormatError
    ? !error.message.startsWith(ofNode)
    : !(error instanceof NeocogError);

function resultsOf(module: nn.Module, inputs: Arguments, scope: Scope): readonly Value[] {
  if (module instanceof Operation) return module.apply(inputs);
  if (module instanceof ScopedModule) return module.runIn(scope, inputs);
  const [x] = inputs;
  if (!x) return [];
  if (x.dtype === 'float32' || module.inputType === 'int32') return [module.forward(toTensor(x))];
  return [likeInput(x, module.forward(exactFloats(x)))];
}

/** Layers of floats compute with whole numbers as floats; on the host, what they give is of the type that they are given. */
const likeInput = (x: Value, y: Tensor): Value =>
  x instanceof HostArray ? new HostArray(x.dtype, Float64Array.from(y.data), y.shape) : y;

function exactFloats(x: Value): Tensor {
  const lost = x instanceof HostArray ? x.data.find((v) => Math.fround(v) !== v) : undefined;
  if (lost === undefined) return toFloats(x);
  throw new UnsupportedError(
    `the ${x.dtype} value ${lost} is no float32, but this layer computes in float32`,
  );
}

export function need(scope: Scope, name: string, who: string): Value {
  const value = scope.get(name);
  if (value) return value;
  throw new NeocogError(`${who}: the value ${shown(name)} was never computed`);
}

/** Names of the values that a step reads; '' where one is absent. */
export const readsOf = ({ module, inputs }: Step): readonly string[] =>
  module instanceof ScopedModule ? [...inputs, ...module.reads] : inputs;

/** Per step, the values that nobody reads after it. */
function lastUses(steps: readonly Step[], outputs: readonly string[]): Map<number, string[]> {
  const last = new Map<string, number>();
  steps.forEach((step, i) => {
    for (const name of [...step.outputs, ...readsOf(step)]) last.set(name, i);
  });
  for (const name of outputs) last.delete(name);
  const byStep = new Map<number, string[]>();
  for (const [name, i] of last) {
    const names = byStep.get(i);
    if (names) names.push(name);
    else byStep.set(i, [name]);
  }
  return byStep;
}

/** What steps and outputs read that is no constant, and that no step gives. */
function outerReads(
  steps: readonly Step[],
  outputs: readonly string[],
  constants: ReadonlyMap<string, Value>,
): Set<string> {
  const own = new Set([...constants.keys(), ...steps.flatMap((step) => step.outputs)]);
  return new Set([...steps.flatMap(readsOf), ...outputs].filter((name) => !own.has(name)));
}
