// Shape rules in the type system: what an operation's result is called when the shapes of its inputs are literals, and
// what is wrong with them when they do not fit. They mirror geometry/, which decides at run time; where a size is only
// known to be a number, so is the result's. Types only.

import type { Add, Divide, DivideUp, Multiply, Product, Subtract } from './arithmetic.ts';

export type Shape = readonly number[];

/** Appears in an error of the editor where shapes do not fit; no value has this type. */
export interface ShapeMismatch<Why extends string> {
  readonly 'shapes do not fit': Why;
}

/** Is the number of axes known? */
type Ranked<S extends Shape> = number extends S['length'] ? false : true;

/** A list of sizes as it shows on hover: `[1, 64, 112, 112]`. */
export type Plain<S extends Shape> = { -readonly [I in keyof S]: S[I] };

type Text<S extends Shape> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Rest extends readonly []
    ? `${N}`
    : `${N},${Text<Rest>}`
  : '';

/** One axis' value of an option that is a number for all, a list, or absent. */
type PerAxis<V, I extends number, Default extends number> = V extends number
  ? V
  : V extends Shape
    ? V[I] extends number
      ? V[I]
      : number
    : Default;

/** An option of an object type, or undefined. */
type Option<O, Key extends string> = O extends { readonly [K in Key]: infer V } ? V : undefined;

/** Cells from the first to the last tap. */
type Extent<K extends number, D extends number> = Add<Multiply<Subtract<K, 1>, D>, 1>;

/** Padding of both sides together; `names` are settled elsewhere. */
type TotalPad<P, I extends number> = P extends undefined
  ? 0
  : P extends number
    ? Add<P, P>
    : P extends readonly (readonly [number, number])[]
      ? P[I] extends readonly [infer A extends number, infer B extends number]
        ? Add<A, B>
        : number
      : P extends Shape
        ? Add<PerAxis<P, I, 0>, PerAxis<P, I, 0>>
        : number;

/** floor((in + pads − extent) / stride) + 1, or never where the window does not fit. */
type Floor<In extends number, Pads extends number, E extends number, S extends number> = [
  Subtract<Add<In, Pads>, E>,
] extends [never]
  ? never
  : Add<Divide<Subtract<Add<In, Pads>, E>, S>, 1>;

/** The output size of one axis of a window, or never where it does not fit. */
type Slide<
  In extends number,
  K extends number,
  S extends number,
  D extends number,
  P,
  I extends number,
> = P extends 'same' | 'same-lower'
  ? DivideUp<In, S>
  : P extends 'valid'
    ? Floor<In, 0, Extent<K, D>, S>
    : P extends 'full'
      ? Floor<In, Multiply<2, Subtract<Extent<K, D>, 1>>, Extent<K, D>, S>
      : P extends 'causal'
        ? Floor<In, Subtract<Extent<K, D>, 1>, Extent<K, D>, S>
        : Floor<In, TotalPad<P, I>, Extent<K, D>, S>;

/**
 * Applies a window to each axis of `Space`, by `Steps` where no stride is given; `Done` are the results so far. never
 * where one does not fit.
 */
type SlideAll<
  Space extends Shape,
  Kernel extends Shape,
  O,
  Steps extends number | Shape = 1,
  Done extends number[] = [],
> = Space extends readonly [infer In extends number, ...infer Rest extends Shape]
  ? Slide<
      In,
      Kernel[Done['length']],
      PerAxis<Option<O, 'stride'>, Done['length'], PerAxis<Steps, Done['length'], 1>>,
      PerAxis<Option<O, 'dilation'>, Done['length'], 1>,
      Option<O, 'padding'>,
      Done['length']
    > extends infer Out
    ? [Out] extends [never]
      ? never
      : SlideAll<Rest, Kernel, O, Steps, [...Done, Out & number]>
    : never
  : Done;

/** (in − 1)·stride − pads + extent + outputPadding for each axis. */
type SpreadAll<Space extends Shape, Kernel extends Shape, O, Done extends number[] = []> =
  Option<O, 'outputSize'> extends Shape
    ? Plain<Option<O, 'outputSize'>>
    : Space extends readonly [infer In extends number, ...infer Rest extends Shape]
      ? Option<O, 'padding'> extends string
        ? SpreadAll<Rest, Kernel, O, [...Done, number]>
        : SpreadAll<
            Rest,
            Kernel,
            O,
            [
              ...Done,
              Add<
                Subtract<
                  Add<
                    Multiply<Subtract<In, 1>, PerAxis<Option<O, 'stride'>, Done['length'], 1>>,
                    Extent<Kernel[Done['length']], PerAxis<Option<O, 'dilation'>, Done['length'], 1>>
                  >,
                  TotalPad<Option<O, 'padding'>, Done['length']>
                >,
                PerAxis<Option<O, 'outputPadding'>, Done['length'], 0>
              >,
            ]
          >
      : Done;

type Groups<O> = Option<O, 'groups'> extends infer G extends number ? G : 1;

/** Splits `[n, c, …space]` or `[c, …space]` for a kernel of as many axes as `Kernel`. */
type Split<X extends Shape, Kernel extends Shape> = X extends readonly [
  infer N extends number,
  infer C extends number,
  ...infer Space extends Shape,
]
  ? Space['length'] extends Kernel['length']
    ? { batch: [N]; channels: C; space: Space }
    : X extends readonly [infer C1 extends number, ...infer Space1 extends Shape]
      ? Space1['length'] extends Kernel['length']
        ? { batch: []; channels: C1; space: Space1 }
        : never
      : never
  : never;

type Literal<N extends number> = number extends N ? false : true;

/** Two sizes that must be equal; sizes that are not literals are left to run time. */
type Agree<A extends number, B extends number> =
  Literal<A> extends true ? (Literal<B> extends true ? (A extends B ? true : false) : true) : true;

/** Input and weight `[first, perGroup, …kernel]` taken apart, or what both kinds of convolution say where that fails. */
type Operands<X extends Shape, W extends Shape, O> =
  Ranked<X> extends true
    ? W extends readonly [
        infer First extends number,
        infer PerGroup extends number,
        ...infer Kernel extends Shape,
      ]
      ? Option<O, 'layout'> extends 'channels-last'
        ? Shape
        : [Split<X, Kernel>] extends [never]
          ? ShapeMismatch<`input [${Text<X>}] does not fit weight [${Text<W>}]`>
          : Split<X, Kernel> & { first: First; perGroup: PerGroup; kernel: Kernel }
      : Shape
    : Shape;

type Channels<C extends number> = C extends 1 ? '1 channel' : `${C} channels`;

type Expected<PerGroup extends number, G extends number> = G extends 1
  ? `${PerGroup}`
  : `${PerGroup} × ${G} groups`;

/** The result of a convolution of x with w `[out, in/groups, …kernel]`. */
export type ConvShape<X extends Shape, W extends Shape, O> =
  Operands<X, W, O> extends {
    batch: infer N extends number[];
    channels: infer C extends number;
    space: infer S extends Shape;
    first: infer Out extends number;
    perGroup: infer PerGroup extends number;
    kernel: infer Kernel extends Shape;
  }
    ? Agree<C, Multiply<PerGroup, Groups<O>>> extends true
      ? [SlideAll<S, Kernel, O>] extends [never]
        ? ShapeMismatch<`kernel [${Text<Kernel>}] is larger than the padded input [${Text<S>}]`>
        : [...N, Out, ...SlideAll<S, Kernel, O>]
      : ShapeMismatch<`input has ${Channels<C>}, but weight expects ${Expected<PerGroup, Groups<O>>}`>
    : Operands<X, W, O>;

/** The result of a transposed convolution of x with w `[in, out/groups, …kernel]`. */
export type ConvTransposeShape<X extends Shape, W extends Shape, O> =
  Operands<X, W, O> extends {
    batch: infer N extends number[];
    channels: infer C extends number;
    space: infer S extends Shape;
    first: infer In extends number;
    perGroup: infer PerGroup extends number;
    kernel: infer Kernel extends Shape;
  }
    ? Agree<C, In> extends true
      ? [...N, Multiply<PerGroup, Groups<O>>, ...SpreadAll<S, Kernel, O>]
      : ShapeMismatch<`input has ${Channels<C>}, but weight expects ${In}`>
    : Operands<X, W, O>;

/** A kernel of `Rank` axes from a number or a list. */
export type KernelShape<K, Rank extends 1 | 2 | 3> = K extends number
  ? [[K], [K, K], [K, K, K]][Rank extends 1 ? 0 : Rank extends 2 ? 1 : 2]
  : K extends Shape
    ? K
    : Shape;

/** The result of pooling x; the stride is the kernel unless given. Ceil mode is left to run time. */
export type PoolShape<X extends Shape, K, Rank extends 1 | 2 | 3, O> =
  Ranked<X> extends true
    ? KernelShape<K, Rank> extends infer Kernel extends Shape
      ? Split<X, Kernel> extends {
          batch: infer N extends number[];
          channels: infer C extends number;
          space: infer S extends Shape;
        }
        ? Option<O, 'ceilMode'> extends true
          ? [...N, C, ...{ [I in keyof S]: number }]
          : Option<O, 'layout'> extends 'channels-last'
            ? Shape
            : SlideAll<S, Kernel, O, Kernel> extends infer R
              ? [R] extends [never]
                ? ShapeMismatch<`window [${Text<Kernel>}] is larger than the padded input [${Text<S>}]`>
                : R extends number[]
                  ? [...N, C, ...R]
                  : Shape
              : never
        : Shape
      : Shape
    : Shape;

/** The result of x·wᵀ for w `[out, in]`. */
export type LinearShape<X extends Shape, Out extends number, In extends number> = X extends readonly [
  ...infer Lead extends Shape,
  infer N extends number,
]
  ? Agree<N, In> extends true
    ? [...Lead, Out]
    : ShapeMismatch<`input has ${N} features, but weight expects ${In}`>
  : Shape;

/** All axes from the second on merged into one. */
export type FlattenShape<X extends Shape> = X extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Ranked<Rest> extends true
    ? [N, Product<Rest>]
    : Shape
  : Shape;

/** Both axes-from-the-end of two shapes, an axis of 1 stretching. Only equal ranks are worked out. */
export type BroadcastShape<A extends Shape, B extends Shape> = A extends B
  ? B extends A
    ? Plain<A>
    : BroadcastAxes<A, B>
  : BroadcastAxes<A, B>;

type BroadcastAxes<A extends Shape, B extends Shape> =
  Ranked<A> extends true
    ? Ranked<B> extends true
      ? B['length'] extends 0
        ? Plain<A>
        : A['length'] extends 0
          ? Plain<B>
          : A['length'] extends B['length']
            ? {
                -readonly [I in keyof A]: I extends keyof B ? Stretch<A[I], B[I]> : A[I];
              } extends infer R extends number[]
              ? R
              : ShapeMismatch<`shapes [${Text<A>}] and [${Text<B>}] do not broadcast`>
            : Shape
      : Shape
    : Shape;

type Stretch<A, B> = A extends 1
  ? B
  : B extends 1
    ? A
    : A extends B
      ? A
      : number extends A | B
        ? number
        : ShapeMismatch<'sizes differ'>;

/** Channels (the second axis) must be `C`; the shape stays. */
export type SameChannels<X extends Shape, C extends number> = X extends readonly [
  number,
  infer N extends number,
  ...Shape,
]
  ? Agree<N, C> extends true
    ? Plain<X>
    : ShapeMismatch<`input has ${Channels<N>}, but the layer expects ${C}`>
  : Shape;

/** A shape where a rule gave one, `Shape` where it found a mismatch: what a tensor may be called. */
export type Valid<R> = R extends Shape ? R : Shape;

/** Put beside a parameter's type: nothing where the rule gave a shape, the mismatch where not. */
export type Check<R> = R extends ShapeMismatch<string> ? R : unknown;
