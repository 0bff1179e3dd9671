// Messages byte by byte: what each wire type holds, what is passed over, and where a message is broken.

import { FormatError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { BrokenMessage, decode, encode, type MessageType } from './protobuf.ts';

const type: MessageType = [
  [1, 'n', 'int'],
  [2, 't', 'text'],
  [3, 'ns', 'ints', 3],
  [4, 'f', 'float'],
  [5, 'ds', 'doubles'],
  [6, 'm', 'message', () => type],
  [7, 'ts', 'texts'],
  [8, 'b', 'bytes'],
  [9, 'fs', 'floats'],
  [10, 'ms', 'messages', () => type],
];
const lists = { ns: [], ds: [], ts: [], fs: [], ms: [] };
const read = (...bytes: number[]) => decode<Record<string, unknown>>(type, Uint8Array.from(bytes));
const five = [0x08, 5];

describe('a message', () => {
  it('has its lists, and what is there', () => {
    expect(read()).toEqual(lists);
    expect(read(...five)).toEqual({ ...lists, n: 5 });
    expect(read(0x12, 2, 104, 105)).toMatchObject({ t: 'hi' });
    expect(read(0x25, 0, 0, 0xc0, 0x3f)).toMatchObject({ f: 1.5 });
    expect(read(0x42, 1, 7).b).toEqual(Uint8Array.of(7));
    expect(read(0x32, 2, ...five)).toEqual({ ...lists, m: { ...lists, n: 5 } });
    // Of a field that stands twice the last one counts, of a list all.
    expect(read(...five, 0x08, 6, 0x3a, 1, 97, 0x3a, 1, 98)).toEqual({ ...lists, n: 6, ts: ['a', 'b'] });
  });

  it('has numbers of one to ten bytes', () => {
    expect(read(0x08, 127).n).toBe(127);
    expect(read(0x08, 0x80, 1).n).toBe(128);
    expect(read(0x08, ...new Array(9).fill(0xff), 1).n).toBe(-1);
    expect(() => read(0x08, ...new Array(10).fill(0xff), 1)).toThrow('a number has more than 10 bytes');
  });

  it('has lists of numbers packed or one by one, or both', () => {
    expect(read(0x1a, 2, 1, 2, 0x18, 3).ns).toEqual([1, 2, 3]);
    expect(read(0x1a, 3, 0x80, 1, 2).ns).toEqual([128, 2]);
    expect(read(0x2a, 8, ...new Array(6).fill(0), 0xf0, 0x3f).ds).toEqual([1]);
    expect(read(0x4a, 4, 0, 0, 0x80, 0x3f, 0x4d, 0, 0, 0, 0x40).fs).toEqual([1, 2]);
  });

  it('may have fields that the table lacks, of any wire type', () => {
    expect(read(120, 0x80, 1, ...five).n).toBe(5);
    expect(read(121, 1, 2, 3, 4, 5, 6, 7, 8, ...five).n).toBe(5);
    expect(read(122, 2, 9, 9, ...five).n).toBe(5);
    expect(read(125, 1, 2, 3, 4, ...five)).toEqual({ ...lists, n: 5 });
  });

  it.each<[string, number[]]>([
    ['a field has the number 0', [0x00, 1]],
    ['a field has wire type 3', [123]],
    ['a field has wire type 4', [124]],
    ['field t has wire type 0 instead of 2', [0x10, 1]],
    ['field n has wire type 2 instead of 0', [0x0a, 0]],
    ['a field claims 5 bytes, 1 follow', [0x12, 5, 65]],
    ['a field claims 2 bytes, 1 follow', [122, 2, 9]],
    ['a number is cut off', [0x25, 0, 0, 0]],
    ['a number is cut off', [0x2a, 7, 0, 0, 0, 0, 0, 0, 0]],
    ['a number is cut off', [0x4a, 3, 0, 0, 0]],
    ['a field reaches beyond the end of its message', [121, 1, 2, 3]],
    ['a field reaches beyond the end of its message', [125, 1, 2, 3]],
    ['a field reaches beyond the end of its message', [0x32, 2, 125, 1, 0, 0, 0]],
    ['field ns has 4 numbers or more, 3 are possible', [0x1a, 4, 1, 2, 3, 4]],
    ['field ns has 4 numbers or more, 3 are possible', [0x1a, 3, 1, 2, 3, 0x18, 4]],
  ])('is broken: %s', (message, bytes) => {
    expect(() => read(...bytes)).toThrow(BrokenMessage);
    expect(() => read(...bytes)).toThrow(message);
  });

  it('ends within a number that does not', () => {
    for (const bytes of [[0x08], [0x08, 0x80], [0x80]]) expect(() => read(...bytes)).toThrow();
  });

  it('nests as deep as the budget lets it', () => {
    const nested = (depth: number): Uint8Array => {
      let message: object = { n: 1 };
      for (let i = 0; i < depth; i++) message = { m: message };
      return encode(type, message);
    };
    const within = (depth: number) => () => decode(type, nested(depth), new Budget('f', 100, { depth: 3 }));
    expect(within(3)).not.toThrow();
    expect(within(4)).toThrow(FormatError);
  });

  it('is read as it was written', () => {
    const message = {
      n: -3,
      t: 'läßt',
      ns: [1, -1, 2 ** 40],
      f: 0.5,
      ds: [0.1],
      m: { ...lists, n: 0 },
      ts: ['', 'a'],
      b: Uint8Array.of(1, 0),
      fs: [1.5, -2],
      ms: [lists, { ...lists, t: 'x' }],
    };
    expect(decode(type, encode(type, message))).toEqual(message);
  });
});
