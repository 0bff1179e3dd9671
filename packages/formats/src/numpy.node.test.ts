// NumPy's own files (fixtures/numpy, made by make.py there), and files made to harm.

import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { FormatError, NeocogError, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadNpy, parseNpy, saveNpy } from './npy.ts';
import { loadNpz, parseNpz, saveNpz } from './npz.ts';

const folder = new URL('../fixtures/numpy/', import.meta.url);
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected: [string, { shape: number[]; values: number[] }][] = Object.entries(
  JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')),
);

describe('loadNpy and loadNpz', () => {
  it.each(expected)('read %s', async (name, { shape, values }) => {
    const [path, key] = name.split(' ');
    const url = new URL(path, folder);
    const read = key === undefined ? await loadNpy(url) : (await loadNpz(url))[key];
    expect(read.shape).toEqual(shape);
    expect([...read.data]).toEqual(values.map(Math.fround));
  });

  it('find every array of an archive', () => {
    const names = expected
      .filter(([name]) => name.startsWith('stored.npz'))
      .map(([name]) => name.split(' ')[1]);
    expect(Object.keys(parseNpz(file('stored.npz'))).sort()).toEqual(names.sort());
  });
});

describe('saveNpy and saveNpz', () => {
  it('write what they read', () => {
    for (const t of [tensor([[1.5, -2]]), tensor(Int32Array.of(-7)), zeros([]), zeros([0, 4]), zeros([3])]) {
      const bytes = saveNpy(t);
      expect(parseNpy(bytes)).toEqual(t);
      expect((bytes.length - t.data.byteLength) % 64).toBe(0);
    }
    const state = { 'conv1.weight': tensor([1, 2]), 10: zeros([]), 'a/b': zeros([1]) };
    expect(parseNpz(saveNpz(state))).toEqual(state);
    expect(saveNpz(state)).toEqual(saveNpz(state));
  });

  it('write the bytes that NumPy writes', () => {
    expect(saveNpy(parseNpy(file('whole.npy')))).toEqual(file('whole.npy'));
    expect(saveNpy(parseNpy(file('empty.npy')))).toEqual(file('empty.npy'));
  });

  it('keep every bit of a value', () => {
    const bits = Int32Array.of(0x7fc12345, 0x80000000 | 0, 1, 0x7f7fffff);
    const read = parseNpz(saveNpz({ x: tensor(new Float32Array(bits.buffer)) }));
    expect(new Int32Array(read.x.data.buffer)).toEqual(bits);
  });

  it('refuse names that lead elsewhere', () => {
    for (const name of ['../a', '/a', 'a\\b', 'C:a', '__proto__']) {
      expect(() => saveNpz({ [name]: zeros([]) })).toThrow(NeocogError);
    }
  });
});

/** A file of version 1 with this header and so many bytes of values. */
function npy(header: string, size = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, text.length & 255, text.length >> 8];
  return Uint8Array.of(...start, ...text, ...new Uint8Array(size));
}

describe('a damaged or hostile array', () => {
  const refuse = (bytes: Uint8Array, reason: RegExp): void => {
    expect(() => parseNpy(bytes, 'x.npy')).toThrow(FormatError);
    expect(() => parseNpy(bytes, 'x.npy')).toThrow(reason);
  };

  it('is refused for types that are no numbers', () => {
    refuse(file('objects.npy'), /dtype "\|O"/);
    refuse(file('complex.npy'), /dtype "<c8"/);
    refuse(file('text.npy'), /dtype "<U1"/);
    refuse(file('record.npy'), /header/);
    refuse(npy("{'descr': '<constructor', 'fortran_order': False, 'shape': ()}"), /dtype/);
    refuse(
      npy("{'descr': '<i8', 'fortran_order': False, 'shape': ()}", 8).fill(255, -2),
      /beyond the range of int32/,
    );
  });

  it('is refused when cut at any byte, or with bytes to spare', () => {
    const whole = file('whole.npy');
    for (let length = 0; length < whole.length; length++)
      refuse(whole.subarray(0, length), /x\.npy cannot be read/);
    refuse(Uint8Array.of(...whole, 0), /take 96 bytes, but 97 follow/);
  });

  it('is refused for its header', () => {
    refuse(file('whole.npy').fill(4, 6, 7), /version 4/);
    refuse(npy('{}'), /needs a simple descr/);
    refuse(npy('[]'), /not a dict/);
    const header = (shape: string, order = 'False') =>
      `{'descr': '<f4', 'fortran_order': ${order}, 'shape': ${shape}, }`;
    refuse(npy(header('(1e3,)')), /NumPy's form/);
    refuse(npy(header('(-1,)')), /NumPy's form/);
    refuse(npy(header('(99999999999999999999,)')), /shape/);
    refuse(npy(header('(,)')), /shape/);
    refuse(npy(header('(1 2,)')), /shape/);
    refuse(npy(header(`(${'1,'.repeat(65)})`)), /shape/);
    refuse(npy(header('(65536, 65536, 65536)')), /take 1125899906842624 bytes, but 0 follow/);
    refuse(npy(header('()', '__import__("os")')), /NumPy's form/);
    refuse(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4), /NumPy's form/);
    expect(parseNpy(npy(header('(2L, )'), 8)).shape).toEqual([2]);
  });

  it('is refused in an archive by name', () => {
    const archive = (name: string, data: Uint8Array) => zipSync({ [name]: data });
    expect(() => parseNpz(archive('a.txt', file('whole.npy')))).toThrow(/"a\.txt" in it is not a \.npy file/);
    expect(() => parseNpz(archive('a.npy', file('text.npy')))).toThrow(
      /parseNpz: the file: "a" cannot be read/,
    );
    expect(() => parseNpz(archive('__proto__.npy', file('whole.npy')))).toThrow(FormatError);
    expect(() => parseNpz(file('whole.npy'))).toThrow(/zip archive/);
  });
});
