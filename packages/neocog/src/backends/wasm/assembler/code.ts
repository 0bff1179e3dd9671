// Code: WebAssembly instructions as an immutable tree, each node an instruction with its operands and immediates.
// A node that is used twice is evaluated twice; keep a value in a local to share it.

import { signed } from './encode.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type ResultType = ValueType | 'void';

/** A type that is inferred elsewhere: NoInfer of TypeScript 5.4, for the compilers before it. */
export type Settled<T> = [T][T extends unknown ? 0 : never];

/** An instruction that leaves a value of type `T`, or nothing. Made with all fields in this order: engines read objects of one shape faster. */
export interface Code<T extends ResultType = ResultType> {
  readonly type: T;
  /** As the text format spells it: `f32x4.add`. */
  readonly name: string;
  readonly operands: readonly Code[];
  readonly opcode: readonly number[];
  readonly immediate: Immediate;
  /** The array in which this address lies. Parameters are taken for addresses in arrays of their own names. */
  readonly array?: string | undefined;
  /** The number that a constant of whole numbers is. */
  readonly literal?: number | undefined;
  readonly sum?: Sum | undefined;
  /** Of a load or store. */
  readonly access?: Access | undefined;
  /** The name of the variable that is read. */
  readonly local?: string | undefined;
}

/** An affine sum in two parts: see `address.ts`. */
export interface Sum {
  /** All but the constant; null where there is nothing else. */
  readonly start: Code<'i32'> | null;
  readonly constant: number;
  /** `start` may lie below the array of the sum: something in it is counted downwards. */
  readonly falls: boolean;
}

/** What a load or store reaches: `offset` is its immediate. Null: an address that is a literal belongs to no array. */
export interface Access {
  readonly array: string | null;
  readonly offset: number;
}

/** What follows the opcode, for the binary and for the listing. */
export interface Immediate {
  readonly bytes: readonly number[];
  readonly text: string;
}

/** A variable of a function. As an operand it reads the variable. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  readonly local: string;
}

/** What an instruction takes for an operand of type `T`: a number stands for a constant. */
export type Operand<T extends ResultType> = Code<T> | (T extends 'i32' | 'f32' ? number : never);

export const noImmediate: Immediate = { bytes: [], text: '' };
const noOperands: readonly Code[] = [];
const nothingElse = {};

/** The opcode and printed name of a read; which variable it is follows when the function is encoded. */
export const makeLocal = <T extends ValueType>(type: T, local: string, array?: string): Local<T> => ({
  type,
  name: 'local.get',
  operands: noOperands,
  opcode: [0x20],
  immediate: { bytes: [], text: `$${local}` },
  array,
  literal: undefined,
  sum: undefined,
  access: undefined,
  local,
});

export const isLocal = (code: Code): code is Local => code.local !== undefined;

/** An instruction on operands. */
export const makeCode = <T extends ResultType>(
  { type, name, opcode, immediate }: Pick<Code<T>, 'type' | 'name' | 'opcode' | 'immediate'>,
  operands = noOperands,
  { access, literal }: Pick<Code, 'access' | 'literal'> = nothingElse,
): Code<T> => ({
  type,
  name,
  operands,
  opcode,
  immediate,
  array: undefined,
  literal,
  sum: undefined,
  access,
  local: undefined,
});

/** Code is made again and again of the same numbers. */
const constants = new Map<number, Code<'i32'>>();
const mostConstants = 4096;

export function constI32(value: number): Code<'i32'> {
  const literal = value | 0;
  const known = constants.get(literal);
  if (known) return known;
  const immediate = { bytes: signed(literal), text: `${literal}` };
  const made = makeCode({ type: 'i32', name: 'i32.const', opcode: [0x41], immediate }, [], { literal });
  if (constants.size < mostConstants) constants.set(literal, made);
  return made;
}

/** The number that a piece of code is, or null. */
export const literalOf = ({ literal }: Code): number | null => literal ?? null;

export const constF32 = (value: number): Code<'f32'> => {
  const bytes = [...new Uint8Array(Float32Array.of(value).buffer)];
  const immediate = { bytes, text: floatText(Math.fround(value)) };
  return makeCode({ type: 'f32', name: 'f32.const', opcode: [0x43], immediate });
};

/** A number as the text format writes it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : `${value}`;
}

/** Turns `given` into code of type `type`, or throws at the line that made the mistake. */
export function operand<T extends ResultType>(given: unknown, type: T, where: () => string): Code<T> {
  if (typeof given === 'number') {
    if (type === 'i32') return constI32(given) as Code<T>;
    if (type === 'f32') return constF32(given) as Code<T>;
  }
  if ((given as Partial<Code> | undefined)?.type === type) return given as Code<T>;
  const found = isCode(given) ? given.type : `a ${typeof given}`;
  throw new Error(`${where()} is ${found}, needs ${type}`);
}

const isCode = (given: unknown): given is Code =>
  typeof given === 'object' && given !== null && 'type' in given && 'opcode' in given;
