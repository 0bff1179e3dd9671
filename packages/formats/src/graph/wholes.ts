// The whole numbers behind quantised tensors. A tensor that was dequantised remembers the whole numbers and the scale that it was made
// of, and one that was quantised the whole numbers less their zero point: an operator takes the one or the other, and a compiled network
// computes only what is taken.

import { cast, sub, Tensor, withBackend } from 'neocog';
import { mostSumOf } from 'neocog/whole';
import { product } from '../shape.ts';
import { type HostType, isKnown, knownValues, rangeOf, toFloats, typeOf, type Value } from './value.ts';

/** Whole numbers as float32. */
export interface Wholes {
  readonly wholes: Tensor;
  /** The largest magnitude that they may have. */
  readonly most: number;
}

/** Whole numbers times scales. */
export interface Scaled extends Wholes {
  /** One for all `[]`, or `[n]` for the cells of an axis. */
  readonly scale: Tensor;
  /** Counted from the start; 0 where there is one scale. */
  readonly axis: number;
}

interface Centred extends Wholes {
  readonly zero: Value | undefined;
}

const scaled = new WeakMap<Tensor, Scaled>();
const centred = new WeakMap<Tensor, Centred>();

/** Remembers what a tensor of floats is made of. */
export function rememberScaled(tensor: Tensor, parts: Scaled): Tensor {
  scaled.set(tensor, parts);
  return tensor;
}

/** Remembers a quantised tensor's whole numbers less its zero point. */
export function rememberCentred(tensor: Tensor, parts: Centred): Tensor {
  centred.set(tensor, parts);
  return tensor;
}

/** Of a value that was dequantised. */
export const scaledOf = (value: Value | undefined): Scaled | undefined =>
  value instanceof Tensor ? scaled.get(value) : undefined;

/** The largest magnitude of a type's numbers less a zero point, which may be any of the type where it is not known. */
export function mostOf(type: HostType, zero: Value | undefined): number {
  const [low, high] = rangeOf(type);
  if (!zero) return Math.max(-low, high);
  if (!isKnown(zero)) return high - low;
  return knownValues(zero).reduce((most, z) => Math.max(most, z - low, high - z), 0);
}

/**
 * Whole numbers less a zero point, which `spread` brings into a shape that broadcasts to them. `otherwise` is their largest magnitude where
 * neither has a type.
 */
export function withoutZero(
  value: Value,
  zero: Value | undefined,
  { spread, otherwise }: { spread: (zero: Tensor) => Tensor; otherwise: number },
): Wholes {
  const parts = value instanceof Tensor ? centred.get(value) : undefined;
  if (parts && sameValues(parts.zero, zero)) return parts;
  const type = typeOf(value) ?? (zero && typeOf(zero));
  const less = (): Tensor =>
    zero && !isZero(zero) ? sub(toFloats(value), spread(toFloats(zero))) : toFloats(value);
  // Weights that are known are so too while a network is being recorded: how large they are says how large sums become.
  const known = isKnown(value) && (!zero || isKnown(zero));
  const one = known && (!zero || knownValues(zero).length === 1);
  return {
    wholes: one ? shifted(value, zero) : known ? withBackend('reference', less) : less(),
    most: type ? mostOf(type, zero) : otherwise,
  };
}

/** Known values less one zero point for all. */
function shifted({ data, shape }: Value, zero: Value | undefined): Tensor {
  const shift = zero ? zero.data[0] : 0;
  const wholes = new Float32Array(data.length);
  for (let i = 0; i < wholes.length; i++) wholes[i] = data[i] - shift;
  return new Tensor(wholes, shape);
}

const isZero = (zero: Value): boolean => isKnown(zero) && knownValues(zero).every((z) => z === 0);

function sameValues(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || !isKnown(a) || !isKnown(b)) return false;
  const [x, y] = [knownValues(a), knownValues(b)];
  return x.length === y.length && x.every((v, i) => v === y[i]);
}

/**
 * The largest magnitude of any sum of products: of known weights, of which each of the first axis has a sum of its own, from their
 * magnitudes; else from how many there are.
 */
export const mostSum = (x: Wholes, w: Wholes): number =>
  isKnown(w.wholes) ? mostSumOf(w.wholes, x.most) : product(w.wholes.shape.slice(1)) * x.most * w.most;

/** Floats that are whole numbers of 32 bits, as such. */
export const toInts = (floats: Tensor): Tensor => cast(floats, 'int32');
