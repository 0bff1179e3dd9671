// The types of operations whose result's shape follows from literal shapes: what an editor shows and refuses. What runs is
// typed without shapes beside each operation; a signature is put over it by a cast, since the rules in types/shapes.ts
// say in types what geometry/ computes.

import type { Tensor } from '../tensor/tensor.ts';
import type { Add } from '../types/arithmetic.ts';
import type {
  BroadcastShape,
  Check,
  ConvShape,
  ConvTransposeShape,
  FlattenShape,
  LinearShape,
  PoolShape,
  Shape,
  ShapeMismatch,
  Valid,
} from '../types/shapes.ts';

type Rank = 1 | 2 | 3;

/** Keeps the editor's complaint about a misspelt option, which a type parameter would swallow. */
export type NoExtra<O, Options> = string extends keyof O
  ? O
  : O & { readonly [K in Exclude<keyof O, keyof Options>]?: never };

/** A weight must have the operation's rank. */
type OfRank<W extends Shape, R extends Rank, Result> = number extends W['length']
  ? Result
  : W['length'] extends Add<R, 2>
    ? Result
    : ShapeMismatch<`weight has ${W['length']} axes, but needs ${Add<R, 2>}`>;

/** Convolution of `R` spatial axes. */
export type Convolution<R extends Rank, Options> = <
  const X extends Shape,
  const W extends Shape,
  const O extends Options = Options,
>(
  input: Tensor<X> & Check<OfRank<W, R, ConvShape<X, W, O>>>,
  weight: Tensor<W>,
  options?: NoExtra<O, Options>,
) => Tensor<Valid<OfRank<W, R, ConvShape<X, W, O>>>>;

/** Transposed convolution of `R` spatial axes. */
export type TransposedConvolution<R extends Rank, Options> = <
  const X extends Shape,
  const W extends Shape,
  const O extends Options = Options,
>(
  input: Tensor<X> & Check<OfRank<W, R, ConvTransposeShape<X, W, O>>>,
  weight: Tensor<W>,
  options?: NoExtra<O, Options>,
) => Tensor<Valid<OfRank<W, R, ConvTransposeShape<X, W, O>>>>;

/** Pooling over `R` spatial axes. */
export type Pooling<R extends Rank, Kernel, Options> = <
  const X extends Shape,
  const K extends Kernel,
  const O extends Options = Options,
>(
  input: Tensor<X> & Check<PoolShape<X, K, R, O>>,
  kernel: K,
  options?: NoExtra<O, Options>,
) => Tensor<Valid<PoolShape<X, K, R, O>>>;

/** x·wᵀ + bias. */
export type LinearOperation<Options> = <const X extends Shape, const W extends Shape>(
  input: Tensor<X> & Check<LinearOf<X, W>>,
  weight: Tensor<W>,
  options?: Options,
) => Tensor<Valid<LinearOf<X, W>>>;

type LinearOf<X extends Shape, W extends Shape> = W extends readonly [
  infer Out extends number,
  infer In extends number,
]
  ? LinearShape<X, Out, In>
  : Shape;

/** A function of every element by itself. */
export type Elementwise = <S extends Shape>(input: Tensor<S>) => Tensor<S>;

/** The shape of an operand; a number has none and goes with any. */
type ShapeOf<T> = T extends Tensor<infer S> ? S : [];

/** A function of two operands that broadcast. */
export type Broadcasting = <A extends Tensor | number, B extends Tensor | number>(
  a: A & Check<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
  b: B,
) => Tensor<Valid<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;

/** Every axis but that of the batch. */
interface AllButBatch {
  /** The first axis that is merged. */
  startAxis: 1;
  /** The last axis that is merged; -1 is the last of all. */
  endAxis?: -1;
}

/** Merges axes; only the usual case, all but the batch, is worked out. */
export interface Flattening<Options> {
  <S extends Shape>(t: Tensor<S>, options: AllButBatch): Tensor<Valid<FlattenShape<S>>>;
  (t: Tensor, options?: Options): Tensor;
}
