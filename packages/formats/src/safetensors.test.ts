import fc from 'fast-check';
import { FormatError, NeocogError, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadSafetensors, parseSafetensors, safetensorsMetadata, saveSafetensors } from './safetensors.ts';

/** A file of this header text and these values; `claim` overrides the header's stated length. */
function file(header: string | object, values: ArrayLike<number> = [], claim?: number | bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + values.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claim ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(values, 8 + text.length);
  return bytes;
}

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** A file with one vector `x` of this stored type. */
const vector = (dtype: string, values: ArrayBufferView & ArrayLike<unknown>): Uint8Array =>
  file({ x: { dtype, shape: [values.length], data_offsets: [0, values.byteLength] } }, bytesOf(values));

const small = {
  'conv1.weight': tensor([
    [1.5, -2],
    [0, 3],
  ]),
  step: tensor(Int32Array.of(-7)),
};

describe('saveSafetensors', () => {
  it('is read back with the same values, shapes, types and texts', () => {
    const bytes = saveSafetensors(small, { architecture: 'lenet5' });
    const read = parseSafetensors(bytes);
    expect(Object.keys(read)).toEqual(['conv1.weight', 'step']);
    expect(read['conv1.weight'].shape).toEqual([2, 2]);
    expect(read['conv1.weight'].data).toEqual(Float32Array.of(1.5, -2, 0, 3));
    expect(read.step.data).toEqual(Int32Array.of(-7));
    expect(safetensorsMetadata(bytes)).toEqual({ architecture: 'lenet5' });
  });

  it('gives the same bytes in any order of names, with values at a multiple of 8', () => {
    const one = saveSafetensors(
      { b: zeros([3]), a: zeros([1]), 10: zeros([]), 9: zeros([0, 4]) },
      { y: '1', x: '2' },
    );
    const two = saveSafetensors(
      { 9: zeros([0, 4]), 10: zeros([]), a: zeros([1]), b: zeros([3]) },
      { x: '2', y: '1' },
    );
    expect(one).toEqual(two);
    expect(new DataView(one.buffer).getBigUint64(0, true) % 8n).toBe(0n);
    expect(Object.keys(parseSafetensors(one)).sort()).toEqual(['10', '9', 'a', 'b']);
  });

  it('keeps every bit of a value', () => {
    const bits = Int32Array.of(0x7fc12345, 0x80000000 | 0, 1, 0x7f7fffff);
    const read = parseSafetensors(saveSafetensors({ x: tensor(new Float32Array(bits.buffer)) }));
    expect(new Int32Array(read.x.data.buffer)).toEqual(bits);
  });

  it('takes any name but those that the format reserves', () => {
    const odd = { 'ö "quoted"\\\n': zeros([1]), constructor: zeros([1]), '': zeros([2]) };
    expect(parseSafetensors(saveSafetensors(odd))).toEqual(odd);
    expect(() => saveSafetensors({ __metadata__: zeros([1]) })).toThrow(NeocogError);
    expect(() => saveSafetensors({ ['__proto__']: zeros([1]) })).toThrow(/__proto__/);
  });
});

describe('parseSafetensors', () => {
  it('reads files of other writers: any order, values at odd addresses, fields it does not know', () => {
    const header =
      '{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}, ' +
      '"a":{"dtype":"I32","shape":[],"data_offsets":[0,4],"note":1}}  ';
    const bytes = file(header, [5, 0, 0, 0, 0, 0, 128, 63]);
    const inside = new Uint8Array(bytes.length + 3);
    inside.set(bytes, 3);
    const read = parseSafetensors(inside.subarray(3));
    expect(read.a.item()).toBe(5);
    expect(read.b.data).toEqual(Float32Array.of(1));
  });

  it('reads a file without tensors', () => {
    expect(parseSafetensors(file('{}'))).toEqual({});
  });

  it('widens half floats exactly', () => {
    const halves = Uint16Array.of(
      0x3c00,
      0xc000,
      0x3555,
      0x7bff,
      0x0400,
      0x0001,
      0x03ff,
      0x8000,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const expected = [
      1,
      -2,
      0.333251953125,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      -0,
      Infinity,
      -Infinity,
      NaN,
    ];
    expect(parseSafetensors(vector('F16', halves)).x.data).toEqual(Float32Array.from(expected));
    const brains = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80);
    expect(parseSafetensors(vector('BF16', brains)).x.data).toEqual(
      Float32Array.of(1, -2, 2 ** -133, Infinity),
    );
  });

  it('reads whole numbers of any width as int32', () => {
    const read = (dtype: string, values: ArrayBufferView & ArrayLike<unknown>) =>
      parseSafetensors(vector(dtype, values)).x.data;
    expect(read('I64', BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n))).toEqual(
      Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    );
    expect(read('U64', BigUint64Array.of(7n))).toEqual(Int32Array.of(7));
    expect(read('U32', Uint32Array.of(7))).toEqual(Int32Array.of(7));
    expect(read('I16', Int16Array.of(-7))).toEqual(Int32Array.of(-7));
    expect(read('U16', Uint16Array.of(65535))).toEqual(Int32Array.of(65535));
    expect(read('I8', Int8Array.of(-7))).toEqual(Int32Array.of(-7));
    expect(read('U8', Uint8Array.of(255))).toEqual(Int32Array.of(255));
    expect(read('BOOL', Uint8Array.of(0, 1))).toEqual(Int32Array.of(0, 1));
    expect(read('F64', Float64Array.of(0.1, Infinity))).toEqual(Float32Array.of(0.1, Infinity));
  });

  it('refuses values that do not fit', () => {
    expect(() => parseSafetensors(vector('I64', BigInt64Array.of(2n ** 31n)))).toThrow(
      /"x" has I64 values beyond/,
    );
    expect(() => parseSafetensors(vector('U64', BigUint64Array.of(2n ** 63n)))).toThrow(FormatError);
    expect(() => parseSafetensors(vector('U32', Uint32Array.of(2 ** 31)))).toThrow(FormatError);
    expect(() => parseSafetensors(vector('F64', Float64Array.of(1e39)))).toThrow(FormatError);
    expect(() => parseSafetensors(vector('F8_E4M3', Uint8Array.of(1)))).toThrow(/dtype F8_E4M3/);
  });
});

describe('a damaged file', () => {
  const refuse = (bytes: Uint8Array, reason = /a\.safetensors cannot be read/): void => {
    expect(() => parseSafetensors(bytes, 'a.safetensors')).toThrow(FormatError);
    expect(() => parseSafetensors(bytes, 'a.safetensors')).toThrow(reason);
  };
  const entry = (shape: unknown, range: unknown, dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: range,
  });

  it('is refused when cut at any byte, or with bytes to spare', () => {
    const bytes = saveSafetensors(small, { note: 'x' });
    for (let length = 0; length < bytes.length; length++) refuse(bytes.subarray(0, length));
    refuse(Uint8Array.of(...bytes, 0), /tensors take 20 bytes, but 21 follow/);
  });

  it('is refused or read, and nothing else, after any few bytes were changed', () => {
    const whole = saveSafetensors(small, { note: 'x' });
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          parseSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused for its header', () => {
    refuse(file('{}', [], 3), /claims 3 bytes, but 2 follow/);
    refuse(file('{}', [], 2n ** 64n - 1n));
    refuse(file('', []));
    refuse(file(' {}'), /begin with {/);
    refuse(file('[]'));
    refuse(file('{"a"'), /JSON/);
    refuse(file('{"a'), /JSON/);
    refuse(file('{} x'), /JSON/);
    refuse(file(`{"a":${'['.repeat(1e6)}`), /JSON/);
    refuse(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d), /JSON in UTF-8/);
    refuse(file({ __metadata__: { a: 1 } }), /__metadata__/);
    refuse(file({ __metadata__: ['a'] }), /__metadata__/);
  });

  it('is refused for names', () => {
    const field = JSON.stringify(entry([0], [0, 0]));
    refuse(file(`{"a":${field},"a":${field}}`), /"a" twice/);
    refuse(file(`{"a":${field},"\\u0061":${field}}`), /"a" twice/);
    refuse(file('{"a":{"dtype":"F32","dtype":"I32","shape":[0],"data_offsets":[0,0]}}'), /"dtype" twice/);
    refuse(file(`{"__proto__":${field}}`), /named __proto__/);
    refuse(file(`{"__metadata__":{"__proto__":"x"}}`), /__metadata__/);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  it('is refused for shapes and types', () => {
    for (const shape of [[-1], [0.5], [2 ** 53], ['1'], [null], {}, null, 'x', [1e300, 1e300, 0]]) {
      refuse(file({ a: entry(shape, [0, 4]) }, [0, 0, 0, 0]), /"a"/);
    }
    refuse(file({ a: entry([2], [0, 4]) }, [0, 0, 0, 0]), /takes 8 bytes, but its data_offsets span 4/);
    refuse(file({ a: entry([2 ** 50, 2 ** 50], [0, 4]) }, [0, 0, 0, 0]), /takes/);
    refuse(file({ a: entry([], [0, 4], 4) }, [0, 0, 0, 0]), /no dtype/);
    refuse(file({ a: null }), /no dtype/);
    refuse(file({ a: 3 }), /no dtype/);
  });

  it('is refused for offsets', () => {
    const eight = new Uint8Array(8);
    for (const range of [[4, 0], [0], [0, 4, 8], [-4, 0], [0.5, 4.5], '0,4', null, undefined]) {
      refuse(file({ a: entry([1], range) }, eight), /data_offsets/);
    }
    refuse(file({ a: entry([1], [4, 8]) }, eight), /begins at byte 4/);
    refuse(file({ a: entry([1], [0, 4]), b: entry([1], [0, 4]) }, eight), /begins at byte 0/);
    refuse(file({ a: entry([1], [0, 4]) }, eight), /take 4 bytes, but 8 follow/);
    refuse(file({ a: entry([2 ** 40], [0, 2 ** 42]) }, eight), /take/);
  });
});

describe('loadSafetensors', () => {
  it('takes bytes and URLs', async () => {
    const bytes = saveSafetensors({ x: tensor([1, 2]) });
    expect((await loadSafetensors(bytes)).x.data).toEqual(Float32Array.of(1, 2));
    expect((await loadSafetensors(bytes.buffer as ArrayBuffer)).x.data).toEqual(Float32Array.of(1, 2));
    const url = `data:application/octet-stream;base64,${btoa(String.fromCharCode(...bytes))}`;
    expect((await loadSafetensors(url)).x.data).toEqual(Float32Array.of(1, 2));
    expect((await loadSafetensors(new URL(url))).x.data).toEqual(Float32Array.of(1, 2));
  });
});
