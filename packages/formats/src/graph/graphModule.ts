// A network as a graph of steps over named values. Each step is a module of its own, so that an imported network lists,
// trains, compiles and is summarised like any other. Values are forgotten after their last use.

import { cast, FormatError, NeocogError, nn, ShapeError, Tensor, UnsupportedError } from 'neocog';
import { atCostOf, type Budget, willHold, willRelease } from '../budget.ts';
import { shown } from '../shown.ts';
import { type Arguments, Operation } from './operation.ts';
import { anyAxes, findOutputs } from './shapes.ts';
import {
  HostArray,
  type HostType,
  isKnown,
  knownValues,
  rememberType,
  toFloats,
  toTensor,
  type Value,
} from './value.ts';

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

/** An input of an imported network. */
export interface GraphInput extends nn.NamedValue {
  /** The type in the file, where it is not `dtype`: int64 arrives as int32 and is int64 inside. */
  readonly type?: HostType | undefined;
}

/** What a `GraphModule` is made of. */
export interface GraphSpec {
  /** What is given in each run, in order. */
  readonly inputs: readonly GraphInput[];
  /** Which values come out, in order, by the names that steps, inputs or constants give them. */
  readonly outputs: readonly nn.NamedValue[];
  /** In an order in which they can run. */
  readonly steps: readonly Step[];
  /** Values known at load that steps or outputs name. */
  readonly constants: ReadonlyMap<string, Value>;
  /** What bounds each run; without one there is no bound. */
  readonly budget?: Budget | undefined;
}

/** Values by name; inner scopes see those around them. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;

  constructor(values: Iterable<readonly [string, Value]> = [], outer?: Scope) {
    for (const [name, value] of values) this.#values.set(name, value);
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
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

/** Steps in order, which may read the values of the scope around them. */
export class Block extends nn.Module {
  readonly #steps: Step[];
  readonly #outputs: readonly string[];
  readonly #constants: ReadonlyMap<string, Value>;
  readonly #lastUse: ReadonlyMap<number, readonly string[]>;
  /** Names of values that it does not compute itself. */
  readonly reads: ReadonlySet<string>;

  constructor(steps: readonly Step[], outputs: readonly string[], constants: ReadonlyMap<string, Value>) {
    super();
    this.#steps = steps.map((step) => ({ ...step }));
    this.#outputs = outputs;
    this.#constants = constants;
    this.#lastUse = lastUses(steps, outputs);
    this.reads = outerReads(steps, outputs);
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
    const scope = new Scope([...this.#constants, ...given], outer);
    this.#steps.forEach((step, i) => {
      willHold(() => runStep(step, scope));
      for (const name of this.#lastUse.get(i) ?? []) {
        const value = scope.delete(name);
        if (!this.#constants.has(name)) willRelease(value);
      }
    });
    return this.#outputs.map((name) => need(scope, name, 'the outputs'));
  }
}

/** Carries out a step; gives back what is kept. */
function runStep(step: Step, scope: Scope): Value[] {
  const { module, name, outputs } = step;
  const inputs = step.inputs.map((input) => (input === '' ? undefined : need(scope, input, name)));
  const results = carryOut(name, () => resultsOf(module, inputs, scope));
  return outputs.flatMap((output, i) => {
    if (output === '' || results[i] === undefined) return [];
    scope.set(output, results[i]);
    return [results[i]];
  });
}

/** What goes wrong with shapes and files, or in no expected way, is told with the node's name; other refusals have it. */
function carryOut<T>(name: string, run: () => T): T {
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

function need(scope: Scope, name: string, who: string): Value {
  const value = scope.get(name);
  if (value) return value;
  throw new NeocogError(`${who}: the value ${shown(name)} was never computed`);
}

/** Per step, the values that nobody reads after it. */
function lastUses(steps: readonly Step[], outputs: readonly string[]): Map<number, string[]> {
  const last = new Map<string, number>();
  steps.forEach((step, i) => {
    for (const name of [...step.outputs, ...step.inputs]) last.set(name, i);
    if (step.module instanceof ScopedModule) for (const name of step.module.reads) last.set(name, i);
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

/** What steps and outputs read that no step gives. */
function outerReads(steps: readonly Step[], outputs: readonly string[]): Set<string> {
  const own = new Set(steps.flatMap((step) => step.outputs));
  const inside = steps.flatMap(({ module }) => (module instanceof ScopedModule ? [...module.reads] : []));
  const all = [...steps.flatMap((step) => step.inputs), ...inside, ...outputs];
  return new Set(all.filter((name) => !own.has(name)));
}

/**
 * A network made of steps.
 *
 * @example
 * const net = new GraphModule({
 *   inputs: [{ name: 'x', shape: ['n', 3, 8, 8], dtype: 'float32' }],
 *   outputs: [{ name: 'y', shape: ['n', 4, 8, 8], dtype: 'float32' }],
 *   steps: [{ name: 'conv', module: new nn.Conv2d(3, 4, 3, { padding: 1 }), inputs: ['x'], outputs: ['y'] }],
 *   constants: new Map(),
 * });
 */
export class GraphModule extends nn.NamedModule {
  readonly inputs: readonly GraphInput[];
  #outputs: readonly nn.NamedValue[];
  readonly #block: Block;
  readonly #budget: Budget | undefined;

  constructor({ inputs, outputs, steps, constants, budget }: GraphSpec) {
    super();
    this.#budget = budget;
    this.inputs = Object.freeze([...inputs]);
    this.#outputs = Object.freeze([...outputs]);
    const names = outputs.map((output) => output.name);
    this.#block = new Block(steps, names, constants);
  }

  /** A network for inference, whose outputs have the sizes that follow from those of its inputs, all known but for `batch`. */
  static assemble(spec: GraphSpec, batch?: string): GraphModule {
    const net = new GraphModule(spec).eval();
    net.#outputs = Object.freeze([...findOutputs(net, batch)]);
    return net;
  }

  get outputs(): readonly nn.NamedValue[] {
    return this.#outputs;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#block.children();
  }

  /** The sizes of the outputs are those that follow then. */
  override replaceChild(name: string, part: nn.Module): void {
    this.#block.replaceChild(name, part);
    const open = new Set(this.inputs.flatMap(({ shape }) => shape).filter((n) => typeof n === 'string'));
    const [batch] = open.size === 1 ? open : [];
    this.#outputs = this.#outputs.map(({ shape, ...output }) => {
      return { ...output, shape: shape.map((n, d) => (typeof n === 'string' ? n : `${output.name}_${d}`)) };
    });
    this.#outputs = Object.freeze([...findOutputs(this, batch)]);
  }

  run(inputs: nn.NamedTensors): Record<string, Tensor> {
    const given = checkInputs(this.inputs, inputs);
    const size = given.reduce((sum, [, value]) => sum + value.data.length, 0);
    const run = (): Value[] => {
      willHold(() => given.map(([, value]) => value));
      return this.#block.runIn(undefined, given);
    };
    const values = this.#budget ? atCostOf(this.#budget.forRun('run', size), run) : run();
    return Object.fromEntries(this.outputs.map(({ name, dtype }, i) => [name, asTensor(values[i], dtype)]));
  }
}

/** Truth and, in a compiled network, whole numbers may have been computed as floats. */
function asTensor(value: Value, dtype: GraphInput['dtype']): Tensor {
  const t = toTensor(value);
  return t.dtype === dtype ? t : cast(t, dtype);
}

function checkInputs(wanted: readonly GraphInput[], given: nn.NamedTensors): [string, Value][] {
  const list = wanted.map(({ name }) => name).join(', ');
  const unknown = Object.keys(given).find((name) => !wanted.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw new ShapeError(`run: there is no input '${unknown}'; the network takes ${list}`);
  }
  return wanted.map((input) => {
    if (!Object.hasOwn(given, input.name)) {
      throw new ShapeError(`run: input '${input.name}' is missing; the network takes ${list}`);
    }
    return [input.name, checkInput(input, given[input.name])];
  });
}

function checkInput(input: GraphInput, x: Tensor): Value {
  const { name, shape, dtype, type = dtype } = input;
  if (!(x instanceof Tensor)) {
    throw new ShapeError(`run: input '${name}' is ${String(x)}; give a Tensor, such as tensor([1, 2])`);
  }
  const fits =
    shape[0] === anyAxes ||
    (x.rank === shape.length && x.shape.every((n, d) => typeof shape[d] === 'string' || shape[d] === n));
  if (!fits) {
    throw new ShapeError(`run: input '${name}' has shape [${x.shape}], but the network needs [${shape}]`);
  }
  if (x.dtype !== dtype) {
    throw new ShapeError(`run: input '${name}' is ${x.dtype}, but the network needs ${dtype}`);
  }
  // Whole numbers are computed with on the host wherever their values can be seen.
  if (dtype !== 'int32') return x;
  return isKnown(x) ? new HostArray(type, knownValues(x), x.shape) : rememberType(x, type);
}
