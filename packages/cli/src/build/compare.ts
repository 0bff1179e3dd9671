// A written network beside its source, on the same inputs: equal, or how far apart. Where they differ, the judge is the
// source compiled with the algorithms that written networks have: with all bits of the weights, those answers are equal.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compile, type nn, type PackOptions, type Program, type ProgramValue, randn, Tensor } from 'neocog';

type Values = Float32Array | Int32Array;

/** What index.js exports, as far as it is used here. */
interface BuiltModule {
  run(inputs: Readonly<Record<string, Values>>): Promise<Record<string, Values>>;
}

export interface Comparison {
  /** How many inputs. */
  readonly runs: number;
  /** Bit for bit, in all runs. */
  readonly equal: boolean;
  /** Bit for bit those of `compile(module, { compact: true })`, in all runs. */
  readonly faithful: boolean;
  /** Over all values of all outputs: the largest difference, the root of the mean of its square, and that of the values. */
  readonly largest: number;
  readonly rms: number;
  readonly size: number;
  /** In how many rows of the first output the largest value is at the same place; null if it has no rows of classes. */
  readonly top: { readonly same: number; readonly of: number } | null;
}

export interface CompareOptions extends PackOptions {
  readonly runs: number;
  readonly onProgress: (share: number) => void;
}

/** Runs the module in `folder` and the compiled source, both on one thread, on random inputs. */
export async function compareWithSource(
  folder: string,
  module: nn.Module,
  { runs, onProgress, ...options }: CompareOptions,
): Promise<Comparison> {
  const built: BuiltModule = await import(pathToFileURL(join(folder, 'index.js')).href);
  const program = await compile(module, { ...options, threads: 1 });
  const judge = new Judge(module, options);
  const tally = new Tally(program.outputs);
  try {
    for (let run = 0; run < runs; run++) {
      const inputs = Object.fromEntries(program.inputs.map((each) => [each.name, randomInput(each)]));
      const wanted = await program.run(inputs);
      const values = Object.entries(inputs).map(([name, { data }]) => [name, data]);
      const got = await built.run(Object.fromEntries(values));
      if (!tally.add(wanted, got)) await judge.see(inputs, got);
      onProgress((run + 1) / runs);
    }
  } finally {
    program.dispose();
    judge.dispose();
  }
  return { runs, faithful: judge.faithful, ...tally.result() };
}

const areEqual = (a: Values, b: Values): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

/** The source with the algorithms of written networks; compiled only if it is asked. */
class Judge {
  /** Whether all answers that were seen are its own, bit for bit. */
  faithful = true;
  readonly #module: nn.Module;
  readonly #options: PackOptions;
  #program: Program | null = null;

  constructor(module: nn.Module, options: PackOptions) {
    this.#module = module;
    this.#options = options;
  }

  async see(inputs: nn.NamedTensors, got: Readonly<Record<string, Values>>): Promise<void> {
    this.#program ??= await compile(this.#module, { ...this.#options, threads: 1, compact: true });
    const wanted = Object.entries(await this.#program.run(inputs));
    this.faithful &&= wanted.every(([name, { data }]) => areEqual(data, got[name]));
  }

  dispose(): void {
    this.#program?.dispose();
  }
}

/** Whole numbers are 0 and 1: what they mean is unknown, and few networks refuse these. */
const randomInput = ({ shape, dtype }: ProgramValue): Tensor => {
  const values = randn(shape);
  return dtype === 'float32'
    ? values
    : new Tensor(
        Int32Array.from(values.data, (x) => (x > 0 ? 1 : 0)),
        shape,
      );
};

function placeOfLargest(values: Values): number {
  let place = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[place]) place = i;
  return place;
}

/** How far apart two values are: not at all where they are the same, infinite ones and NaN too. */
const distance = (a: number, b: number): number => (Object.is(a, b) ? 0 : Math.abs(a - b));

class Tally {
  readonly #outputs: Program['outputs'];
  #equal = true;
  #largest = 0;
  #squares = 0;
  #difference = 0;
  #count = 0;
  #same = 0;
  #rows = 0;

  constructor(outputs: Program['outputs']) {
    this.#outputs = outputs;
  }

  /** Whether these are equal, bit for bit. */
  add(wanted: Readonly<Record<string, Tensor>>, got: Readonly<Record<string, Values>>): boolean {
    const equal = this.#outputs.every(({ name }) => areEqual(wanted[name].data, got[name]));
    this.#equal &&= equal;
    for (const { name } of this.#outputs) this.#addValues(wanted[name].data, got[name]);
    this.#addRows(wanted, got);
    return equal;
  }

  #addRows(wanted: Readonly<Record<string, Tensor>>, got: Readonly<Record<string, Values>>): void {
    const [{ name }] = this.#outputs;
    const { shape } = wanted[name];
    const classes = shape.at(-1) ?? 1;
    if (shape.length !== 2 || classes < 2) return;
    for (let from = 0; from < wanted[name].data.length; from += classes) {
      const rows = [wanted[name].data, got[name]].map((values) => values.subarray(from, from + classes));
      const [a, b] = rows.map(placeOfLargest);
      this.#rows++;
      if (a === b) this.#same++;
    }
  }

  #addValues(wanted: Values, got: Values): void {
    wanted.forEach((value, i) => {
      const difference = distance(value, got[i]);
      this.#largest = Math.max(this.#largest, difference);
      this.#difference += difference ** 2;
      this.#squares += value ** 2;
    });
    this.#count += wanted.length;
  }

  result(): Omit<Comparison, 'runs' | 'faithful'> {
    const root = (sum: number): number => Math.sqrt(sum / Math.max(1, this.#count));
    return {
      equal: this.#equal,
      largest: this.#largest,
      rms: root(this.#difference),
      size: root(this.#squares),
      top: this.#rows > 0 ? { same: this.#same, of: this.#rows } : null,
    };
  }
}
