// Protocol-buffer messages by table: which field numbers exist and how each is read and written. Lengths are checked
// before anything is made of them, nesting is bounded, bytes are views into the file. Fields that a table lacks are passed
// over, as the format demands. Encoding: https://protobuf.dev/programming-guides/encoding

import { PbfReader, PbfWriter } from 'pbf';
import { Budget } from '../budget.ts';

/** One value, or with an s all values of a repeated field. */
type Kind = 'int' | 'float' | 'double' | 'text' | 'bytes' | 'ints' | 'floats' | 'doubles' | 'texts' | 'blobs';

export type Field =
  | readonly [number: number, name: string, kind: Kind]
  /** Of numbers, so many at most: what follows is not read. */
  | readonly [number: number, name: string, kind: 'ints', most: number]
  | readonly [number: number, name: string, kind: 'message' | 'messages', type: () => MessageType];

/** Fields by number. */
export type MessageType = readonly Field[];

/** A broken message; the loader adds which file. */
export class BrokenMessage extends Error {}

type Decoded = Record<string, unknown>;

const packedKinds: ReadonlySet<string> = new Set(['ints', 'floats', 'doubles']);
const lists: ReadonlySet<string> = new Set([...packedKinds, 'texts', 'blobs', 'messages']);

/** What a message takes beside its bytes: generously, since to make one takes a microsecond. */
const messageBytes = 1024;
/** What a text or a view of bytes takes in a list, and what a number takes. */
const partBytes = 256;
const numberBytes = 16;
/** An engine keeps a longer list as a table of holes if it is made at once. */
const longestMade = 2 ** 25;

/** Stands in a message for a list that it does not have. */
const nothing: readonly unknown[] = Object.freeze([]);

const withoutLists = (type: MessageType): Decoded =>
  Object.fromEntries(type.flatMap(([, name, kind]) => (lists.has(kind) ? [[name, nothing]] : [])));

const emptyMessages = new WeakMap<MessageType, Decoded>();

/** A message without fields. */
function emptyMessage(type: MessageType): Decoded {
  const empty = emptyMessages.get(type) ?? withoutLists(type);
  emptyMessages.set(type, empty);
  return { ...empty };
}

/**
 * The fields of a message; repeated ones are always there. A caller knows the shape of what a table describes.
 *
 * @throws BrokenMessage
 */
export function decode<T>(
  type: MessageType,
  bytes: Uint8Array,
  budget = new Budget('decode', bytes.length),
): T {
  budget.bytes(messageBytes, 'a message');
  const message = emptyMessage(type);
  const reader = new PbfReader(bytes);
  const source = { reader, budget };
  while (reader.pos < bytes.length) {
    const number = nextField(reader);
    const field = type.find((candidate) => candidate[0] === number);
    if (field) readField(source, field, message);
    else skip(reader);
    if (reader.pos > bytes.length) throw new BrokenMessage('a field reaches beyond the end of its message');
  }
  return message as T;
}

/** pbf throws an error of its own for a number of more than 10 bytes. */
function varint(reader: PbfReader, signed = false): number {
  const first = reader.buf[reader.pos];
  if (first < 128) {
    reader.pos++;
    return first;
  }
  try {
    return reader.readVarint(signed);
  } catch {
    throw new BrokenMessage('a number has more than 10 bytes');
  }
}

function nextField(reader: PbfReader): number {
  const tag = varint(reader);
  reader.type = tag & 7;
  const number = Math.floor(tag / 8);
  if (number > 0) return number;
  throw new BrokenMessage('a field has the number 0');
}

function skip(reader: PbfReader): void {
  if (![0, 1, 2, 5].includes(reader.type)) throw new BrokenMessage(`a field has wire type ${reader.type}`);
  if (reader.type === 0) varint(reader);
  else if (reader.type === 2) block(reader);
  else reader.pos += reader.type === 1 ? 8 : 4;
}

/** Where fields are read from, and what they may take. */
interface Source {
  readonly reader: PbfReader;
  readonly budget: Budget;
}

function readField(source: Source, field: Field, message: Decoded): void {
  const [, name, kind] = field;
  if (!lists.has(kind)) {
    message[name] = readOne(source, field);
    return;
  }
  if (message[name] === nothing) message[name] = [];
  const list = message[name] as unknown[];
  if (packedKinds.has(kind) && source.reader.type === 2) return unpack(source, field, list);
  checkLength(field, list.length + 1);
  // A message counts itself.
  source.budget.bytes(packedKinds.has(kind) ? numberBytes : kind === 'messages' ? 0 : partBytes, 'a list');
  list.push(readOne(source, field));
}

function checkLength([, name, kind, most]: Field, length: number): void {
  if (kind !== 'ints' || most === undefined || length <= most) return;
  throw new BrokenMessage(`field ${name} has ${length} numbers or more, ${most} are possible`);
}

const wireTypes: Record<string, number> = { int: 0, ints: 0, float: 5, floats: 5, double: 1, doubles: 1 };

function readOne({ reader, budget }: Source, field: Field): unknown {
  const [, name, kind] = field;
  const wanted = wireTypes[kind] ?? 2;
  if (reader.type !== wanted) {
    throw new BrokenMessage(`field ${name} has wire type ${reader.type} instead of ${wanted}`);
  }
  if (wanted === 0) return varint(reader, true);
  if (wanted === 5) return checked(reader, 4, () => reader.readFloat());
  if (wanted === 1) return checked(reader, 8, () => reader.readDouble());
  const bytes = block(reader);
  if (field[2] === 'message' || field[2] === 'messages') {
    const type = field[3]();
    return budget.nest('a message', () => decode(type, bytes, budget));
  }
  return kind === 'text' || kind === 'texts' ? utf8.decode(bytes) : bytes;
}

const utf8 = new TextDecoder();

function checked(reader: PbfReader, size: number, read: () => number): number {
  if (reader.pos + size > reader.length) throw new BrokenMessage('a number is cut off');
  return read();
}

/** The bytes of a field with a length. */
function block(reader: PbfReader): Uint8Array {
  const length = varint(reader);
  const end = reader.pos + length;
  if (!(length >= 0 && end <= reader.length)) {
    throw new BrokenMessage(`a field claims ${length} bytes, ${reader.length - reader.pos} follow`);
  }
  const bytes = reader.buf.subarray(reader.pos, end);
  reader.pos = end;
  return bytes;
}

/** Appends packed numbers to a list. */
function unpack(source: Source, field: Field, list: unknown[]): void {
  const kind = field[2];
  const bytes = block(source.reader);
  const count = countPacked(kind, bytes);
  checkLength(field, list.length + count);
  source.budget.bytes(numberBytes * count, 'a list');
  let at = list.length;
  // Room for all at once: a list that grows is copied again and again.
  if (at + count <= longestMade) list.length += count;
  const reader = new PbfReader(bytes);
  while (reader.pos < bytes.length) {
    if (kind === 'ints') list[at++] = varint(reader, true);
    else if (kind === 'floats') list[at++] = checked(reader, 4, () => reader.readFloat());
    else list[at++] = checked(reader, 8, () => reader.readDouble());
  }
}

/** Numbers of variable length end in a byte below 128. */
function countPacked(kind: string, bytes: Uint8Array): number {
  if (kind !== 'ints') return Math.ceil(bytes.length / (kind === 'floats' ? 4 : 8));
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] < 128) count++;
  return count;
}

/** The bytes of a message; what is absent or an empty list takes none. */
export function encode(type: MessageType, message: object): Uint8Array {
  const writer = new PbfWriter();
  writeMessage(type, message as Decoded, writer);
  return writer.finish();
}

function writeMessage(type: MessageType, message: Decoded, writer: PbfWriter): void {
  for (const field of type) {
    const value = message[field[1]];
    if (value === undefined) continue;
    if (lists.has(field[2])) writeList(field, value as unknown[], writer);
    else writeOne(field, value, writer);
  }
}

function writeList(field: Field, values: readonly unknown[], writer: PbfWriter): void {
  const [number, , kind] = field;
  if (values.length === 0) return;
  if (kind === 'ints') writer.writePackedVarint(number, values as number[]);
  else if (kind === 'floats') writer.writePackedFloat(number, values as number[]);
  else if (kind === 'doubles') writer.writePackedDouble(number, values as number[]);
  else for (const value of values) writeOne(field, value, writer);
}

function writeOne(field: Field, value: unknown, writer: PbfWriter): void {
  const [number, , kind] = field;
  if (field[2] === 'message' || field[2] === 'messages') {
    const type = field[3]();
    writer.writeMessage(number, (part: Decoded, inner) => writeMessage(type, part, inner), value as Decoded);
  } else if (kind === 'int') writer.writeVarintField(number, value as number);
  else if (kind === 'float') writer.writeFloatField(number, value as number);
  else if (kind === 'double') writer.writeDoubleField(number, value as number);
  else if (kind === 'text' || kind === 'texts') writer.writeStringField(number, value as string);
  else writer.writeBytesField(number, value as Uint8Array);
}
