// What a backend is: about ten kernel families over plain arrays. Operations lower to these and never ask which backend
// runs them; a backend knows geometry and formulas, never operations or tensors.
// All arrays are dense and row-major in the order of the shapes that the geometry states.

import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import type { CompileOptions, Executable } from './executable.ts';
import type { Graph } from './graph.ts';
import type { PackedGraph } from './packed.ts';
import type { Combine, FusedLoop, MatmulShape, PlacedValues, StridedView, Values } from './work.ts';

export type { Combine, FusedLoop, MatmulShape, PlacedValues, StridedView, Values };

/** The algorithms for one geometry: of those without a refusal, the one of the least cost runs. */
export interface Explanation {
  readonly geometry: string;
  readonly candidates: readonly {
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

export type ConvKernel = 'conv' | 'inputGrad' | 'weightGrad';

/**
 * What a backend that records computations, instead of carrying them out, does with the few things that operations do
 * beside computing.
 */
export interface Recording {
  /** `target`, which lives on, is to hold `values`. */
  assign(target: Values, values: Values): void;
  /** `check` is to see the values, and may throw. Left out where they are never on this side. */
  look(values: Values, check: (values: Values) => void): void;
  /** `effect` is to happen once per run. */
  everyRun(effect: () => void): void;
  /** An array that `fill` fills anew for every run. */
  draw(size: number, fill: (values: Float32Array) => void): Float32Array;
  /** Whether the values are the same in every run, and can be read now. */
  knows(values: Values): boolean;
}

export interface Backend {
  readonly name: string;
  /** Only of a backend that records. */
  readonly recording?: Recording;

  /** y = conv(x, w) + bias. x `[batch, inChannels, …input]` → y `[batch, outChannels, …output]`. */
  conv(g: ConvGeometry, x: Float32Array, w: Float32Array, bias: Float32Array | null): Float32Array;
  /** The adjoint of conv in x, plus a bias per input channel: transposed convolution. y → x. */
  convInputGrad(g: ConvGeometry, y: Float32Array, w: Float32Array, bias: Float32Array | null): Float32Array;
  /** The adjoint of conv in w. (x, y) → w. */
  convWeightGrad(g: ConvGeometry, x: Float32Array, y: Float32Array): Float32Array;

  /** Largest cell of each window, and its flat position in the unpadded plane. First maximum wins; NaN wins over all. */
  maxPool(g: PoolGeometry, x: Float32Array): { output: Float32Array; indices: Int32Array };
  /** Sum of the cells of each window, times `scale` of that output position (`scale` has one entry per output cell of a plane). */
  sumPool(g: PoolGeometry, x: Float32Array, scale: Float32Array): Float32Array;
  /** The adjoint of sumPool. */
  sumPoolGrad(g: PoolGeometry, y: Float32Array, scale: Float32Array): Float32Array;

  /** y[p, i] = x[p, indices[p, i]] for each of `planes` planes. */
  take<T extends Values>(planes: number, x: T, indices: Int32Array): T;
  /** x[p, indices[p, i]] += y[p, i] into planes of `size` zeros: the adjoint of take. */
  scatterAdd(planes: number, size: number, y: Float32Array, indices: Int32Array): Float32Array;

  matmul(shape: MatmulShape, a: Float32Array, b: Float32Array): Float32Array;
  fused(loop: FusedLoop, inputs: readonly Values[]): Float32Array;
  /** Each value cut off towards zero, at the ends of int32's range too; NaN gives 0. */
  truncate(x: Float32Array): Int32Array;
  /** y[position] = x at the place of that position in `view`. */
  copy<T extends Values>(view: StridedView, x: T): T;
  /** Adds each part's values at their places into `size` zeros: the adjoint of copy, for one or several views of x. */
  copyAdd<T extends Values>(parts: readonly PlacedValues<T>[], size: number): T;

  /** Which algorithm runs a convolution's kernel, and why the others do not. */
  explainConv(g: ConvGeometry, kernel: ConvKernel): Explanation;

  /** Makes a graph ready to run, if the backend compiles. */
  compile?(graph: Graph, options: CompileOptions): Promise<Executable>;

  /** What `compile` makes, as data for another place; of a backend that makes code. */
  pack?(graph: Graph, options: Omit<CompileOptions, 'threads'>): PackedGraph;
}
