// What a backend is: it runs computations over plain arrays. Operations lower to these and never ask which backend runs
// them; a backend knows geometry and formulas, never operations or tensors.

import type { CompileOptions, Executable } from './executable.ts';
import type { Exchange, Graph } from './graph.ts';
import type { Keeping } from './keeping.ts';
import type { PackedGraph } from './packed.ts';
import type { ConvWork, Values, WeightGradWork, Work } from './work.ts';

/** The algorithms for one geometry: of those without a refusal, the one of the least cost runs. */
export interface Explanation {
  /** The convolution as text, such as `n1 g1 c64>64 56x56 k3x3 s1 d1 p1`. */
  readonly geometry: string;
  /** Every algorithm for this kernel, those that refuse too. */
  readonly candidates: readonly {
    /** The algorithm: `direct`, `pointwise`, …. */
    readonly name: string;
    /** Estimated time on one thread, in multiply-adds of the best kernel; null where nothing is estimated. */
    readonly cost: number | null;
    /** Why it is not to be had, or null. */
    readonly refusal: string | null;
  }[];
  /** What runs, in words: `direct 6x2, fma, …`. */
  readonly chosen: string;
  /** The generated code as text, where there is any. */
  readonly listing: string;
}

/** How several ranks run a computation together, each on samples of its own. */
export interface Across {
  /** How many there are. */
  readonly ranks: number;
  /** One number, given anew for each run: 1, or 0 where the samples of this rank count for nothing. */
  readonly present: Values;
  /** Whether every batch normalisation is by the samples of all ranks. */
  readonly sync: boolean;
}

/**
 * What a backend that records computations, instead of carrying them out, does with the few things that operations do
 * beside computing.
 */
export interface Recording {
  /** `target`, which lives on, is to hold `values`, which are the same on all ranks if `isShared`; else their means. */
  assign(target: Values, values: Values, isShared?: boolean): void;
  /** `check` is to see the values, and may throw. Left out where they are never on this side. */
  look(values: Values, check: (values: Values) => void): void;
  /** `effect` is to happen once per run. */
  everyRun(effect: () => void): void;
  /** An array that `fill` fills anew for every run. */
  draw(size: number, fill: (values: Float32Array) => void): Float32Array;
  /** Whether the values are the same in every run, and can be read now. */
  knows(values: Values): boolean;
  /** Null where there is one rank. */
  readonly across: Across | null;
  /** What becomes of an array that each of several ranks has one of; `moves`, an input, is 0 in runs that leave it as it is. */
  exchange(values: Values, how: Omit<Exchange, 'ranks'>, moves?: Values): Float32Array;
}

export interface Backend {
  readonly name: string;
  /** Only of a backend that records. */
  readonly recording?: Recording;

  /** The results of a computation for such inputs. It writes into no array that it is given, and keeps none. */
  run(work: Work, inputs: readonly Values[]): Values[];

  /** Which algorithm runs a convolution's kernel, and why the others do not. */
  explain(work: ConvWork | WeightGradWork): Explanation;

  /** Makes a graph ready to run, if the backend compiles. */
  compile?(graph: Graph, options: CompileOptions): Promise<Executable>;

  /** `compile` for graphs of one network that are compiled and run one after the other: they share memory, threads and constants. */
  compiler?(): (graph: Graph, options: CompileOptions) => Promise<Executable>;

  /** How what `compile` makes is kept, if it can be. */
  readonly keeping?: Keeping;

  /** What `compile` makes, as data for another place; of a backend that makes code. */
  pack?(graph: Graph, options: Omit<CompileOptions, 'threads' | 'fn'>): PackedGraph;
}
