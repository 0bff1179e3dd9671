// safetensors: a JSON header of names, types, shapes and offsets, then the values. Reads and writes whole
// files. Every malformed file is refused before memory is made for it. Not here: sharded index files, lazy
// access. Format: https://github.com/huggingface/safetensors#format

import { FormatError, NeocogError, Tensor } from 'neocog';
import { counted } from 'neocog/arguments';
import type { Budget } from './budget.ts';
import { repeatedKey } from './json-keys.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { checkMetadata, isTextRecord, needTensors } from './options.ts';
import { isSizes, product } from './shape.ts';
import { plainly, shown, shownList } from './shown.ts';
import type { Source } from './source.ts';
import { storedTypes } from './stored-types.ts';

/** Tensors by name. */
export type TensorDict = Record<string, Tensor>;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
  /** Where the values begin in the file. */
  readonly start: number;
}

/** The format's own limit on its header, in bytes. */
const headerLimit = 100_000_000;
/** As NumPy has it. */
const mostAxes = 64;

/**
 * Loads the tensors of a safetensors file.
 *
 * float32 and int32 come as they are, float16, bfloat16 and float64 as float32, other whole numbers as int32.
 *
 * @throws FormatError if the bytes are no safetensors file, or a tensor has a type or a value that neocog
 * does not hold.
 * @throws NeocogError if `source` cannot be read.
 * @example net.loadStateDict(await loadSafetensors('weights.safetensors'));
 */
export async function loadSafetensors(source: Source, options: ReadOptions = {}): Promise<TensorDict> {
  return readSafetensors(await opening('loadSafetensors', options).source(source)).tensors;
}

/** Parses the bytes of a safetensors file as `loadSafetensors` does; `source` names the file in errors. */
export function parseSafetensors(
  bytes: Uint8Array,
  source = 'the file',
  options: ReadOptions = {},
): TensorDict {
  return readSafetensors(opening('parseSafetensors', options).bytes(bytes, source)).tensors;
}

/**
 * The texts that a safetensors file carries beside its tensors (`__metadata__`); empty where there are none.
 */
export function safetensorsMetadata(
  bytes: Uint8Array,
  source = 'the file',
  options: ReadOptions = {},
): Record<string, string> {
  return readHeader(opening('safetensorsMetadata', options).bytes(bytes, source)).metadata;
}

/**
 * The bytes of a safetensors file with these tensors, as F32 and I32.
 *
 * The same tensors and metadata give the same bytes: names are sorted, the header is padded to 8 bytes.
 *
 * @throws NeocogError if a name is one that the format keeps for itself.
 * @example await writeFile('weights.safetensors', saveSafetensors(net.stateDict(), { epochs: '3' }));
 */
export function saveSafetensors(tensors: TensorDict, metadata: Record<string, string> = {}): Uint8Array {
  needTensors('saveSafetensors', tensors);
  const names = Object.keys(tensors).sort();
  checkNames(names);
  checkMetadata('saveSafetensors', metadata);
  const header = writeHeader(tensors, names, metadata);
  const size = names.reduce((sum, name) => sum + tensors[name].data.byteLength, 0);
  const bytes = new Uint8Array(8 + header.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let offset = 8 + header.length;
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = tensors[name].data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes;
}

function writeHeader(tensors: TensorDict, names: string[], metadata: Record<string, string>): Uint8Array {
  const fields: [string, unknown][] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (texts.length > 0) fields.push(['__metadata__', Object.fromEntries(texts)]);
  let offset = 0;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name];
    const end = offset + data.byteLength;
    fields.push([name, { dtype: dtype === 'int32' ? 'I32' : 'F32', shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Written field by field: an object would put names that look like numbers first.
  const json = `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${JSON.stringify(field)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function checkNames(names: readonly string[]): void {
  const reserved = names.find((name) => name === '__metadata__' || name === '__proto__');
  if (reserved === undefined) return;
  throw new NeocogError(`saveSafetensors: a tensor cannot be named ${reserved} in this format; rename it`);
}

/** What a file whose bytes are at hand holds. */
export function readSafetensors(opened: Opened): { tensors: TensorDict; metadata: Header['metadata'] } {
  const { bytes, budget } = opened;
  const { entries, metadata, start } = readHeader(opened);
  const tensors: TensorDict = {};
  for (const { name, dtype, shape, begin, end } of entries) {
    const type = storedTypes.get(dtype)!; // readEntry has looked it up
    budget.value((end - begin) / type.bytes, 4 + type.bytes, shown(name));
    // A copy: values in the file may lie at any address, typed arrays only at multiples of their width.
    const values = type.read(new Uint8Array(bytes.subarray(start + begin, start + end)).buffer);
    if (values === null) {
      throw new FormatError(
        `${budget.about}: tensor ${shown(name)} has ${dtype} values beyond the range of ${type.becomes}, in which neocog ` +
          'reads them; save it in a smaller type',
      );
    }
    tensors[name] = new Tensor(values, Object.freeze([...shape]));
  }
  return { tensors, metadata };
}

function readHeader({ bytes, budget }: Opened): Header {
  const fail = (problem: string): never => {
    throw new FormatError(`${budget.about} cannot be read as safetensors: ${problem}`);
  };
  if (bytes.byteLength < 8)
    return fail(`it has ${counted(bytes.byteLength, 'byte')}, but the length of its header alone takes 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(bytes.byteLength - 8) || length > BigInt(headerLimit)) {
    return fail(
      `its header claims ${length} bytes, but ${bytes.byteLength - 8} follow; is it another format?`,
    );
  }
  const start = 8 + Number(length);
  const { __metadata__: metadata = {}, ...fields } = parseJson(bytes.subarray(8, start), budget, fail);
  if (!isTextRecord(metadata)) return fail('its __metadata__ is not an object of strings');
  const entries = Object.entries(fields).map(([name, field]) => readEntry(name, field, fail));
  checkCoverage(entries, bytes.byteLength - start, fail);
  return { entries, metadata, start };
}

type Fail = (problem: string) => never;

function parseJson(bytes: Uint8Array, budget: Budget, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) return fail('its header does not begin with {');
  // An entry of a few bytes becomes an object, a list of sizes and a range.
  budget.bytes(32 * bytes.length, 'its header');
  let json: Record<string, unknown>;
  let repeated: string | null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    repeated = repeatedKey(text, budget);
    json = JSON.parse(text); // an object, as it begins with {
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    return fail('its header is not valid JSON in UTF-8');
  }
  if (repeated !== null) return fail(`its header has ${shown(repeated)} twice`);
  if (Object.hasOwn(json, '__proto__')) return fail('a tensor in it is named __proto__');
  return json;
}

function readEntry(name: string, field: unknown, fail: Fail): Entry {
  const about = `tensor ${shown(name)}`;
  const { dtype, shape, data_offsets: range } = (field ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') return fail(`${about} has no dtype`);
  if (!isSizes(shape) || shape.length > mostAxes)
    return fail(`${about} has shape ${shown(shape)} instead of whole numbers from 0`);
  if (!isSizes(range) || range.length !== 2 || range[0] > range[1]) {
    return fail(`${about} has data_offsets ${shown(range)} instead of a begin and an end not before it`);
  }
  const type = storedTypes.get(dtype);
  if (type === undefined) {
    return fail(
      `${about} has dtype ${plainly(dtype)}, but neocog reads ${[...storedTypes.keys()].join(', ')}; convert it`,
    );
  }
  const needed = type.bytes * product(shape);
  if (range[1] - range[0] !== needed) {
    return fail(
      `${about} of shape ${shownList(shape)} and dtype ${dtype} takes ${counted(needed, 'byte')}, but its data_offsets span ${range[1] - range[0]}`,
    );
  }
  return { name, dtype, shape, begin: range[0], end: range[1] };
}

/** The values must lie one after the other, without holes or overlaps, and fill the file. */
function checkCoverage(entries: readonly Entry[], size: number, fail: Fail): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      fail(`tensor ${shown(name)} begins at byte ${begin}, but the one before it ends at ${at}`);
    at = end;
  }
  if (at !== size)
    fail(`its tensors take ${counted(at, 'byte')}, but ${size} follow the header; fetch or save it again`);
}
