// compileTraining: forward pass, backward pass and optimiser as one Program.

import { need } from '../arguments/field.ts';
import type { Executable, ProgramReport } from '../backends/executable.ts';
import type { GraphValue } from '../backends/graph.ts';
import { type Choices, type Measured, measuredFor } from '../backends/tuning.ts';
import type { Values } from '../backends/work.ts';
import type { World } from '../backends/world.ts';
import { DeviceError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { needWhole, Tensor } from '../tensor/tensor.ts';
import { executableOf } from './executable.ts';
import type { Gathering } from './gathering.ts';
import { threadsOf } from './preferences.ts';
import { Ranks } from './ranks.ts';
import {
  type MemoryGroup,
  type Modes,
  memoryOf,
  modesOf,
  packMemory,
  refill,
  type TracedTraining,
  traceTraining,
} from './traceTraining.ts';
import { checkInput, checkTarget, needOwn, needRoom } from './trainingChecks.ts';
import { type CompileTrainingOptions, checkOptions } from './trainingOptions.ts';
import { trainingPasses } from './trainingPasses.ts';
import { type Batch, checkStep, type StepOptions, type TrainingStep } from './trainingStep.ts';
import { Turns } from './turns.ts';

export type { Loss, TargetSpec } from './traceTraining.ts';
export type { CompileTrainingOptions, StepOptions, TrainingStep };

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
  readonly #how: { readonly threads: number; readonly exact: boolean; readonly measured: Measured | null };
  readonly #memory: readonly MemoryGroup[];
  readonly #gathering: Gathering;
  readonly #modes: Modes;
  readonly #ranks: Ranks;
  readonly #turns = new Turns();
  readonly #compiled = new Map<number, Compiled>();
  /** Holds the present values. */
  #current: Compiled | null = null;
  #steps = 0;
  /** Whether the run before moved the parameters, as the same run does again. */
  #movedLast = true;
  /** Batches whose gradients wait for the next step. */
  #gathered = 0;
  /** Why nothing can be done any more, or null. */
  #over: string | null = null;

  /** Made by `compileTraining`. */
  constructor(module: Module, options: CompileTrainingOptions) {
    need('compileTraining', 'module', module, aModule);
    this.#gathering = checkOptions(options);
    needOwn(module, options.optimizer);
    this.#module = module;
    this.#options = options;
    this.#how = {
      threads: threadsOf('compileTraining', options.threads),
      exact: options.exact ?? false,
      measured: measuredFor(options.tune),
    };
    this.#memory = memoryOf(options.optimizer as Optimizer, this.#gathering);
    this.#modes = modesOf(module);
    this.#ranks = new Ranks(module, options);
  }

  /** With whom it trains, if with anybody. */
  get world(): World | undefined {
    return this.#options.world;
  }

  /** Compiles for the full batch; ranks that train together take the same weights. */
  async prepare(): Promise<this> {
    const { team } = this.#ranks;
    if (team) await this.#ranks.begin(this.#memory);
    this.#current = await this.#compile(this.#options.input[0]);
    try {
      await this.#ranks.check(this.#current.traced.graph, this.#current.executable);
    } catch (error) {
      this.dispose();
      throw error;
    }
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
  async step(x: Tensor, y: Tensor, options: StepOptions = {}): Promise<TrainingStep> {
    checkStep(options, this.#ranks.team !== null);
    this.#checkAlive('step');
    checkInput(x, this.#options.input, this.#module.inputType);
    if (y instanceof Tensor) needWhole('Trainer.step', 'target', y);
    const waits = this.#turns.taken || !this.#compiled.has(x.shape[0]);
    const settings = this.#options.optimizer.groups.map((group) => ({ ...group }));
    const samples = options.spare ? 0 : x.shape[0];
    const batch = {
      samples,
      x: waits ? copyOf(x) : x,
      y: waits ? copyOf(y) : y,
      settings,
      last: options.last ?? false,
    };
    return this.#turns.take(() => this.#carryOut(batch));
  }

  async #carryOut({ x, y, settings, last, samples }: Batch): Promise<TrainingStep> {
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
    const drawn = this.#ranks.draw(traced.host);
    const batches = this.#gathered + 1;
    const moves = last || batches >= this.#gathering.accumulate;
    const scalars = traced.scalarsOf(settings, this.#steps + 1, { moves, batches, samples });
    const [loss, output] = await this.#moving(executable.run([x.data, y.data, ...scalars, ...drawn]), moves);
    for (const effect of traced.host.effects) effect();
    if (moves && this.#ranks.team) await this.#ranks.compare(this.#steps, () => this.#values());
    return { loss: loss[0], output: new Tensor(output, traced.outputShape), moved: moves };
  }

  /** What moves the parameters: if it fails, nobody knows how far they went. */
  async #moving<T>(step: Promise<T>, moves: boolean): Promise<T> {
    try {
      const result = await step;
      this.#gathered = moves ? 0 : this.#gathered + 1;
      this.#movedLast = moves;
      if (moves) this.#steps++;
      return result;
    } catch (error) {
      this.#over ??=
        'a step failed while it moved the weights, and the module keeps the values of the last sync';
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
    if (this.#turns.taken) throw new DeviceError('Trainer.sync: a step is running; await it first');
    const { traced, executable } = this.#current as Compiled;
    const states = statesOf(traced).map((state) => ({ state, values: executable.read(state) }));
    for (const { state, values } of states) needRoom(state, values.length);
    for (const { state, values } of states) state.data?.set(values);
    const { optimizer } = this.#options;
    optimizer.loadStateDict(packMemory(optimizer as Optimizer, this.#memory, this.#steps));
  }

  /**
   * Takes parameters and buffers from the module, and what the optimiser remembers from the optimiser: the opposite of `sync`.
   * Gradients that wait for a step are forgotten.
   *
   * @throws DeviceError after `dispose`, while a step is on its way, or after a step that failed.
   * @throws ShapeError if the parameters of a group have taken different numbers of steps.
   * @example module.loadStateDict(earlier); trainer.load();
   */
  load(): void {
    this.#checkAlive('load');
    if (this.#turns.taken) throw new DeviceError('Trainer.load: a step is running; await it first');
    const { traced, executable } = this.#current as Compiled;
    refill(this.#memory, this.#options.optimizer as Optimizer);
    for (const state of statesOf(traced)) if (state.data) executable.write(state, state.data);
    this.#steps = 0;
    this.#gathered = 0;
  }

  /** What runs each part of a step, and why no other algorithm does. */
  explain(): ProgramReport {
    this.#checkAlive('explain');
    return (this.#current as Compiled).executable.report();
  }

  /** What tuning knows of algorithms, as `Program.choices` gives it; null without `tune`. */
  choices(): Choices | null {
    return this.#how.measured?.choices() ?? null;
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
      return this.#moving((this.#current as Compiled).executable.profile(), this.#movedLast);
    });
  }

  /** Frees memory and threads. What was not brought back by `sync` is lost; steps that are not over fail with a DeviceError. */
  dispose(): void {
    this.#over = 'the trainer was disposed';
    for (const { executable } of this.#compiled.values()) executable.dispose();
    this.#compiled.clear();
  }

  async #compile(batch: number): Promise<Compiled> {
    const { input, target, loss, optimizer, recompute = false } = this.#options;
    const traced = traceTraining({
      module: this.#module,
      input: [batch, ...input.slice(1)],
      target: target ? { ...target, shape: [batch, ...target.shape.slice(1)] } : null,
      loss,
      optimizer: optimizer as Optimizer,
      memory: this.#memory,
      gathering: this.#gathering,
      modes: this.#modes,
      team: this.#ranks.team,
    });
    const how = { fn: 'compileTraining', ...this.#how, ranks: this.#ranks.team ?? undefined };
    const executable = await executableOf(traced.graph, how, { passes: trainingPasses(recompute) });
    if (this.#over !== null) executable.dispose();
    this.#checkAlive('step');
    const compiled = { traced, executable };
    this.#compiled.set(batch, compiled);
    return compiled;
  }

  /** Parameters, buffers and what the optimiser remembers, as they are now. */
  #values(): Values[] {
    const { traced, executable } = this.#current as Compiled;
    return statesOf(traced).map((state) => executable.read(state));
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
