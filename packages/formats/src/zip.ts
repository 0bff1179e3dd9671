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

/** The bytes of an archive, and the error of one that is damaged. */
interface Archive {
  readonly view: DataView;
  readonly fail: (problem: string) => never;
}

/** Bytes of the archive from one place to another. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

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
  const archive = archiveOf(budget.about, bytes);
  const directory = findDirectory(archive);
  const entries = readDirectory(archive, directory);
  checkEntries(archive, entries, budget);
  const places = placeEntries(archive, entries, directory.start);
  const files = entries.map((entry, i): [string, Uint8Array] => [
    entry.name,
    unpack(archive, entry, bytes.subarray(places[i], places[i] + entry.packed)),
  ]);
  return new Map(files.filter(([name]) => !name.endsWith('/')));
}

/** The names in a zip archive, read from its list alone. @throws FormatError where that is damaged. */
export function zipNames(about: string, bytes: Uint8Array): string[] {
  const archive = archiveOf(about, bytes);
  return readDirectory(archive, findDirectory(archive)).map(({ name }) => name);
}

const archiveOf = (about: string, bytes: Uint8Array): Archive => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fail: (problem) => {
    throw new FormatError(`${about} cannot be read as a zip archive: ${problem}`);
  },
});

/** The end record lies at the end, followed by a comment of the length that it states. */
function findDirectory(archive: Archive): Directory {
  const { view, fail } = archive;
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) !== signatures.end) continue;
    if (at + 22 + view.getUint16(at + 20, true) !== view.byteLength) continue;
    const directory = findDirectory64(archive, at) ?? {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    if (directory.start + directory.size > at) fail('its list of files lies beyond its end');
    return directory;
  }
  return fail('it has no list of files at its end; it is truncated, or of another format');
}

/** The record for large archives, which a locator before the end record leads to. */
function findDirectory64(archive: Archive, end: number): Directory | undefined {
  const { view, fail } = archive;
  if (end < 20 || view.getUint32(end - 20, true) !== signatures.locator) return undefined;
  const at = readSize(archive, end - 12);
  if (at + 56 > end || view.getUint32(at, true) !== signatures.end64) {
    return fail('its locator of the list of files leads nowhere');
  }
  const [count, size, start] = [32, 40, 48].map((offset) => readSize(archive, at + offset));
  return { count, size, start };
}

function readSize({ view, fail }: Archive, at: number): number {
  const size = Number(view.getBigUint64(at, true));
  return size <= Number.MAX_SAFE_INTEGER ? size : fail(`it claims a size of ${size}`);
}

function readDirectory(archive: Archive, { start, size, count }: Directory): Entry[] {
  const { view, fail } = archive;
  const entries: Entry[] = [];
  const end = start + size;
  let at = start;
  while (at + 46 <= end && view.getUint32(at, true) === signatures.central) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    );
    const extra = { start: at + 46 + nameLength, end: at + 46 + nameLength + extraLength };
    if (extra.end + commentLength > end) fail('its list of files is truncated');
    entries.push(readEntry(archive, at, extra));
    at = extra.end + commentLength;
  }
  if (at !== end || entries.length !== count) {
    fail(`its list of files has ${entries.length} whole entries, but its end promises ${count}`);
  }
  return entries;
}

/** The entry at a place of the central directory. Its name reaches to its extra fields. */
function readEntry(archive: Archive, at: number, extra: Stretch): Entry {
  const { view, fail } = archive;
  const name = readName(archive, { start: at + 46, end: extra.start });
  const flags = view.getUint16(at + 8, true);
  if (flags & 0x2041) fail(`${shown(name)} in it is encrypted; pass it decrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== stored && method !== deflated) {
    fail(`${shown(name)} in it is packed by method ${method}; pack it with deflate or not at all`);
  }
  const short = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
  const [size, packed, header] = widenSizes(archive, short, extra);
  return { name, method, crc: view.getUint32(at + 16, true), size, packed, header };
}

/** Sizes of all ones stand for 64-bit sizes in the extra field 1, in the same order. */
function widenSizes(archive: Archive, short: readonly number[], extra: Stretch): number[] {
  if (!short.includes(0xffffffff)) return [...short];
  const { view, fail } = archive;
  let at = extra.start;
  while (at + 4 <= extra.end && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  at += 4;
  return short.map((size) => {
    if (size !== 0xffffffff) return size;
    if (at + 8 > extra.end) fail('a size that its list of files promises is missing');
    at += 8;
    return readSize(archive, at - 8);
  });
}

function readName({ view, fail }: Archive, { start, end }: Stretch): string {
  if (end > view.byteLength) fail('a name in it is truncated');
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
  const outside = /^([/\\]|[a-z]:)|\\|\0|(^|\/)\.\.(\/|$)/i.test(name);
  if (name === '' || outside) fail(`${shown(name)} in it is not a path within a folder`);
  return name;
}

function checkEntries({ fail }: Archive, entries: readonly Entry[], budget: Budget): void {
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
function placeEntries(archive: Archive, entries: readonly Entry[], end: number): number[] {
  const places = entries.map((entry) => dataStart(archive, entry, end));
  const order = entries.map((_, i) => i).sort((a, b) => entries[a].header - entries[b].header);
  for (const [rank, i] of order.entries()) {
    const limit = rank + 1 < order.length ? entries[order[rank + 1]].header : end;
    if (places[i] + entries[i].packed > limit) {
      const name = shown(entries[i].name);
      archive.fail(`${name} reaches into what follows it; the archive is truncated, or made to mislead`);
    }
  }
  return places;
}

function dataStart(archive: Archive, { name, header }: Entry, limit: number): number {
  const { view, fail } = archive;
  if (header + 30 > limit || view.getUint32(header, true) !== signatures.local) {
    fail(`${shown(name)} is not where its list of files says`);
  }
  const [nameLength, extraLength] = [26, 28].map((offset) => view.getUint16(header + offset, true));
  const [start, end] = [header + 30, header + 30 + nameLength];
  if (readName(archive, { start, end }) !== name) fail(`${shown(name)} has another name inside`);
  return end + extraLength;
}

function unpack({ fail }: Archive, { name, method, size, crc }: Entry, packed: Uint8Array): Uint8Array {
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
