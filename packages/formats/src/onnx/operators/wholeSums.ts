// Convolutions and matrix products of quantised tensors, in whole numbers: their exact sums, and what these are times the scales.

import { add, mul, reshape, type Tensor } from 'neocog';
import { convWhole, linearWhole, matmulWhole, paysOff, type WholeConvOptions } from 'neocog/whole';
import { productBy } from '../../graph/broadcast.ts';
import { convs, type Rank } from '../../graph/ranks.ts';
import { isKnown, toFloats, type Value } from '../../graph/value.ts';
import { mostSum, type Scaled, scaledOf, type Wholes } from '../../graph/wholes.ts';

type Window = Omit<WholeConvOptions, 'most' | 'bias' | 'dtype'>;

/** Float32 counts to here without gaps. */
const mostCounted = 2 ** 24;
/** Numbers of 16 bits. */
const mostFactor = 2 ** 15 - 1;
/** What sums of 32 bits may reach. */
const mostTotal = 2 ** 31 - 1;

function largest({ data }: Tensor): number {
  let most = 0;
  for (const v of data) most = Math.max(most, Math.abs(v));
  return most;
}

/** A value per channel beside `y`, `[n, c, …]`. */
const perChannel = (t: Tensor, y: Tensor): Tensor =>
  t.size === 1 ? t : reshape(t, [1, t.size, ...y.shape.slice(2).map(() => 1)]);

/** Exact sums with a whole bias `[out]`, rounded once; a bias that float32 does not hold is added to them. */
export function biasedSums(x: Wholes, w: Wholes, bias: Tensor | undefined, window: Window): Tensor {
  const shift = bias && isKnown(bias) ? largest(bias) : Number.POSITIVE_INFINITY;
  const most = mostSum(x, w);
  if (bias && shift <= mostCounted)
    return convWhole(x.wholes, w.wholes, { ...window, bias, most: most + shift });
  const sums = convWhole(x.wholes, w.wholes, { ...window, most });
  return bias ? add(sums, perChannel(bias, sums)) : sums;
}

/** Whether their products can be added up in 32 bits. */
const areSmall = (x: Scaled, w: Scaled): boolean =>
  x.most <= mostFactor && w.most <= mostFactor && mostSum(x, w) + mostCounted <= mostTotal;

/**
 * The convolution of a dequantised weight, which is scaled afterwards; null for one that has no scales for its output channels. Of a
 * dequantised input too it is that of their whole numbers, where that is faster; a bias that was dequantised by the product of both scales is
 * whole then.
 */
export function scaledConv(
  [input, weight, bias]: readonly (Value | undefined)[],
  windowFor: (axes: number) => Window,
): Tensor | null {
  const [x, w] = [scaledOf(input), scaledOf(weight)];
  if (w?.axis !== 0) return null;
  const window = windowFor(w.wholes.rank - 2);
  const rank = (w.wholes.rank - 2) as Rank; // windowFor refuses others
  const wholes = x && x.scale.size === 1 && areSmall(x, w) && paysOff(w.wholes.shape, window) ? x : null;
  const scale = wholes ? mul(wholes.scale, w.scale) : w.scale;
  const whole = wholes ? wholeBias(bias, scale) : undefined;
  const sums = wholes
    ? biasedSums(wholes, w, whole, window)
    : convs[rank](toFloats(input!), w.wholes, window);
  const y = mul(sums, perChannel(scale, sums));
  return bias && !whole ? add(y, perChannel(toFloats(bias), y)) : y;
}

/** Scales are rounded by whoever writes a file. */
const scaleTolerance = 1e-5;

function wholeBias(bias: Value | undefined, scale: Tensor): Tensor | undefined {
  const parts = scaledOf(bias);
  if (!parts || !isKnown(parts.scale) || !isKnown(scale)) return undefined;
  const wanted = (i: number): number => scale.data[scale.size === 1 ? 0 : i];
  const own = [...parts.scale.data];
  const fits =
    own.length >= scale.size &&
    own.every((s, i) => Math.abs(s - wanted(i)) <= scaleTolerance * Math.abs(wanted(i)));
  return fits ? parts.wholes : undefined;
}

/** a·b of two dequantised values by their whole numbers, where b, `[k, n]`, has scales for its columns at most; else null. */
export const scaledProduct = (a: Value | undefined, b: Value | undefined): Tensor | null =>
  scaledBy(1, (x, y, most) => productBy((p, q) => matmulWhole(p, q, { most }), x, y), [a, b]);

/** The same of a·wᵀ, where w, `[n, k]`, has scales for its rows at most. */
export const scaledLinear = (a: Value | undefined, w: Value | undefined): Tensor | null =>
  scaledBy(0, (x, y, most) => linearWhole(x, y, { most }), [a, w]);

function scaledBy(
  axis: number,
  multiply: (a: Tensor, b: Tensor, most: number) => Tensor,
  [left, right]: readonly (Value | undefined)[],
): Tensor | null {
  const [a, b] = [scaledOf(left), scaledOf(right)];
  if (!a || !b || a.scale.size !== 1 || a.most > mostFactor || b.most > mostFactor) return null;
  if (b.scale.size > 1 && (b.axis !== axis || b.wholes.rank !== 2)) return null;
  const most = (a.wholes.shape.at(-1) ?? 1) * a.most * b.most;
  return most > mostTotal ? null : mul(multiply(a.wholes, b.wholes, most), mul(a.scale, b.scale));
}
