// Program: a network that is ready to run.

import { type Field, field, flag, isRecord, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { ProgramReport } from '../backends/executable.ts';
import { type Given, isFrames } from '../backends/frames.ts';
import type { Choices } from '../backends/tuning.ts';
import { DeviceError, ShapeError } from '../errors.ts';
import type { NamedTensors } from '../nn/named.ts';
import { aTensor } from '../tensor/fields.ts';
import type { Shape } from '../tensor/shape.ts';
import { needWhole, type Tensor } from '../tensor/tensor.ts';
import { copyFrames } from './frames.ts';
import type { Runner } from './runner.ts';
import {
  isSingle,
  needClosed,
  type OpenValue,
  orderInputs,
  orderResults,
  type ProgramInput,
  type ProgramInputs,
  type ProgramValue,
} from './signature.ts';
import { Turns } from './turns.ts';

/** Where a run leaves its results. */
export interface RunOptions<T extends Tensor | NamedTensors = Tensor | NamedTensors> {
  /**
   * Tensors to write results into: one for a run on a tensor, by name otherwise. Memory of megabytes that is new in each run
   * costs the system more than the copy into it. Results whose sizes follow from values cannot be written into one.
   */
  into?: T | undefined;
  /**
   * Results are the program's own memory, without a copy: they hold until its next run or profile, and until `dispose`. On several
   * threads that memory is shared. Default false.
   */
  view?: boolean | undefined;
}

const compiled: Field<Runner> = field(
  'the network that compile(…) has made ready; call compile instead',
  (v) => isRecord(v) && Array.isArray(v.inputs) && Array.isArray(v.outputs),
);
const shared: Field<Surroundings> = field('an object with turns, choices, cache', isRecord);
const runFields: Fields<RunOptions> = {
  into: field('a Tensor, or an object of Tensors by name of output', (v) => aTensor.ok(v) || isRecord(v)),
  view: flag,
};

const copyOf = (given: Given): Given => (isFrames(given) ? copyFrames(given) : given.slice());

/** What came of a cache. */
interface CacheOutcome {
  /** As the report has it; it may change. */
  readonly outcome: string;
}

/** What a program shares with others. */
interface Surroundings {
  /** Of all that run on the same memory. */
  readonly turns?: Turns | undefined;
  /** What tuning knows of algorithms. */
  readonly choices?: () => Choices | null;
  /** What came of the cache that was asked for. */
  readonly cache?: CacheOutcome | undefined;
}

/** A report of a program: what runs each part of the network, and why. */
export type { ProgramReport };

/** What keeping a program needs of it. */
interface Insides {
  readonly runner: Runner;
  /** From now on the report tells of this cache. */
  readonly observe: (cache: CacheOutcome) => void;
}

/**
 * A network made ready for inputs of one shape each: kernels for just these sizes in one WebAssembly module, on one memory, with all
 * weights prepared. It holds memory and threads until `dispose`; those of an `OpenProgram` have theirs in common. A network that looks
 * at values between its parts is several such modules on one memory, and work of the host between them.
 */
export class Program {
  /** What a run takes; a network without names has one, `input`. */
  readonly inputs: readonly ProgramValue[];
  /** What a run gives; a network without names has one, `output`. Names stand for sizes that follow from values, in each run anew. */
  readonly outputs: readonly OpenValue[];
  readonly #runner: Runner;
  readonly #turns: Turns;
  readonly #choices: () => Choices | null;
  #cache: CacheOutcome | undefined;
  #disposed = false;

  /** Made by `compile`. */
  constructor(runner: Runner, surroundings: Surroundings = {}) {
    need('Program', 'the network', runner, compiled);
    need('Program', 'what it shares', surroundings, shared);
    const { turns = new Turns(), choices = () => null, cache } = surroundings;
    this.#runner = runner;
    this.#turns = turns;
    this.#choices = choices;
    this.#cache = cache;
    this.inputs = runner.inputs.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    this.outputs = runner.outputs;
    insides.set(this, { runner, observe: (use) => (this.#cache = use) });
  }

  /** Of the first input. */
  get inputShape(): Shape {
    return this.inputs[0].shape;
  }

  /** Of the first output. @throws ShapeError where its sizes follow from values. */
  get outputShape(): Shape {
    return needClosed('Program.outputShape', this.outputs[0]);
  }

  /**
   * Runs the network in evaluation mode: from the only input to the first output, or from inputs to all outputs by name.
   * Only the results are allocated, and not even those where `into` has tensors for them, which are then the results, or with
   * `view`, where they stay in the program's memory.
   * Calls that overlap run one after the other, each on the values that its inputs had when it was made. An input is a tensor or an array
   * of as many numbers, row-major, of bytes, halves (`Float16Array`) or any other type that its own has room for: they are converted
   * while they are copied into the program's memory. One that was compiled with `pixels` is a tensor, a frame `{ data, width, height }`
   * of bytes, such as an `ImageData`, of any size, or the bytes of one of the network's size; for a batch a list of as many frames.
   *
   * @throws ShapeError for an input, or a tensor in `into`, of another shape or type, or whose memory is gone; for more or fewer numbers
   * than it has; for frames whose bytes are not as many as their size needs; for both `into` and `view`.
   * @throws DeviceError after `dispose`, or if a thread has died.
   */
  run(x: ProgramInput, options?: RunOptions<Tensor>): Promise<Tensor>;
  run(
    inputs: Readonly<Record<string, ProgramInput>>,
    options?: RunOptions<NamedTensors>,
  ): Promise<Record<string, Tensor>>;
  async run(given: ProgramInputs, options: RunOptions = {}): Promise<Tensor | Record<string, Tensor>> {
    this.#checkAlive('run');
    needOptions('Program.run', options, runFields);
    const inputs = orderInputs('Program.run', this.#runner.inputs, given);
    const into = options.into === undefined ? [] : orderResults('Program.run', this.outputs, options.into);
    if (options.into && options.view)
      throw new ShapeError(
        'Program.run: results cannot both be written `into` tensors and stay where they are (`view`); give one',
      );
    const results = await this.#carryOut(inputs, into, options.view ?? false);
    if (isSingle(given)) return results[0];
    return Object.fromEntries(this.outputs.map(({ name }, i) => [name, results[i]]));
  }

  #carryOut(
    inputs: readonly Given[],
    into: readonly (Tensor | undefined)[],
    view: boolean,
  ): Promise<Tensor[]> {
    const mustCopy = this.#turns.taken || this.#runner.readsLater;
    const run = this.#runner.begin(mustCopy ? inputs.map(copyOf) : inputs);
    return this.#turns.take(async () => {
      this.#checkAlive('run');
      const results = await run({ into, view });
      // A tensor that was to take a result may have lost its memory while it waited.
      into.forEach((t, i) => t && needWhole('Program.run', this.outputs[i].name, t));
      return results;
    });
  }

  /** What runs each part, why no other algorithm does, and the memory. `formatReport` makes a table of it. */
  explain(): ProgramReport {
    this.#checkAlive('explain');
    return this.#told(this.#runner.report());
  }

  /**
   * What tuning knows of algorithms, those of other convolutions that it was given too: milliseconds, small enough to be kept as JSON and
   * given to `compile` or `pack` again, here or on a machine of the same kind. Null for a program that was compiled without `tune`.
   *
   * @example writeFileSync('choices.json', JSON.stringify(program.choices(), null, 2));
   */
  choices(): Choices | null {
    return this.#choices();
  }

  /**
   * Runs once more on what the last input was, and tells the milliseconds of each step. Waits for the runs before it. A size of an
   * `OpenProgram` runs on what other sizes left in its place, if they ran since.
   *
   * @throws DeviceError after `dispose`, or if a thread has died.
   */
  async profile(): Promise<ProgramReport> {
    return this.#turns.take(async () => {
      this.#checkAlive('profile');
      return this.#told(await this.#runner.profile());
    });
  }

  #told(report: ProgramReport): ProgramReport {
    return { ...report, cache: this.#cache?.outcome ?? null };
  }

  /** The generated WebAssembly in text format. */
  text(): string {
    this.#checkAlive('text');
    return this.#runner.text();
  }

  /** Frees memory and threads. The program cannot run afterwards; runs that are not over fail with a DeviceError. */
  dispose(): void {
    this.#disposed = true;
    this.#runner.dispose();
  }

  #checkAlive(fn: string): void {
    if (this.#disposed)
      throw new DeviceError(`Program.${fn}: the program was disposed; compile the network again`);
  }
}

const insides = new WeakMap<Program, Insides>();

/** Of a program that was made by its constructor, as all are. */
export const insidesOf = (program: Program): Insides => insides.get(program) as Insides;
