// A network made ready for sizes as runs bring them: a program for each size that is met, of which the last few are kept.

import { type Field, field, isRecord, isSize, need } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import type { Choices } from '../backends/tuning.ts';
import { DeviceError, ShapeError } from '../errors.ts';
import type { NamedTensors } from '../nn/named.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Program, RunOptions } from './program.ts';
import { type AxisSizes, closed, type OpenValue, type ProgramValue, sizesOf } from './signature.ts';
import { Turns } from './turns.ts';

/** How an OpenProgram comes by its programs, which share memory and threads and so take turns. */
interface Sizes {
  /** Makes one for inputs of stated shapes. */
  readonly make: (inputs: readonly ProgramValue[]) => Promise<Program>;
  /** How many are kept at once. */
  readonly keep: number;
  /** What tuning knows of the convolutions of all sizes. */
  readonly choices: () => Choices | null;
}

interface Kept {
  readonly sizes: AxisSizes;
  readonly program: Program;
}

const sizesField: Field<Sizes> = field('how compile(…) makes programs; call compile instead', isRecord);

/**
 * A network made ready for inputs some of whose axes are open. The first run of a size makes a program for just this size; later ones
 * find it. The programs of the sizes that were used last are kept, on one memory and with the same threads: weights lie there once, and
 * what runs compute shares the space behind them.
 */
export class OpenProgram {
  /** What a run takes; a network without names has one, `input`. */
  readonly inputs: readonly OpenValue[];
  readonly #sizes: Sizes;
  /** By sizes, those that were used last at the end. */
  readonly #kept = new Map<string, Kept>();
  readonly #turns = new Turns();
  #disposed = false;

  /** Made by `compile`. */
  constructor(inputs: readonly OpenValue[], sizes: Sizes) {
    need('OpenProgram', 'sizes', sizes, sizesField);
    this.inputs = inputs;
    this.#sizes = sizes;
  }

  /** The sizes for which there is a program now, those that were used last at the end. */
  get sizes(): readonly AxisSizes[] {
    return [...this.#kept.values()].map(({ sizes }) => sizes);
  }

  /**
   * Runs the network in evaluation mode, as `Program.run` does. Calls that overlap run one after the other, each on the values that its inputs
   * had when it was made. What a run with `view` gives holds until the next run or `prepare` of any size.
   *
   * @throws ShapeError for inputs of other types or shapes, inputs that do not agree on a size, or sizes that the network cannot take; for a
   * tensor in `into` of another shape, and for both `into` and `view`.
   * @throws DeviceError after `dispose`, or if memory or threads cannot be had.
   */
  run(x: Tensor, options?: RunOptions<Tensor>): Promise<Tensor>;
  run(inputs: NamedTensors, options?: RunOptions<NamedTensors>): Promise<Record<string, Tensor>>;
  async run(
    given: Tensor | NamedTensors,
    options: RunOptions = {},
  ): Promise<Tensor | Record<string, Tensor>> {
    const fn = 'OpenProgram.run';
    this.#checkAlive(fn);
    const sizes = sizesOf(fn, this.inputs, given);
    const mustWait = this.#turns.taken || !this.#kept.has(keyOf(sizes));
    const own = mustWait ? copyOf(given) : given;
    return this.#turns.take(async () => {
      this.#checkAlive(fn);
      // One that is there takes the values of its inputs at once.
      const program = this.#find(sizes) ?? (await this.#make(sizes));
      return program.run(own as Tensor, options as RunOptions<Tensor>);
    });
  }

  /**
   * The program for some sizes, made if it is not there: ahead of the first run, or to look at. It belongs to this one, which disposes of it.
   *
   * @throws ShapeError for sizes that are missing, unknown or impossible.
   * @throws DeviceError after `dispose`, or if memory or threads cannot be had.
   * @example formatReport((await program.prepare({ h: 480, w: 640 })).explain());
   */
  async prepare(sizes: AxisSizes): Promise<Program> {
    const fn = 'OpenProgram.prepare';
    this.#checkAlive(fn);
    const names = [
      ...new Set(this.inputs.flatMap(({ shape }) => shape.filter((a) => typeof a === 'string'))),
    ];
    const given = isRecord(sizes) ? Object.keys(sizes) : [];
    const isRight =
      given.length === names.length && names.every((name) => isRecord(sizes) && isSize(sizes[name], 0));
    if (!isRight)
      throw new ShapeError(
        `${fn}: the sizes are ${show(sizes)}; give a size for each of ${names.join(', ')}`,
      );
    const own = Object.fromEntries(names.map((name) => [name, sizes[name]]));
    return this.#turns.take(async () => {
      this.#checkAlive(fn);
      return this.#find(own) ?? this.#make(own);
    });
  }

  /** What tuning knows of algorithms, for the convolutions of all sizes so far; null for a program that was compiled without `tune`. */
  choices(): Choices | null {
    return this.#sizes.choices();
  }

  /** Frees memory and threads of all sizes. */
  dispose(): void {
    this.#disposed = true;
    this.#letGo();
  }

  #find(sizes: AxisSizes): Program | null {
    const known = this.#kept.get(keyOf(sizes));
    if (known) this.#keep(known);
    return known?.program ?? null;
  }

  async #make(sizes: AxisSizes): Promise<Program> {
    const program = await this.#sizes.make(closed(this.inputs, sizes));
    this.#keep({ sizes, program });
    this.#letGo();
    return program;
  }

  /** As the one that was used last. */
  #keep(kept: Kept): void {
    const key = keyOf(kept.sizes);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
  }

  /** Of all but those that were used last, or of all after `dispose`. */
  #letGo(): void {
    const most = this.#disposed ? 0 : this.#sizes.keep;
    for (const [key, { program }] of this.#kept) {
      if (this.#kept.size <= most) return;
      program.dispose();
      this.#kept.delete(key);
    }
  }

  #checkAlive(fn: string): void {
    if (this.#disposed) throw new DeviceError(`${fn}: the program was disposed; compile the network again`);
  }
}

const keyOf = (sizes: AxisSizes): string => JSON.stringify(sizes);

function copyOf(given: Tensor | NamedTensors): Tensor | NamedTensors {
  const copy = (t: Tensor): Tensor => new Tensor(t.data.slice(), t.shape);
  if (given instanceof Tensor) return copy(given);
  return Object.fromEntries(Object.entries(given).map(([name, t]) => [name, copy(t)]));
}
