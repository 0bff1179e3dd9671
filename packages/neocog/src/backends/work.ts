// What backends are asked to do, as data: one computation over arrays, which it does not name. All arrays are dense and
// row-major in the order of the shapes that the geometry states.

import type { Expr } from '../expression/expression.ts';
import { inputShape, multiplyAdds, outputShape, weightShape } from '../geometry/conv.ts';
import { poolInputShape, poolOutputShape } from '../geometry/pool.ts';
import { formatConv, formatPool } from '../geometry/text.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';
import {
  type Combine,
  type Finish,
  type FusedLoop,
  keptAxes,
  type MatmulShape,
  plainFinish,
  type StridedView,
} from './workParts.ts';

/** The values of a tensor. */
export type Values = Float32Array | Int32Array;

/** What an array is, whatever it holds. */
export interface ArrayKind {
  /** Number of elements. */
  readonly size: number;
  /** Type of the elements. */
  readonly dtype: 'float32' | 'int32';
}

export const kindOf = (values: Values): ArrayKind => ({
  size: values.length,
  dtype: values instanceof Int32Array ? 'int32' : 'float32',
});

export type ConvKernel = 'conv' | 'inputGrad' | 'weightGrad';

/**
 * Of products and sums of whole numbers: both factors have at most 16 bits, and no sum, however far it has come and with its bias, is
 * beyond ±`most`, which is below 2³¹. Results are the exact sums: of int32, or rounded once to float32.
 */
export interface Whole {
  /** No sum is beyond ±this. */
  readonly most: number;
  /** The type of the results. */
  readonly result: 'float32' | 'int32';
}

/**
 * `conv`: x `[batch, inChannels, …input]`, w, bias if `bias`, the extras of `finish` → y `[batch, outChannels, …output]`, which
 * is conv(x, w) + bias. `inputGrad`: y, w and the rest → x. It is the adjoint of conv in x plus a bias per input channel:
 * transposed convolution.
 */
export interface ConvWork {
  /** `conv` goes from x to y, `inputGrad` from y to x. */
  readonly op: 'conv' | 'inputGrad';
  /** Of the convolution x → y, in either direction. */
  readonly geometry: ConvGeometry;
  /** Whether a bias comes after the weights. */
  readonly bias: boolean;
  /** What is done to each sum before it is stored. */
  readonly finish: Finish;
  /** Of whole numbers; undefined of any. */
  readonly whole?: Whole | undefined;
}

/** (x, y) → w: the adjoint of conv in w. */
export interface WeightGradWork {
  readonly op: 'weightGrad';
  /** Of the convolution x → y. */
  readonly geometry: ConvGeometry;
}

/** x → the largest cell of each window, and its flat position in the unpadded plane. First maximum wins; NaN wins over all. */
export interface MaxPoolWork {
  readonly op: 'maxPool';
  /** The windows over x. */
  readonly geometry: PoolGeometry;
}

/**
 * `sumPool`: (x, scale) → the sum of the cells of each window times the scale of that output cell of a plane. `sumPoolGrad`:
 * (y, scale) → x, its adjoint.
 */
export interface SumPoolWork {
  /** `sumPool` goes from x to y, `sumPoolGrad` from y to x. */
  readonly op: 'sumPool' | 'sumPoolGrad';
  /** The windows over x, in either direction. */
  readonly geometry: PoolGeometry;
}

/** (x, indices) → y[p, i] = x[p, indices[p, i]] for each of `planes` planes. */
export interface TakeWork {
  readonly op: 'take';
  /** How many rows there are, each with indices of its own. */
  readonly planes: number;
}

/** (y, indices) → x[p, indices[p, i]] += y[p, i] into planes of `size` zeros: the adjoint of take. */
export interface ScatterAddWork {
  readonly op: 'scatterAdd';
  /** How many rows there are, each with indices of its own. */
  readonly planes: number;
  /** Elements of each plane of the result. */
  readonly size: number;
}

/** (a, b) → c. */
export interface MatmulWork {
  readonly op: 'matmul';
  /** Sizes, and which of the two are transposed. */
  readonly shape: MatmulShape;
  /** Of whole numbers; undefined of any. */
  readonly whole?: Whole | undefined;
}

/** (inputs of the formula) → its values over the axes that are kept. */
export interface FusedWork {
  readonly op: 'fused';
  /** The formula, and the points at which it is evaluated. */
  readonly loop: FusedLoop;
}

/** Several formulas over one loop and the same inputs, each with a result of its own. `loop.expr` is the first. */
export interface FusedManyWork {
  readonly op: 'fusedMany';
  /** The points; its own formula is the first of `exprs`. */
  readonly loop: FusedLoop;
  /** The formulas, one for each result. */
  readonly exprs: readonly Expr[];
}

/** Each value cut off towards zero, at the ends of int32's range too; NaN gives 0. */
export interface TruncateWork {
  readonly op: 'truncate';
}

/** x → y[position] = x at the place of that position in `view`. */
export interface CopyWork {
  readonly op: 'copy';
  /** The places in x, in the order of y. */
  readonly view: StridedView;
}

/** An input per view → the values of each added at the places of its view into `size` zeros: the adjoint of copies. */
export interface CopyAddWork {
  readonly op: 'copyAdd';
  /** For each input, the places in the result. */
  readonly views: readonly StridedView[];
  /** Elements of the result. */
  readonly size: number;
}

/** A computation. */
export type Work =
  | ConvWork
  | WeightGradWork
  | MaxPoolWork
  | SumPoolWork
  | TakeWork
  | ScatterAddWork
  | MatmulWork
  | FusedWork
  | FusedManyWork
  | TruncateWork
  | CopyWork
  | CopyAddWork;

/** One of the three kernels of a geometry, with nothing after it. */
export const convWork = (
  kernel: ConvKernel,
  geometry: ConvGeometry,
  bias = false,
): ConvWork | WeightGradWork =>
  kernel === 'weightGrad' ? { op: kernel, geometry } : { op: kernel, geometry, bias, finish: plainFinish };

const floats = (shape: readonly number[]): ArrayKind => ({ size: product(shape), dtype: 'float32' });
const wholes = (shape: readonly number[]): ArrayKind => ({ size: product(shape), dtype: 'int32' });

/** What holds for a kind of computation, whoever runs it. */
interface Kind<W extends Work> {
  /** What it gives for such inputs. */
  results(work: W, inputs: readonly ArrayKind[]): ArrayKind[];
  /** What it takes beside making its results, in steps of a meter. */
  steps(work: W, inputs: readonly ArrayKind[]): number;
  /** States everything that its code depends on; of loops, all but the lengths of their inputs. */
  key(work: W): string;
  /** Whether its results are sums over its inputs, and so zeros where these hold nothing. */
  readonly sums?: boolean;
}

/** The computations among which are those of a name. */
type WorkOf<Op, W extends Work = Work> = W extends Work ? (Op extends W['op'] ? W : never) : never;

/** Multiply-adds of a convolution or a matrix product in one step. */
const multiplyAddsPerStep = 4;
/** A number that only moves waits for memory. */
const stepsPerMove = 8;

const convSteps = ({ geometry }: ConvWork | WeightGradWork): number =>
  multiplyAdds(geometry) / multiplyAddsPerStep;
const poolSteps = ({ geometry: g }: MaxPoolWork | SumPoolWork): number =>
  product(poolOutputShape(g)) * product(g.axes.map((axis) => axis.kernel));

const loopKey = ({ shape, strides, reduced, combine }: FusedLoop): string =>
  `${combine} ${shape} ${strides.join(';')} ${reduced.map(Number)}`;
const viewKey = ({ shape, strides, offset }: StridedView): string =>
  `${shape}:${strides.map((step) => `(${step})`)}:${offset}`;

const wholeKey = (whole?: Whole): string => (whole ? ` ${whole.result} ${whole.most}` : '');
const sums = (shape: readonly number[], whole?: Whole): ArrayKind => ({
  size: product(shape),
  dtype: whole?.result ?? 'float32',
});

const convolution = (shapeOf: (g: ConvGeometry) => number[]): Kind<ConvWork> => ({
  results: ({ geometry, whole }) => [sums(shapeOf(geometry), whole)],
  steps: convSteps,
  key({ op, bias, geometry, whole, finish: { formula, extras } }) {
    const end = formula ? ` then f${formula.id} ${extras}` : '';
    return `${op}${bias ? ' bias' : ''}${wholeKey(whole)} ${formatConv(geometry)}${end}`;
  },
});

const sumPool = (shapeOf: (g: PoolGeometry) => number[]): Kind<SumPoolWork> => ({
  results: ({ geometry }) => [floats(shapeOf(geometry))],
  steps: poolSteps,
  key: ({ op, geometry }) => `${op} ${formatPool(geometry)}`,
});

const kinds: { readonly [Op in Work['op']]: Kind<WorkOf<Op>> } = {
  conv: convolution(outputShape),
  inputGrad: convolution(inputShape),
  weightGrad: {
    results: ({ geometry }) => [floats(weightShape(geometry))],
    steps: convSteps,
    key: ({ geometry }) => `weightGrad ${formatConv(geometry)}`,
    sums: true,
  },
  maxPool: {
    results: ({ geometry }) => [floats, wholes].map((kind) => kind(poolOutputShape(geometry))),
    steps: poolSteps,
    key: ({ geometry }) => `maxPool ${formatPool(geometry)}`,
  },
  sumPool: sumPool(poolOutputShape),
  sumPoolGrad: sumPool(poolInputShape),
  take: {
    results: (_, [x, indices]) => [{ size: indices.size, dtype: x.dtype }],
    steps: (_, [, indices]) => stepsPerMove * indices.size,
    key: ({ planes }) => `take ${planes}`,
  },
  scatterAdd: {
    results: ({ planes, size }) => [floats([planes, size])],
    steps: ({ planes, size }, [, indices]) => stepsPerMove * (planes * size + indices.size),
    key: ({ planes, size }) => `scatterAdd ${planes} ${size}`,
    sums: true,
  },
  matmul: {
    results: ({ whole, shape: { batch, m, n } }) => [sums([batch, m, n], whole)],
    steps: ({ shape: { batch, m, k, n } }) => (batch * m * k * n) / multiplyAddsPerStep,
    key: ({ whole, shape: { batch, m, k, n, transposeA, transposeB } }) =>
      `matmul${wholeKey(whole)} ${batch} ${m} ${k} ${n} ${transposeA} ${transposeB}`,
    sums: true,
  },
  fused: {
    results: ({ loop }) => [floats(keptAxes(loop))],
    steps: ({ loop }) => product(loop.shape),
    key: ({ loop }) => `fused f${loop.expr.id} ${loopKey(loop)}`,
  },
  fusedMany: {
    results: ({ loop, exprs }) => exprs.map(() => floats(keptAxes(loop))),
    steps: ({ loop }) => product(loop.shape),
    key: ({ loop, exprs }) => `fused ${exprs.map(({ id }) => `f${id}`)} ${loopKey(loop)}`,
  },
  truncate: {
    results: (_, [x]) => [wholes([x.size])],
    steps: () => 0,
    key: () => 'truncate',
  },
  copy: {
    results: ({ view }, [x]) => [{ size: product(view.shape), dtype: x.dtype }],
    steps: ({ view }) => stepsPerMove * product(view.shape),
    key: ({ view }) => `copy ${viewKey(view)}`,
  },
  copyAdd: {
    results: ({ size }, [x]) => [{ size, dtype: x.dtype }],
    steps: (_, inputs) => stepsPerMove * inputs.reduce((sum, { size }) => sum + size, 0),
    key: ({ size, views }) => `copyAdd ${size} ${views.map(viewKey)}`,
    sums: true,
  },
};

// Kinds have methods, so that one of some work is one of any: each is asked for its own alone.
const kindOfWork = ({ op }: Work): Kind<Work> => kinds[op];

/** What a computation gives for such inputs. */
export const resultsOf = (work: Work, inputs: readonly ArrayKind[]): ArrayKind[] =>
  kindOfWork(work).results(work, inputs);

/** What a computation takes beside making its results: about as many nanoseconds of the fastest backend. */
export const stepsOf = (work: Work, inputs: readonly ArrayKind[]): number =>
  kindOfWork(work).steps(work, inputs);

/** Equal for computations of equal code, if their inputs have the same lengths and types. */
export const workKey = (work: Work): string => kindOfWork(work).key(work);

const nothing: Record<Combine, number> = { sum: 0, mean: Number.NaN, max: Number.NEGATIVE_INFINITY };

/** The results of a computation that has no cell to compute or sums up nothing, whatever its inputs hold; null for any other. */
export function settled(work: Work, inputs: readonly ArrayKind[]): Values[] | null {
  const results = resultsOf(work, inputs);
  if (!results.every(({ size }) => size === 0) && !sumsNothing(work, inputs)) return null;
  const value = 'loop' in work ? nothing[work.loop.combine] : 0;
  return results.map(({ size, dtype }) =>
    dtype === 'int32' ? new Int32Array(size) : new Float32Array(size).fill(value),
  );
}

function sumsNothing(work: Work, inputs: readonly ArrayKind[]): boolean {
  if ('loop' in work) return work.loop.shape.includes(0);
  return kindOfWork(work).sums === true && inputs.every(({ size }) => size === 0);
}
