// compileTraining: forward pass, backward pass and optimiser as one Program.

import { count, field, flag, instance, isRecord, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import type { Executable, ProgramReport } from '../backends/executable.ts';
import type { GraphValue } from '../backends/graph.ts';
import { DeviceError, ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import type { Settings } from '../optim/method.ts';
import { Optimizer } from '../optim/optimizer.ts';
import { aDType, aShape } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { needWhole, Tensor } from '../tensor/tensor.ts';
import { threadsOf } from './preferences.ts';
import { executableOf } from './program.ts';
import { drawAll } from './recorder.ts';
import {
  type Loss,
  type MemoryGroup,
  type Modes,
  memoryOf,
  modesOf,
  packMemory,
  type TargetSpec,
  type TracedTraining,
  traceTraining,
} from './traceTraining.ts';
import { checkTarget, needOwn, needRoom } from './trainingChecks.ts';
import { Turns } from './turns.ts';

export type { Loss, TargetSpec };

/** What a compiled training step is made of. */
export interface CompileTrainingOptions {
  /** Shape of a batch, `[n, c, …]`. A step may take fewer samples; a last batch usually does. */
  input: Shape;
  /**
   * Shape and dtype of the targets. Default: int32 class indices `[n, …]` where the loss is over classes, else float32 of
   * the output's shape.
   */
  target?: TargetSpec | undefined;
  /** Of output and target: a tensor of one element. Usually one of the losses, such as `crossEntropy`. */
  loss: Loss;
  /** Any of `optim`. Its settings may change between steps. */
  // biome-ignore lint/suspicious/noExplicitAny: the settings of any optimiser.
  optimizer: Optimizer<any>;
  /** Threads to run on, this one included. Default: `configure({ threads })`, which is 1 unless set. */
  threads?: number | undefined;
  /**
   * Losses, outputs and parameters are the same bits on every engine and for any number of threads, as for `compile`.
   * Default false, which is faster.
   */
  exact?: boolean | undefined;
}

const targetFields: Fields<TargetSpec> = { shape: required(aShape), dtype: required(aDType) };
const fields: Fields<CompileTrainingOptions> = {
  input: required(
    field('a shape [n, c, …] with at least one sample', (v) => aShape.ok(v) && (v as Shape)[0] >= 1),
  ),
  target: field('a target { shape, dtype }', isRecord),
  loss: required(field('a function such as crossEntropy', (v) => typeof v === 'function')),
  optimizer: required(instance('an Optimizer, such as new optim.SGD(…)', Optimizer)),
  threads: count,
  exact: flag,
};

/** What came of a step. */
export interface TrainingStep {
  /** Of this batch, before the parameters moved. */
  readonly loss: number;
  /** What the network gave, before the parameters moved. */
  readonly output: Tensor;
}

/** What a step takes, as it was when the step was asked for. */
interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  /** Of each group of the optimiser. */
  readonly settings: readonly Settings[];
}

/** A step for one size of batch. */
interface Compiled {
  readonly traced: TracedTraining;
  readonly executable: Executable;
}

/**
 * Training compiled for batches of one shape. Parameters, buffers and the optimiser's memory live in the program; `sync`
 * brings them back into the module and the optimiser. It holds memory and threads until `dispose`.
 */
export class Trainer {
  readonly #module: Module;
  readonly #options: CompileTrainingOptions;
  readonly #how: { readonly threads: number; readonly exact: boolean };
  readonly #memory: readonly MemoryGroup[];
  readonly #modes: Modes;
  readonly #turns = new Turns();
  readonly #compiled = new Map<number, Compiled>();
  /** Holds the present values. */
  #current: Compiled | null = null;
  #steps = 0;
  /** Why nothing can be done any more, or null. */
  #over: string | null = null;

  /** Made by `compileTraining`. */
  constructor(module: Module, options: CompileTrainingOptions) {
    need('compileTraining', 'module', module, aModule);
    needOptions('compileTraining', options, fields);
    if (options.target) needOptions('compileTraining', options.target, targetFields, 'target');
    needOwn(module, options.optimizer);
    this.#module = module;
    this.#options = options;
    this.#how = {
      threads: threadsOf('compileTraining', options.threads),
      exact: options.exact ?? false,
    };
    this.#memory = memoryOf(options.optimizer as Optimizer);
    this.#modes = modesOf(module);
  }

  /** Compiles for the full batch. */
  async prepare(): Promise<this> {
    this.#current = await this.#compile(this.#options.input[0]);
    return this;
  }

  /**
   * One step: forward, loss, backward, update. The learning rate and other settings are those of the optimiser now. Steps that
   * overlap are taken one after the other, each on the values that its tensors had when it was asked for.
   *
   * @param x `[n, …]` as compiled for, or with fewer samples.
   * @throws ShapeError for other shapes or impossible targets.
   * @throws DeviceError after `dispose`, if a thread has died, or after a step that failed.
   */
  async step(x: Tensor, y: Tensor): Promise<TrainingStep> {
    this.#checkAlive('step');
    this.#checkInput(x);
    if (y instanceof Tensor) needWhole('Trainer.step', 'target', y);
    const waits = this.#turns.taken || !this.#compiled.has(x.shape[0]);
    const settings = this.#options.optimizer.groups.map((group) => ({ ...group }));
    const batch = { x: waits ? copyOf(x) : x, y: waits ? copyOf(y) : y, settings };
    return this.#turns.take(() => this.#carryOut(batch));
  }

  async #carryOut({ x, y, settings }: Batch): Promise<TrainingStep> {
    this.#checkAlive('step');
    // Without a pause where nothing has to be compiled: x and y are the caller's then.
    const { traced, executable } = this.#moveTo(
      this.#compiled.get(x.shape[0]) ?? (await this.#compile(x.shape[0])),
    );
    const [input, target] = traced.graph.inputs;
    checkTarget(y, target);
    for (const { value, check } of traced.host.checks) {
      if (value === target) check(y.data);
      else if (value === input) check(x.data);
    }
    const drawn = drawAll(traced.host);
    const scalars = traced.scalarsOf(settings, this.#steps + 1);
    const [loss, output] = await this.#moving(executable.run([x.data, y.data, ...scalars, ...drawn]));
    for (const effect of traced.host.effects) effect();
    return { loss: loss[0], output: new Tensor(output, traced.outputShape) };
  }

  /** What moves the parameters: if it fails, nobody knows how far they went. */
  async #moving<T>(step: Promise<T>): Promise<T> {
    try {
      const result = await step;
      this.#steps++;
      return result;
    } catch (error) {
      this.#over ??= 'a step failed while it moved the weights, what was synced before is whole';
      throw error;
    }
  }

  /**
   * Copies parameters and buffers into the module, and the optimiser's memory into the optimiser; all of it or nothing.
   *
   * @throws DeviceError after `dispose`, while a step is on its way, or after a step that failed.
   */
  sync(): void {
    this.#checkAlive('sync');
    if (this.#turns.taken) throw new DeviceError('Trainer.sync: a step is on its way, await it first');
    const { traced, executable } = this.#current as Compiled;
    const states = statesOf(traced).map((state) => ({ state, values: executable.read(state) }));
    for (const { state, values } of states) needRoom(state, values.length);
    for (const { state, values } of states) state.data?.set(values);
    const { optimizer } = this.#options;
    optimizer.loadStateDict(packMemory(optimizer as Optimizer, this.#memory, this.#steps));
  }

  /** What runs each part of a step, and why no other algorithm does. */
  explain(): ProgramReport {
    this.#checkAlive('explain');
    return (this.#current as Compiled).executable.report();
  }

  /**
   * Takes one more step on the last batch, and tells the milliseconds of each part of it. Parameters move. Waits for the steps
   * before it.
   *
   * @throws DeviceError after `dispose`, if a thread has died, or after a step that failed.
   */
  async profile(): Promise<ProgramReport> {
    return this.#turns.take(async () => {
      this.#checkAlive('profile');
      return this.#moving((this.#current as Compiled).executable.profile());
    });
  }

  /** Frees memory and threads. What was not brought back by `sync` is lost; steps that are not over fail with a DeviceError. */
  dispose(): void {
    this.#over = 'the trainer was disposed';
    for (const { executable } of this.#compiled.values()) executable.dispose();
    this.#compiled.clear();
  }

  async #compile(batch: number): Promise<Compiled> {
    const { input, target, loss, optimizer } = this.#options;
    const traced = traceTraining({
      module: this.#module,
      input: [batch, ...input.slice(1)],
      target: target ? { ...target, shape: [batch, ...target.shape.slice(1)] } : null,
      loss,
      optimizer: optimizer as Optimizer,
      memory: this.#memory,
      modes: this.#modes,
    });
    const executable = await executableOf(traced.graph, this.#how);
    if (this.#over !== null) executable.dispose();
    this.#checkAlive('step');
    const compiled = { traced, executable };
    this.#compiled.set(batch, compiled);
    return compiled;
  }

  /** The step for a size of batch, with the present values in it. */
  #moveTo(next: Compiled): Compiled {
    const before = this.#current as Compiled;
    if (next === before) return next;
    const present = new Map(
      statesOf(before.traced).map((state) => [state.data, before.executable.read(state)]),
    );
    for (const state of statesOf(next.traced)) {
      const values = present.get(state.data);
      if (values) next.executable.write(state, values);
    }
    this.#current = next;
    return next;
  }

  #checkInput(x: Tensor): void {
    const { input } = this.#options;
    const fits =
      x instanceof Tensor &&
      x.dtype === this.#module.inputType &&
      x.rank === input.length &&
      x.shape[0] <= input[0] &&
      sameShape(x.shape.slice(1), input.slice(1));
    if (fits) {
      needWhole('Trainer.step', 'input', x);
      return;
    }
    const given = x instanceof Tensor ? `${x.dtype} ${formatShape(x.shape)}` : show(x);
    throw new ShapeError(
      `Trainer.step: input is ${given}, ${this.#module.inputType} ${formatShape(input)} or fewer samples of it are needed`,
    );
  }

  #checkAlive(fn: string): void {
    if (this.#over === null) return;
    throw new DeviceError(`Trainer.${fn}: ${this.#over}; compile the training again`);
  }
}

const copyOf = (t: Tensor): Tensor => (t instanceof Tensor ? new Tensor(t.data.slice(), t.shape) : t);

/** Every state of a step: what its nodes read or write, and what its update moves. */
function statesOf({ graph }: TracedTraining): GraphValue[] {
  const values = [
    ...graph.nodes.flatMap((node) => node.inputs),
    ...graph.updates.flatMap((update) => [...update.parameters, ...update.memory.flat()]),
  ];
  return [...new Set(values)].filter((value) => value.source === 'state');
}

/**
 * Makes a whole training step ready: forward pass, loss, backward pass and the optimiser's update in one program on one
 * memory. Weights and modes are those of the call: a part in evaluation mode, such as frozen batch normalisation, stays so.
 *
 * @throws ShapeError for shapes, targets and losses that do not fit. @throws UnsupportedError if `forward` looks at values.
 * @throws DeviceError if memory or threads cannot be had.
 * @example
 * const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
 * const trainer = await compileTraining(net, { input: [64, 1, 28, 28], loss: crossEntropy, optimizer });
 * const { loss } = await trainer.step(x, y);
 * trainer.sync();
 */
export function compileTraining(module: Module, options: CompileTrainingOptions): Promise<Trainer> {
  return new Trainer(module, options).prepare();
}
