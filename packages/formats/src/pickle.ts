// Reads Python pickles without executing anything: the operations of the format, carried out by the machine of
// pickle-machine.ts. Classes and functions are those of a given table; others stand for themselves. Not here: the textual
// operations of protocol 0, buffers outside the pickle, extension registries. Source: the comments of CPython's
// Lib/pickletools.py, protocols 2 to 5.

import {
  dictBytes,
  latin1,
  listBytes,
  Machine,
  type PickleGlobal,
  type PickleOptions,
  pairBytes,
  placeBytes,
  UnknownObject,
} from './pickle-machine.ts';

export interface Pickled {
  /** Lists and tuples come as arrays, dicts as Map, sets as Set, whole numbers beyond 2⁵³ as bigint. */
  readonly value: unknown;
  /** The position after the pickle. */
  readonly end: number;
}

/** Reads the pickle that begins at `start`. */
export function unpickle(bytes: Uint8Array, options: PickleOptions, start = 0): Pickled {
  const machine = new Machine(bytes, options, start);
  for (;;) {
    const code = machine.take(1)[0];
    if (code === stop) return { value: machine.pop(), end: machine.at };
    const operation = operations.get(code);
    if (operation === undefined) {
      return options.fail(`it has the pickle operation 0x${code.toString(16)}, which neocog does not read`);
    }
    operation(machine);
  }
}

const stop = 0x2e;

/** Steps for each thing that a call is given. */
const stepsPerArgument = 32;

/** Enough for any number that a file of weights holds; longer ones only cost time. */
const longestNumber = 255;

type Operation = (machine: Machine) => void;

function utf8(machine: Machine, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return machine.fail('a string in its pickle is not UTF-8');
  }
}

/** A two's complement number, lowest byte first. */
function long(machine: Machine, length: number): number | bigint {
  if (length > longestNumber) machine.fail(`its pickle has a number of ${length} bytes`);
  const digits = machine
    .take(length)
    .reduceRight((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
  const value = BigInt.asIntN(8 * length, BigInt(`0x0${digits}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function double(machine: Machine): number {
  const bytes = machine.take(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
}

function findGlobal(machine: Machine, module: string, name: string): void {
  const path = `${module}.${name}`;
  machine.push(machine.options.globals.get(path) ?? new UnknownObject(path));
}

function call(machine: Machine, args: unknown): void {
  const callee = machine.pop() as PickleGlobal | null | undefined;
  if (typeof callee?.call !== 'function' || !Array.isArray(args)) {
    return machine.fail('its pickle calls a value that is not a function');
  }
  // The same large argument may be recalled for each of many calls.
  const size = args.reduce((sum, arg) => sum + sizeOf(arg), args.length);
  machine.options.budget.work(stepsPerArgument * size, 'its pickle');
  if (!(callee instanceof UnknownObject)) machine.takes(pairBytes * size);
  machine.push(callee.call(args, (problem) => machine.fail(problem)));
}

const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : value instanceof Map || value instanceof Set ? value.size : 0;

function append(machine: Machine, items: readonly unknown[]): void {
  const list = machine.top();
  if (list instanceof UnknownObject) return;
  machine.takes(placeBytes * items.length);
  if (!Array.isArray(list)) return machine.fail('its pickle appends to a value that is not a list');
  for (const item of items) list.push(item);
}

/** Items are key, value, key, value … */
function setItems(machine: Machine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (dict instanceof UnknownObject) return;
  machine.takes(pairBytes * items.length);
  if (!(dict instanceof Map) || items.length % 2)
    return machine.fail('its pickle sets items of a value that is not a dict');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

function addItems(machine: Machine, items: readonly unknown[]): void {
  const set = machine.top();
  if (set instanceof UnknownObject) return;
  machine.takes(pairBytes * items.length);
  if (!(set instanceof Set)) return machine.fail('its pickle adds to a value that is not a set');
  for (const item of items) set.add(item);
}

const tuple =
  (size: number): Operation =>
  (machine) => {
    const items = Array.from({ length: size }, () => machine.pop());
    machine.takes(listBytes);
    machine.push(items.reverse());
  };

const pushValue =
  (read: (machine: Machine) => unknown): Operation =>
  (machine) =>
    machine.push(read(machine));

/** A value that holds others, and takes so much itself. */
const pushHolder =
  (bytes: number, read: (machine: Machine) => unknown): Operation =>
  (machine) => {
    machine.takes(bytes);
    machine.push(read(machine));
  };

/** By code, each with the name that pickletools gives it. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, (m) => void m.take(1)], // PROTO
  [0x95, (m) => void m.take(8)], // FRAME: a hint for buffering
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popItems()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x4e, pushValue(() => null)], // NONE
  [0x88, pushValue(() => true)], // NEWTRUE
  [0x89, pushValue(() => false)], // NEWFALSE
  [0x4a, pushValue((m) => m.count(4) | 0)], // BININT
  [0x4b, pushValue((m) => m.count(1))], // BININT1
  [0x4d, pushValue((m) => m.count(2))], // BININT2
  [0x8a, pushValue((m) => long(m, m.count(1)))], // LONG1
  [0x8b, pushValue((m) => long(m, m.count(4)))], // LONG4
  [0x47, pushValue(double)], // BINFLOAT
  [0x55, pushValue((m) => latin1(m.take(m.count(1))))], // SHORT_BINSTRING
  [0x54, pushValue((m) => latin1(m.take(m.count(4))))], // BINSTRING
  [0x8c, pushValue((m) => utf8(m, m.take(m.count(1))))], // SHORT_BINUNICODE
  [0x58, pushValue((m) => utf8(m, m.take(m.count(4))))], // BINUNICODE
  [0x8d, pushValue((m) => utf8(m, m.take(m.count(8))))], // BINUNICODE8
  [0x43, pushValue((m) => m.take(m.count(1)))], // SHORT_BINBYTES
  [0x42, pushValue((m) => m.take(m.count(4)))], // BINBYTES
  [0x8e, pushValue((m) => m.take(m.count(8)))], // BINBYTES8
  [0x96, pushValue((m) => m.take(m.count(8)))], // BYTEARRAY8
  [0x29, pushHolder(listBytes, () => [])], // EMPTY_TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x74, pushHolder(listBytes, (m) => m.popItems())], // TUPLE
  [0x5d, pushHolder(listBytes, () => [])], // EMPTY_LIST
  [0x6c, pushHolder(listBytes, (m) => m.popItems())], // LIST
  [0x61, (m) => append(m, [m.pop()])], // APPEND
  [0x65, (m) => append(m, m.popItems())], // APPENDS
  [0x7d, pushHolder(dictBytes, () => new Map())], // EMPTY_DICT
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => setItems(m, m.popItems())], // SETITEMS
  [0x8f, pushHolder(dictBytes, () => new Set())], // EMPTY_SET
  [0x90, (m) => addItems(m, m.popItems())], // ADDITEMS
  [0x91, pushHolder(dictBytes, (m) => new Set(m.popItems()))], // FROZENSET
  [0x68, (m) => m.recall(m.count(1))], // BINGET
  [0x6a, (m) => m.recall(m.count(4))], // LONG_BINGET
  [0x71, (m) => m.remember(m.count(1))], // BINPUT
  [0x72, (m) => m.remember(m.count(4))], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  [0x63, (m) => findGlobal(m, m.line(), m.line())], // GLOBAL
  [0x93, (m) => stackGlobal(m)], // STACK_GLOBAL
  [0x52, (m) => call(m, m.pop())], // REDUCE
  [0x81, (m) => call(m, m.pop())], // NEWOBJ
  [0x92, (m) => callWithNames(m)], // NEWOBJ_EX
  [0x62, (m) => void m.pop()], // BUILD: attributes, which none of the values here has
  [0x51, (m) => persistentId(m)], // BINPERSID
]);

/** Only what is unknown here takes arguments by name. */
function callWithNames(machine: Machine): void {
  machine.pop();
  call(machine, machine.pop());
}

function stackGlobal(machine: Machine): void {
  const name = machine.popText();
  findGlobal(machine, machine.popText(), name);
}

function persistentId(machine: Machine): void {
  const { persistent } = machine.options;
  if (persistent === undefined) return machine.fail('its pickle refers to something outside it');
  machine.push(persistent(machine.pop()));
}
