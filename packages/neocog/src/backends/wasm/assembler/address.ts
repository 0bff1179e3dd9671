// Addresses as affine sums: a pointer, indices times strides, and a constant.
//
//   v128.load(address(p.x, [row, rowBytes], [column, pixelBytes], -vectorBytes))
//
// Constants become one, wherever they stand. It ends up in the offset of the load or store where that is safe. Offsets are
// unsigned, and the address that they are added to does not wrap around (specification, 4.4.7): what stands before the offset
// must not lie below its array, which may begin at address 0. So a constant below zero, or behind an index that counts
// downwards, is added by an instruction of its own.
//
// An address knows the array that its pointer points into. Loads and stores take no other address, and the checked mode of the
// tests holds each of them to that array.

import { type Code, constI32, isLocal, literalOf, type Operand, operand, type Sum } from './code.ts';
import { i32 } from './instructions.ts';

/** A summand; alone, its stride is 1. */
export type Term = Operand<'i32'> | readonly [index: Operand<'i32'>, stride: Operand<'i32'>];

/** Σ index · stride, for distances, positions and counts. */
export const affine = (...terms: readonly Term[]): Code<'i32'> => toCode(sumOf(terms));

/**
 * `pointer` + Σ index · stride, in the array of `pointer`.
 *
 * @throws Error if that is no parameter, no address, and no variable that holds one
 */
export function address(pointer: Code<'i32'>, ...terms: readonly Term[]): Code<'i32'> {
  const { array } = pointer;
  if (array === undefined) throw new Error(`address: ${named(pointer)} points into no array`);
  const code = toCode(terms.reduce<Sum>(plus, partsOf(pointer)), array);
  return code.array === array ? code : { ...code, array };
}

export const named = (code: Code): string => (isLocal(code) ? `$${code.local}` : code.name);

const nothing: Sum = { start: null, constant: 0, falls: false };
const one: Sum = { ...nothing, constant: 1 };

const sumOf = (terms: readonly Term[]): Sum => terms.reduce<Sum>((sum, term) => plus(sum, term), nothing);

function plus(sum: Sum, term: Term): Sum {
  if (typeof term === 'number') return { ...sum, constant: sum.constant + (term | 0) };
  const isScaled = Array.isArray(term);
  const a = partsOf(isScaled ? term[0] : (term as Operand<'i32'>));
  const b = isScaled ? partsOf(term[1]) : one;
  if (b.start === null) return plusScaled(sum, a, b.constant);
  if (a.start === null) return plusScaled(sum, b, a.constant);
  const { constant, falls } = sum;
  return { start: added(sum.start, i32.mul(toCode(a), toCode(b))), constant, falls };
}

function plusScaled(sum: Sum, { start, constant, falls }: Sum, factor: number): Sum {
  const total = sum.constant + constant * factor;
  if (start === null || factor === 0) return { start: sum.start, constant: total, falls: sum.falls };
  return {
    start: factor === -1 ? lessened(sum.start, start) : added(sum.start, times(start, factor)),
    constant: total,
    falls: sum.falls || falls !== factor < 0,
  };
}

const times = (code: Code<'i32'>, factor: number): Code<'i32'> =>
  factor === 1 ? code : i32.mul(code, factor);
const added = (a: Code<'i32'> | null, b: Code<'i32'>): Code<'i32'> => (a ? i32.add(a, b) : b);
const lessened = (a: Code<'i32'> | null, b: Code<'i32'>): Code<'i32'> => i32.sub(a ?? 0, b);

/** The constant of a sum, and the rest. */
function partsOf(given: Operand<'i32'>): Sum {
  const code = operand(given, 'i32', () => 'term of an address');
  const literal = literalOf(code);
  if (literal !== null) return { start: null, constant: literal, falls: false };
  return code.sum ?? { start: code, constant: 0, falls: false };
}

function toCode(sum: Sum, array?: string): Code<'i32'> {
  const { start, constant, falls } = sum;
  if (start === null) return constI32(constant);
  if (constant !== 0) return { ...i32.add(start, constant), sum, array };
  return falls ? { ...start, sum } : start;
}
