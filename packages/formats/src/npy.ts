// NumPy's .npy: a header in the syntax of a Python dict, then the values. The header is parsed as the three entries that it
// must have, never evaluated. Source: numpy/lib/format.py, versions 1.0 to 3.0.

import { FormatError, Tensor } from 'neocog';
import { counted } from 'neocog/arguments';
import { startsWith } from './bytes.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { needTensors } from './options.ts';
import { product, stridesOf } from './shape.ts';
import { shown, shownList } from './shown.ts';
import type { Source } from './source.ts';
import { storedTypes } from './stored-types.ts';
import { gather, swapBytes } from './strided.ts';

type Fail = (problem: string) => never;

interface Header {
  /** NumPy's text, such as `<f4`. */
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the values begin in the file. */
  readonly start: number;
}

/**
 * Loads the array of a `.npy` file.
 *
 * Types become float32 and int32 as `loadSafetensors` says; both byte orders and both orders of axes are read.
 *
 * @throws FormatError if the bytes are no such file, or the array has a type or a value that neocog does not hold.
 * @throws NeocogError if `source` cannot be read.
 * @example const x = await loadNpy('x.npy');
 */
export async function loadNpy(source: Source, options: ReadOptions = {}): Promise<Tensor> {
  return readNpy(await opening('loadNpy', options).source(source));
}

/** Parses the bytes of a `.npy` file as `loadNpy` does; `source` names the file in errors. */
export function parseNpy(bytes: Uint8Array, source = 'the file', options: ReadOptions = {}): Tensor {
  return readNpy(opening('parseNpy', options).bytes(bytes, source));
}

/**
 * The bytes of a `.npy` file with this tensor, as float32 or int32.
 *
 * @example await writeFile('x.npy', saveNpy(x)); // numpy.load('x.npy')
 */
export function saveNpy(tensor: Tensor): Uint8Array {
  needTensors('saveNpy', { tensor });
  const { data, dtype, shape } = tensor;
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const fields = `'descr': '${dtype === 'int32' ? '<i4' : '<f4'}', 'fortran_order': False, 'shape': (${sizes}), `;
  // Spaces and a line's end bring the values to a multiple of 64.
  const length = Math.ceil((10 + fields.length + 3) / 64) * 64 - 10;
  const header = new TextEncoder().encode(`${`{${fields}}`.padEnd(length - 1)}\n`);
  const bytes = new Uint8Array(10 + length + data.byteLength);
  bytes.set([...magic, 1, 0, length & 255, length >> 8]);
  bytes.set(header, 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return bytes;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Whether the bytes begin as a .npy file does. */
export const isNpy = (bytes: Uint8Array): boolean => startsWith(bytes, magic);

/** NumPy's kind and width to the names of stored-types. */
const types: Readonly<Record<string, string>> = {
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  b1: 'BOOL',
};

/** `part` names the array in a file that holds several. */
export function readNpy({ bytes, budget }: Pick<Opened, 'bytes' | 'budget'>, part = ''): Tensor {
  const fail: Fail = (problem) => {
    throw new FormatError(`${budget.about}${part} cannot be read as an array of NumPy: ${problem}`);
  };
  const { descr, shape, fortran, start } = readHeader(bytes, fail);
  const name = /^[<>|=]/.test(descr) ? types[descr.slice(1)] : undefined;
  if (name === undefined || !Object.hasOwn(types, descr.slice(1))) {
    return fail(`it has dtype ${shown(descr)}, but neocog reads numbers and bool; convert it`);
  }
  const type = storedTypes.get(name)!; // all of `types` are there
  const needed = product(shape) * type.bytes;
  if (bytes.length - start !== needed) {
    return fail(
      `its shape ${shownList(shape)} and dtype ${descr} take ${counted(needed, 'byte')}, but ${bytes.length - start} follow the header`,
    );
  }
  budget.value(product(shape), 4 + type.bytes, 'the array');
  const view = { offset: 0, shape, strides: stridesOf(shape, fortran) };
  const buffer = gather(bytes.subarray(start), type.bytes, view);
  const values = type.read(descr[0] === '>' ? swapBytes(buffer, type.bytes) : buffer);
  if (values === null) {
    return fail(`it has ${descr} values beyond the range of ${type.becomes}, in which neocog reads them`);
  }
  return new Tensor(values, Object.freeze([...shape]));
}

function readHeader(bytes: Uint8Array, fail: Fail): Header {
  if (!isNpy(bytes)) return fail('it does not begin with \\x93NUMPY');
  if (bytes.length < 12) return fail('it is truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) return fail(`it is of version ${version}, but neocog reads 1 to 3`);
  const from = version === 1 ? 10 : 12;
  const start = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length || start - from > longestHeader)
    return fail('its header is truncated, or longer than 64 KiB');
  const text = new TextDecoder().decode(bytes.subarray(from, start));
  return { ...parseHeader(text, fail), start };
}

const longestHeader = 65_535;

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, in any order of the three. */
function parseHeader(text: string, fail: Fail): Omit<Header, 'start'> {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1] ?? fail('its header is not a dict');
  const entry =
    /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\sL,]*)\))\s*(?:,|$)/y;
  const fields = new Map<string, { descr?: string; order?: string; sizes?: string }>();
  while (entry.lastIndex < body.trimEnd().length) {
    const match = entry.exec(body);
    if (match === null || fields.has(match[1])) return fail("its header does not have NumPy's form");
    fields.set(match[1], { descr: match[2], order: match[3], sizes: match[4] });
  }
  const descr = fields.get('descr')?.descr;
  const order = fields.get('fortran_order')?.order;
  const sizes = fields.get('shape')?.sizes;
  if (descr === undefined || order === undefined || sizes === undefined) {
    return fail('its header needs a simple descr, fortran_order and shape');
  }
  return { descr, fortran: order === 'True', shape: parseShape(sizes, fail) };
}

/** `2, 3`, `3,` or nothing; Python 2 wrote an L after long numbers. */
function parseShape(text: string, fail: Fail): number[] {
  const sizes = text.trim() === '' ? [] : text.trim().replace(/,$/, '').split(',');
  const shape = sizes.map((size) => (/^\s*\d+L?\s*$/.test(size) ? Number.parseInt(size, 10) : Number.NaN));
  if (shape.length > 64 || !shape.every(Number.isSafeInteger))
    return fail(`its shape (${text.slice(0, 40)}) is not a list of sizes`);
  return shape;
}
