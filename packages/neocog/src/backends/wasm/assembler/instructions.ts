// The instructions, from one table: [opcode, operand types, result type, kind of immediate].
// Each row becomes a function from operands to code, which checks the operands' types when it is called.
// Names are the specification's in camelCase, so `v128.load32Splat` is v128.load32_splat.

import {
  type Code,
  constF32,
  constI32,
  floatText,
  type Immediate,
  literalOf,
  makeCode,
  noImmediate,
  type Operand,
  operand,
  type ResultType,
  type Settled,
  type ValueType,
} from './code.ts';
import { opcodeBytes, unsigned } from './encode.ts';

type ImmediateKind = 'none' | 'memory' | 'lane' | 'laneOfMemory' | 'shuffle';
type Row = readonly [
  opcode: number,
  operands: readonly ValueType[],
  result: ResultType,
  immediate?: ImmediateKind,
];

type Operands<T> = { [I in keyof T]: T[I] extends ValueType ? Operand<T[I]> : never };
/** Immediates follow the operands, but for the lane of extractLane and replaceLane: it follows the vector. */
type Arguments<T extends readonly unknown[], K> = K extends 'laneOfMemory'
  ? [...operands: T, lane: number]
  : K extends 'shuffle'
    ? [...operands: T, lanes: readonly number[]]
    : K extends 'lane'
      ? T extends [infer First, ...infer Rest]
        ? [vector: First, lane: number, ...rest: Rest]
        : never
      : T;
type Instruction<R extends Row> = (
  ...args: Arguments<
    Operands<[...R[1]]>,
    R extends readonly [unknown, unknown, unknown, infer K] ? K : 'none'
  >
) => Code<R[2]>;

/** The immediate from the argument that is no operand, which the types above vouch for. */
const immediates: Record<ImmediateKind, (given: unknown) => Immediate> = {
  none: () => noImmediate,
  memory: () => noImmediate,
  lane: (lane) => ({ bytes: [lane as number], text: `${lane}` }),
  laneOfMemory: (lane) => ({ bytes: [lane as number], text: `${lane}` }),
  shuffle: (lanes) => ({ bytes: lanes as number[], text: (lanes as number[]).join(' ') }),
};

function instruction(name: string, row: Row): (...args: unknown[]) => Code {
  const [opcode, types, type, kind = 'none'] = row;
  const places = types.map((_, i) => () => `${name}: operand ${i + 1}`);
  const take = (given: unknown, i: number): Code => operand(given, types[i], places[i]);
  const plain = { type, name, opcode: opcodeBytes(opcode), immediate: noImmediate };
  // Most code is of these two kinds: they take no detour.
  if (kind === 'none' && types.length === 2) return (a, b) => makeCode(plain, [take(a, 0), take(b, 1)]);
  if (kind === 'none' && types.length === 3)
    return (a, b, c) => makeCode(plain, [take(a, 0), take(b, 1), take(c, 2)]);
  const reach = kind === 'memory' || kind === 'laneOfMemory' ? reaching(name) : null;
  const immediateOf = immediates[kind];
  const at = kind === 'lane' ? 1 : types.length;
  return (...args) => {
    const operands = types.map((_, i) => take(args[i < at ? i : i + 1], i));
    const own = immediateOf(args[at]);
    if (!reach) return makeCode({ ...plain, immediate: own }, operands);
    const { immediate, access } = reach(operands, own);
    return makeCode({ ...plain, immediate }, operands, { access });
  };
}

/**
 * Of a load or store: takes as much of its address from the operands into the immediate as is safe.
 *
 * @throws Error if that is no address in an array, nor a literal
 */
function reaching(name: string) {
  const log2Align = /32|notify/.test(name) ? 2 : name.includes('64') ? 3 : 4;
  const immediateOf = (offset: number, lane: Immediate): Immediate => ({
    bytes: [log2Align, ...unsigned(offset), ...lane.bytes],
    text: offset === 0 ? lane.text : `offset=${offset}${lane.text && ' '}${lane.text}`,
  });
  const known = new Map<number, Immediate>();
  const remembered = (offset: number): Immediate => {
    const immediate = known.get(offset) ?? immediateOf(offset, noImmediate);
    if (known.size < mostKnown) known.set(offset, immediate);
    return immediate;
  };
  return (operands: Code[], lane: Immediate): Pick<Code, 'immediate' | 'access'> => {
    const at = operands[0] as Code<'i32'>;
    if (at.array === undefined && literalOf(at) === null)
      throw new Error(`${name}: its address lies in no array; make it by address or f.pointer`);
    const { start, offset } = split(at);
    operands[0] = start;
    const immediate = lane === noImmediate ? remembered(offset) : immediateOf(offset, lane);
    return { immediate, access: { array: at.array ?? null, offset } };
  };
}

/** Offsets, and vectors of one number, are met again and again. */
const mostKnown = 1024;

function split(at: Code<'i32'>): { start: Code<'i32'>; offset: number } {
  const { start, constant, falls } = at.sum ?? { start: null, constant: 0, falls: false };
  return start && constant > 0 && !falls ? { start, offset: constant } : { start: at, offset: 0 };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Family<T extends Record<string, Row>> = { readonly [K in keyof T]: Instruction<T[K]> };

/** Turns the rows of one prefix into functions. */
function family<const T extends Record<string, Row>>(prefix: string, rows: T): Family<T> {
  const entries = Object.entries(rows).map(([key, row]) => [
    key,
    instruction(`${prefix}.${snakeCase(key)}`, row),
  ]);
  return Object.fromEntries(entries) as Family<T>;
}

const [I, L, F, D, V] = ['i32', 'i64', 'f32', 'f64', 'v128'] as const;

export const i32 = {
  const: constI32,
  ...family('i32', {
    load: [0x28, [I], I, 'memory'],
    store: [0x36, [I, I], 'void', 'memory'],
    eqz: [0x45, [I], I],
    eq: [0x46, [I, I], I],
    ne: [0x47, [I, I], I],
    ltS: [0x48, [I, I], I],
    ltU: [0x49, [I, I], I],
    gtS: [0x4a, [I, I], I],
    gtU: [0x4b, [I, I], I],
    leS: [0x4c, [I, I], I],
    leU: [0x4d, [I, I], I],
    geS: [0x4e, [I, I], I],
    geU: [0x4f, [I, I], I],
    add: [0x6a, [I, I], I],
    sub: [0x6b, [I, I], I],
    mul: [0x6c, [I, I], I],
    divS: [0x6d, [I, I], I],
    divU: [0x6e, [I, I], I],
    remU: [0x70, [I, I], I],
    and: [0x71, [I, I], I],
    or: [0x72, [I, I], I],
    xor: [0x73, [I, I], I],
    shl: [0x74, [I, I], I],
    shrS: [0x75, [I, I], I],
    shrU: [0x76, [I, I], I],
    reinterpretF32: [0xbc, [F], I],
    truncSatF32S: [0xfc_000, [F], I],
  }),
};

export const i64 = family('i64', {
  load: [0x29, [I], L, 'memory'],
  store: [0x37, [I, L], 'void', 'memory'],
  add: [0x7c, [L, L], L],
  mul: [0x7e, [L, L], L],
  rotl: [0x89, [L, L], L],
  extendI32U: [0xad, [I], L],
});

/** Of 32-bit words, sequentially consistent. `wait32` needs a shared memory; its timeout is in nanoseconds. */
export const atomic = {
  ...family('i32.atomic', {
    load: [0xfe_010, [I], I, 'memory'],
    store: [0xfe_017, [I, I], 'void', 'memory'],
  }),
  ...family('i32.atomic.rmw', {
    add: [0xfe_01e, [I, I], I, 'memory'],
    cmpxchg: [0xfe_048, [I, I, I], I, 'memory'],
  }),
  ...family('memory.atomic', {
    notify: [0xfe_000, [I, I], I, 'memory'],
    wait32: [0xfe_001, [I, I, L], I, 'memory'],
  }),
};

export const f32 = {
  const: constF32,
  ...family('f32', {
    load: [0x2a, [I], F, 'memory'],
    store: [0x38, [I, F], 'void', 'memory'],
    eq: [0x5b, [F, F], I],
    ne: [0x5c, [F, F], I],
    lt: [0x5d, [F, F], I],
    gt: [0x5e, [F, F], I],
    le: [0x5f, [F, F], I],
    ge: [0x60, [F, F], I],
    abs: [0x8b, [F], F],
    neg: [0x8c, [F], F],
    floor: [0x8e, [F], F],
    sqrt: [0x91, [F], F],
    add: [0x92, [F, F], F],
    sub: [0x93, [F, F], F],
    mul: [0x94, [F, F], F],
    div: [0x95, [F, F], F],
    min: [0x96, [F, F], F],
    max: [0x97, [F, F], F],
    convertI32S: [0xb2, [I], F],
    demoteF64: [0xb6, [D], F],
    reinterpretI32: [0xbe, [I], F],
  }),
};

export const f64 = family('f64', { add: [0xa0, [D, D], D], div: [0xa3, [D, D], D] });

function vectorConst(shape: string, lanes: readonly number[], buffer: ArrayBuffer): Code<'v128'> {
  const immediate = {
    bytes: [...new Uint8Array(buffer)],
    text: `${shape} ${lanes.map(floatText).join(' ')}`,
  };
  return makeCode({ type: V, name: 'v128.const', opcode: [0xfd, 0x0c], immediate });
}

const splats = new Map<number, Code<'v128'>>();

function const4F(a: number, b: number, c: number, d: number): Code<'v128'> {
  // To a Map both zeros are one number.
  const isSplat = Object.is(a, b) && Object.is(a, c) && Object.is(a, d) && !Object.is(a, -0);
  const known = isSplat ? splats.get(a) : undefined;
  if (known) return known;
  const made = vectorConst('f32x4', [a, b, c, d], Float32Array.of(a, b, c, d).buffer);
  if (isSplat && splats.size < mostKnown) splats.set(a, made);
  return made;
}

export const v128 = {
  const4F,
  const4I: (a: number, b: number, c: number, d: number): Code<'v128'> =>
    vectorConst('i32x4', [a, b, c, d], Int32Array.of(a, b, c, d).buffer),
  const2D: (a: number, b: number): Code<'v128'> => vectorConst('f64x2', [a, b], Float64Array.of(a, b).buffer),
  ...family('v128', {
    load: [0xfd_000, [I], V, 'memory'],
    load32Splat: [0xfd_009, [I], V, 'memory'],
    load64Splat: [0xfd_00a, [I], V, 'memory'],
    store: [0xfd_00b, [I, V], 'void', 'memory'],
    not: [0xfd_04d, [V], V],
    and: [0xfd_04e, [V, V], V],
    andnot: [0xfd_04f, [V, V], V],
    or: [0xfd_050, [V, V], V],
    xor: [0xfd_051, [V, V], V],
    bitselect: [0xfd_052, [V, V, V], V],
    anyTrue: [0xfd_053, [V], I],
    load32Lane: [0xfd_056, [I, V], V, 'laneOfMemory'],
    load64Lane: [0xfd_057, [I, V], V, 'laneOfMemory'],
    store32Lane: [0xfd_05a, [I, V], 'void', 'laneOfMemory'],
    store64Lane: [0xfd_05b, [I, V], 'void', 'laneOfMemory'],
    load32Zero: [0xfd_05c, [I], V, 'memory'],
  }),
};

export const f32x4 = family('f32x4', {
  splat: [0xfd_013, [F], V],
  extractLane: [0xfd_01f, [V], F, 'lane'],
  replaceLane: [0xfd_020, [V, F], V, 'lane'],
  eq: [0xfd_041, [V, V], V],
  ne: [0xfd_042, [V, V], V],
  lt: [0xfd_043, [V, V], V],
  gt: [0xfd_044, [V, V], V],
  le: [0xfd_045, [V, V], V],
  ge: [0xfd_046, [V, V], V],
  ceil: [0xfd_067, [V], V],
  floor: [0xfd_068, [V], V],
  nearest: [0xfd_06a, [V], V],
  abs: [0xfd_0e0, [V], V],
  neg: [0xfd_0e1, [V], V],
  sqrt: [0xfd_0e3, [V], V],
  add: [0xfd_0e4, [V, V], V],
  sub: [0xfd_0e5, [V, V], V],
  mul: [0xfd_0e6, [V, V], V],
  div: [0xfd_0e7, [V, V], V],
  min: [0xfd_0e8, [V, V], V],
  max: [0xfd_0e9, [V, V], V],
  pmin: [0xfd_0ea, [V, V], V],
  pmax: [0xfd_0eb, [V, V], V],
  demoteF64x2Zero: [0xfd_05e, [V], V],
  convertI32x4S: [0xfd_0fa, [V], V],
  relaxedMadd: [0xfd_105, [V, V, V], V],
  relaxedNmadd: [0xfd_106, [V, V, V], V],
});

export const f64x2 = family('f64x2', {
  extractLane: [0xfd_021, [V], D, 'lane'],
  promoteLowF32x4: [0xfd_05f, [V], V],
  nearest: [0xfd_094, [V], V],
  add: [0xfd_0f0, [V, V], V],
  sub: [0xfd_0f1, [V, V], V],
  mul: [0xfd_0f2, [V, V], V],
  div: [0xfd_0f3, [V, V], V],
  pmin: [0xfd_0f6, [V, V], V],
  pmax: [0xfd_0f7, [V, V], V],
});

export const i32x4 = family('i32x4', {
  splat: [0xfd_011, [I], V],
  extractLane: [0xfd_01b, [V], I, 'lane'],
  replaceLane: [0xfd_01c, [V, I], V, 'lane'],
  eq: [0xfd_037, [V, V], V],
  ne: [0xfd_038, [V, V], V],
  ltS: [0xfd_039, [V, V], V],
  gtS: [0xfd_03b, [V, V], V],
  leS: [0xfd_03d, [V, V], V],
  geS: [0xfd_03f, [V, V], V],
  shl: [0xfd_0ab, [V, I], V],
  shrS: [0xfd_0ac, [V, I], V],
  shrU: [0xfd_0ad, [V, I], V],
  add: [0xfd_0ae, [V, V], V],
  sub: [0xfd_0b1, [V, V], V],
  mul: [0xfd_0b5, [V, V], V],
  minS: [0xfd_0b6, [V, V], V],
  maxS: [0xfd_0b8, [V, V], V],
  truncSatF32x4S: [0xfd_0f8, [V], V],
  dotI16x8S: [0xfd_0ba, [V, V], V],
  relaxedLaneselect: [0xfd_10b, [V, V, V], V],
});

export const i16x8 = family('i16x8', {
  narrowI32x4S: [0xfd_085, [V, V], V],
  extendLowI8x16U: [0xfd_089, [V], V],
  extendHighI8x16U: [0xfd_08a, [V], V],
  shrU: [0xfd_08d, [V, I], V],
  add: [0xfd_08e, [V, V], V],
  sub: [0xfd_091, [V, V], V],
  mul: [0xfd_095, [V, V], V],
});

export const i8x16 = family('i8x16', {
  shuffle: [0xfd_00d, [V, V], V, 'shuffle'],
  swizzle: [0xfd_00e, [V, V], V],
  narrowI16x8U: [0xfd_066, [V, V], V],
});

/** `a` where `condition` is not zero, else `b`. Both are evaluated. */
export function select<T extends ValueType>(
  a: Code<T>,
  b: Code<Settled<T>>,
  condition: Operand<'i32'>,
): Code<T> {
  const where = (i: number) => () => `select: operand ${i}`;
  const operands = [a, operand(b, a.type, where(2)), operand(condition, 'i32', where(3))];
  return makeCode({ type: a.type, name: 'select', opcode: [0x1b], immediate: noImmediate }, operands);
}

const asCode = (value: Operand<'i32'>): Code<'i32'> => operand(value, 'i32', () => 'less or greater');

/** The smaller of two signed numbers. Both are evaluated twice. */
export const less = (a: Operand<'i32'>, b: Operand<'i32'>): Code<'i32'> =>
  select(asCode(a), asCode(b), i32.ltS(a, b));

/** The greater of two signed numbers. Both are evaluated twice. */
export const greater = (a: Operand<'i32'>, b: Operand<'i32'>): Code<'i32'> =>
  select(asCode(a), asCode(b), i32.gtS(a, b));
