// Zip archives, read whole and in bounded time and memory, and written without compression. Sizes are those of the
// central directory, checked against the bytes before memory is made for them. Not here: encryption, archives in several
// parts, methods other than stored and deflate. Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.

import { Inflate, zipSync } from 'fflate';
import { FormatError } from 'neocog';
import type { Budget } from './budget.ts';
import { shown } from './shown.ts';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly header: number;
}

type Fail = (problem: string) => never;

/** Where the central directory lies, and how many entries it has. */
interface Directory {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
};
const stored = 0;
const deflated = 8;

/** Deflate repeats at most 258 bytes with 2 bits. */
const largestRatio = 1032;

/** What an entry takes beside its bytes, roughly. */
const entryBytes = 512;

/** Whether the bytes begin as a zip archive does. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/**
 * The files of a zip archive by name, in its order; folders are left out. Files that are stored are views of `bytes`.
 *
 * @throws FormatError for an archive that is damaged, unpacks to more than the budget allows, has a name twice, or names
 * that lead outside a folder.
 * @example unzip(bytes, new Budget('loadKeras: model.keras', bytes.length)).get('config.json');
 */
export function unzip(bytes: Uint8Array, budget: Budget): Map<string, Uint8Array> {
  const fail = failing(budget.about);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view, fail);
  const entries = readDirectory(view, directory, fail);
  checkEntries(entries, budget, fail);
  const places = placeEntries(view, entries, directory.start, fail);
  const files = entries.map((entry, i): [string, Uint8Array] => [
    entry.name,
    unpack(entry, bytes.subarray(places[i], places[i] + entry.packed), fail),
  ]);
  return new Map(files.filter(([name]) => !name.endsWith('/')));
}

/** The names in a zip archive, read from its list alone. @throws FormatError where that is damaged. */
export function zipNames(about: string, bytes: Uint8Array): string[] {
  const fail = failing(about);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readDirectory(view, findDirectory(view, fail), fail).map(({ name }) => name);
}

const failing =
  (about: string): Fail =>
  (problem) => {
    throw new FormatError(`${about} cannot be read as a zip archive: ${problem}`);
  };

/** The end record lies at the end, followed by a comment of the length that it states. */
function findDirectory(view: DataView, fail: Fail): Directory {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) !== signatures.end) continue;
    if (at + 22 + view.getUint16(at + 20, true) !== view.byteLength) continue;
    const directory = findDirectory64(view, at, fail) ?? {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    if (directory.start + directory.size > at) fail('its list of files lies beyond its end');
    return directory;
  }
  return fail('it has no list of files at its end; it is cut or of another format');
}

/** The record for large archives, which a locator before the end record leads to. */
function findDirectory64(view: DataView, end: number, fail: Fail): Directory | undefined {
  if (end < 20 || view.getUint32(end - 20, true) !== signatures.locator) return undefined;
  const at = readSize(view, end - 12, fail);
  if (at + 56 > end || view.getUint32(at, true) !== signatures.end64) {
    return fail('its locator of the list of files leads nowhere');
  }
  const [count, size, start] = [32, 40, 48].map((offset) => readSize(view, at + offset, fail));
  return { count, size, start };
}

function readSize(view: DataView, at: number, fail: Fail): number {
  const size = Number(view.getBigUint64(at, true));
  return size <= Number.MAX_SAFE_INTEGER ? size : fail(`it claims a size of ${size}`);
}

function readDirectory(view: DataView, { start, size, count }: Directory, fail: Fail): Entry[] {
  const entries: Entry[] = [];
  const end = start + size;
  let at = start;
  while (at + 46 <= end && view.getUint32(at, true) === signatures.central) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    );
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > end) fail('its list of files is cut');
    entries.push(readEntry(view, at, nameLength, extraLength, fail));
    at = next;
  }
  if (at !== end || entries.length !== count) {
    fail(`its list of files has ${entries.length} whole entries, its end promises ${count}`);
  }
  return entries;
}

function readEntry(view: DataView, at: number, nameLength: number, extraLength: number, fail: Fail): Entry {
  const name = readName(view, at + 46, nameLength, fail);
  const flags = view.getUint16(at + 8, true);
  if (flags & 0x2041) fail(`${shown(name)} in it is encrypted; pass it decrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== stored && method !== deflated) {
    fail(`${shown(name)} in it is packed by method ${method}; pack it with deflate or not at all`);
  }
  const short = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
  const extra = { start: at + 46 + nameLength, end: at + 46 + nameLength + extraLength };
  const [size, packed, header] = widenSizes(view, short, extra, fail);
  return { name, method, crc: view.getUint32(at + 16, true), size, packed, header };
}

/** Sizes of all ones stand for 64-bit sizes in the extra field 1, in the same order. */
function widenSizes(
  view: DataView,
  short: readonly number[],
  extra: { start: number; end: number },
  fail: Fail,
): number[] {
  if (!short.includes(0xffffffff)) return [...short];
  let at = extra.start;
  while (at + 4 <= extra.end && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  at += 4;
  return short.map((size) => {
    if (size !== 0xffffffff) return size;
    if (at + 8 > extra.end) fail('it misses a size that its list of files promises');
    at += 8;
    return readSize(view, at - 8, fail);
  });
}

function readName(view: DataView, at: number, length: number, fail: Fail): string {
  if (at + length > view.byteLength) fail('a name in it is cut');
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
  const outside = /^([/\\]|[a-z]:)|\\|\0|(^|\/)\.\.(\/|$)/i.test(name);
  if (name === '' || outside) fail(`${shown(name)} in it is not a path within a folder`);
  return name;
}

function checkEntries(entries: readonly Entry[], budget: Budget, fail: Fail): void {
  const names = new Set<string>();
  for (const { name, method, packed, size } of entries) {
    if (names.has(name)) fail(`it has ${shown(name)} twice`);
    names.add(name);
    if (method === stored ? size !== packed : size > packed * largestRatio) {
      fail(`${shown(name)} claims ${size} bytes in ${packed}`);
    }
    budget.bytes(entryBytes + (method === stored ? 0 : size), shown(name));
  }
}

/** Where the data of each entry begins; they must not overlap. */
function placeEntries(view: DataView, entries: readonly Entry[], end: number, fail: Fail): number[] {
  const places = entries.map((entry) => dataStart(view, entry, end, fail));
  const order = entries.map((_, i) => i).sort((a, b) => entries[a].header - entries[b].header);
  for (const [rank, i] of order.entries()) {
    const limit = rank + 1 < order.length ? entries[order[rank + 1]].header : end;
    if (places[i] + entries[i].packed > limit) {
      fail(`${shown(entries[i].name)} reaches into what follows it; the archive is cut or made to mislead`);
    }
  }
  return places;
}

function dataStart(view: DataView, { name, header }: Entry, end: number, fail: Fail): number {
  if (header + 30 > end || view.getUint32(header, true) !== signatures.local) {
    fail(`${shown(name)} is not where its list of files says`);
  }
  const [nameLength, extraLength] = [26, 28].map((offset) => view.getUint16(header + offset, true));
  if (readName(view, header + 30, nameLength, fail) !== name) fail(`${shown(name)} has another name inside`);
  return header + 30 + nameLength + extraLength;
}

function unpack({ name, method, size, crc }: Entry, packed: Uint8Array, fail: Fail): Uint8Array {
  const data = method === stored ? packed : inflate(packed, size);
  if (data?.length !== size || crc32(data) !== crc) {
    return fail(`${shown(name)} is damaged; fetch or save it again`);
  }
  return data;
}

/** A piece of packed data unpacks to no more than 17 MB, so that data longer than `size` is noticed early. */
const piece = 2 ** 14;

/** Unpacks to exactly `size` bytes; null if the data does not. */
function inflate(packed: Uint8Array, size: number): Uint8Array | null {
  const data = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((part) => {
    if (length + part.length > size) throw new RangeError('longer than promised');
    data.set(part, length);
    length += part.length;
  });
  try {
    pushPieces(stream, packed);
  } catch {
    return null; // fflate throws its own errors for damaged data
  }
  return length === size ? data : null;
}

/** Hands packed data over by pieces, each of which unpacks to little. */
export function pushPieces(
  stream: { push(part: Uint8Array, last: boolean): void },
  packed: Uint8Array,
): void {
  for (let at = 0; at < packed.length; at += piece) {
    stream.push(packed.subarray(at, at + piece), at + piece >= packed.length);
  }
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The bytes of an archive with these files, stored as they are. The same files give the same bytes. */
export function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}
