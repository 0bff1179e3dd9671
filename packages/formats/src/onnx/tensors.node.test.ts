// Tensors of files: every type from each of the fields that may hold it, values in other files, and what is refused.

import { FormatError, Tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import type { TensorProto } from './schema.ts';
import { readSparse, readTensor } from './tensors.ts';

const none = new Map<string, Uint8Array>();
const bytes = (values: ArrayBufferView<ArrayBuffer>): Uint8Array => new Uint8Array(values.buffer);

/** What is read of a tensor: its type, its shape, its values. */
function read(proto: Partial<TensorProto>, files: ReadonlyMap<string, Uint8Array> = none) {
  const { dtype, shape, data } = readTensor({ name: 'w', dims: [2], ...proto }, files);
  return [dtype, [...shape], [...data]];
}

describe('a tensor', () => {
  it.each<[string, Partial<TensorProto>, Uint8Array, string, number[]]>([
    ['float', { dataType: 1, floatData: [1.5, -2] }, bytes(Float32Array.of(1.5, -2)), 'float32', [1.5, -2]],
    ['uint8', { dataType: 2, int32Data: [1, 255] }, Uint8Array.of(1, 255), 'uint8', [1, 255]],
    ['int8', { dataType: 3, int32Data: [1, -128] }, bytes(Int8Array.of(1, -128)), 'int8', [1, -128]],
    ['uint16', { dataType: 4, int32Data: [1, 65535] }, bytes(Uint16Array.of(1, 65535)), 'uint16', [1, 65535]],
    ['int16', { dataType: 5, int32Data: [1, -2] }, bytes(Int16Array.of(1, -2)), 'int16', [1, -2]],
    ['int32', { dataType: 6, int32Data: [1, -2] }, bytes(Int32Array.of(1, -2)), 'int32', [1, -2]],
    ['int64', { dataType: 7, int64Data: [1, -2] }, bytes(BigInt64Array.of(1n, -2n)), 'int64', [1, -2]],
    ['bool', { dataType: 9, int32Data: [1, 0] }, Uint8Array.of(1, 0), 'bool', [1, 0]],
    [
      'float16',
      { dataType: 10, int32Data: [0x3c00, 0xc100] },
      bytes(Uint16Array.of(0x3c00, 0xc100)),
      'float32',
      [1, -2.5],
    ],
    [
      'double',
      { dataType: 11, doubleData: [1.5, -2] },
      bytes(Float64Array.of(1.5, -2)),
      'float32',
      [1.5, -2],
    ],
    [
      'uint32',
      { dataType: 12, uint64Data: [1, 2 ** 32 - 1] },
      bytes(Uint32Array.of(1, -1)),
      'uint32',
      [1, 2 ** 32 - 1],
    ],
    [
      'uint64',
      { dataType: 13, uint64Data: [1, 2 ** 63] },
      bytes(BigUint64Array.of(1n, 2n ** 63n)),
      'uint64',
      [1, 2 ** 63],
    ],
    [
      'bfloat16',
      { dataType: 16, int32Data: [0x3f80, 0xc020] },
      bytes(Uint16Array.of(0x3f80, 0xc020)),
      'float32',
      [1, -2.5],
    ],
  ])('of %s has its values in its field or as bytes', (_, proto, rawData, dtype, values) => {
    expect(read(proto)).toEqual([dtype, [2], values]);
    expect(read({ dataType: proto.dataType!, rawData })).toEqual([dtype, [2], values]);
    // At an address that is no multiple of anything.
    const moved = new Uint8Array([9, ...rawData]).subarray(1);
    expect(read({ dataType: proto.dataType!, rawData: moved })).toEqual([dtype, [2], values]);
    const short = rawData.subarray(1);
    expect(() => read({ dataType: proto.dataType!, rawData: short })).toThrow(
      `tensor "w" needs ${rawData.length} bytes, but the file has ${rawData.length - 1}`,
    );
    expect(() => read({ ...proto, dims: [3] })).toThrow('tensor "w" needs 3 values, but the file has 2');
  });

  it('of float32 at an aligned address is not copied', () => {
    const rawData = bytes(Float32Array.of(0, 1, 2)).subarray(4);
    const { data } = readTensor({ name: 'w', dims: [2], dataType: 1, rawData }, none);
    expect(data.buffer).toBe(rawData.buffer);
    const other = new Uint8Array(rawData.buffer.slice(0), 1, 8);
    expect(readTensor({ dims: [2], dataType: 1, rawData: other }, none).data.buffer).not.toBe(other.buffer);
  });

  it.each([
    [0, FormatError, 'elements of type 0, which ONNX does not have'],
    [undefined, FormatError, 'elements of type undefined, which'],
    [8, UnsupportedError, 'type text'],
    [14, UnsupportedError, 'type complex64'],
    [21, UnsupportedError, 'type uint4'],
    [22, UnsupportedError, 'type int4'],
    [29, FormatError, 'elements of type 29'],
  ])('of type %s is refused', (dataType, kind, message) => {
    const reading = () => read({ ...(dataType !== undefined && { dataType }), rawData: new Uint8Array(2) });
    expect(reading).toThrow(kind);
    expect(reading).toThrow(message);
  });

  it('has a shape that a tensor can have, or none', () => {
    const of =
      (...dims: number[]) =>
      () =>
        read({ dims, dataType: 1, floatData: [] });
    expect(of(2, 0, 3)()).toEqual(['float32', [2, 0, 3], []]);
    // The largest is refused for its values only.
    expect(of(2 ** 31 - 1)).toThrow(`needs ${2 ** 31 - 1} values`);
    for (const dims of [[2 ** 31], [-1], [1.5], [2 ** 16, 2 ** 15], new Array(65).fill(1)])
      expect(of(...dims)).toThrow('which no tensor can have');
    expect(of(...new Array(64).fill(1))).toThrow('needs 1 value');
    expect(() => read({ dataType: 1, segment: {} })).toThrow(/stored in segments/);
  });
});

describe('values in another file', () => {
  const file = bytes(Float32Array.of(9, 1, 2));
  const files = new Map([['w.bin', file]]);
  const from = (entries: Record<string, number | string>, dims = [2]) => {
    const externalData = Object.entries({ location: 'w.bin', ...entries }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    return () => read({ dims, dataType: 1, dataLocation: 1, externalData }, files)[2];
  };

  it('lie where it is said, to the end if no length is said', () => {
    expect(from({ offset: 4, length: 8 })()).toEqual([1, 2]);
    expect(from({ offset: 4 })()).toEqual([1, 2]);
    expect(from({}, [3])()).toEqual([9, 1, 2]);
    expect(from({ length: 4 }, [1])()).toEqual([9]);
  });

  it('may be none', () => {
    expect(from({ offset: 4, length: 0 }, [0])()).toEqual([]);
    expect(from({ offset: 12, length: 0 }, [0])()).toEqual([]);
  });

  it.each([
    { offset: -4 },
    { offset: 8, length: 8 },
    { offset: 4, length: -1 },
    { offset: 0.5 },
    { length: 'x' },
  ])('are refused outside of it: %o', (entries) => {
    expect(from(entries)).toThrow(FormatError);
    expect(from(entries)).toThrow(/of a file of 12 bytes beside the model/);
  });

  it('are refused in a file that is not there', () => {
    expect(from({ location: 'v.bin' })).toThrow(FormatError);
    expect(() => read({ dataType: 1, dataLocation: 1 }, files)).toThrow('in a file without a name');
  });
});

describe('a sparse tensor', () => {
  const values = { name: 'w', dims: [2], dataType: 6, int32Data: [5, 7] };
  const places = (dims: number[], ...int64Data: number[]) => ({ dims, dataType: 7, int64Data });

  it('has zeros elsewhere, whichever way places are counted', () => {
    const dense = (indices: TensorProto, dims = [2, 3]) => {
      const { dtype, shape, data } = readSparse({ values, indices, dims }, none);
      return [dtype, [...shape], [...data]];
    };
    expect(dense(places([2], 0, 5))).toEqual(['int32', [2, 3], [5, 0, 0, 0, 0, 7]]);
    expect(dense(places([2, 2], 0, 2, 1, 0))).toEqual(['int32', [2, 3], [0, 0, 5, 7, 0, 0]]);
    for (const [wrong, cell] of [
      [places([2], 0, 6), '6'],
      [places([2], -1, 0), '-1'],
      [places([2, 2], 0, 0, 0, 3), '0,3'],
    ] as const)
      expect(() => dense(wrong)).toThrow(`of shape [2,3] has a value at [${cell}]`);
    expect(() => dense(places([3], 0, 1, 2))).toThrow('has 2 values and 3 numbers for their places');
  });

  it('of floats is a tensor', () => {
    const floats = { dims: [1], dataType: 1, floatData: [0.5] };
    const read = readSparse({ values: floats, indices: places([1], 1), dims: [2] }, none);
    expect(read).toBeInstanceOf(Tensor);
    expect([...read.data]).toEqual([0, 0.5]);
  });

  it('lacks neither values nor places', () => {
    expect(() => readSparse({ values, dims: [2] }, none)).toThrow('has no values or no indices');
    expect(() => readSparse({ indices: places([1], 0), dims: [2] }, none)).toThrow(FormatError);
  });
});
