// Checks of what callers pass to the loaders and writers of this package, so that mistakes are told in a sentence.

import { NeocogError, ShapeError, Tensor } from 'neocog';
import { shown } from './shown.ts';

const isObject = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]';
const byName = (what: string) => [isObject, `an object of ${what} by name`] as const;

/** What options take, as far as one rule serves all readers; the others are checked where they are used. */
const kinds: Readonly<Record<string, readonly [ok: (value: unknown) => boolean, takes: string]>> = {
  shapes: byName('shapes'),
  values: byName('values'),
  customLayers: [
    (value) => isObject(value) && Object.values(value as object).every((each) => typeof each === 'function'),
    'an object of functions by name',
  ],
  outputs: [
    (value) =>
      Array.isArray(value) && value.length > 0 && Array.from(value).every((name) => typeof name === 'string'),
    'a list of names',
  ],
  within: [(value) => typeof value === 'string', 'a string'],
  config: [(value) => typeof value === 'string' || isObject(value), 'a JSON string, or its parsed value'],
};

function needKind(fn: string, name: string, value: unknown): void {
  if (value === undefined || !Object.hasOwn(kinds, name)) return;
  const [ok, takes] = kinds[name];
  if (!ok(value)) throw new ShapeError(`${fn}: ${name} is ${kindOf(value)}; give ${takes}`);
}

/** The options as they are. @throws ShapeError for what is no object, and for names that are not among `known`. */
export function readOptions<T extends object>(fn: string, options: T, known: readonly string[]): T {
  if (Object.prototype.toString.call(options) !== '[object Object]')
    throw new ShapeError(`${fn}: options is ${kindOf(options)}; give an object with ${known.join(', ')}`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) {
    for (const [name, value] of Object.entries(options)) needKind(fn, name, value);
    return options;
  }
  throw new ShapeError(`${fn}: option ${shown(unknown)} is unknown; choose from ${known.join(', ')}`);
}

/** @throws ShapeError unless it is a string. */
export function needText(fn: string, name: string, text: string): string {
  if (typeof text === 'string') return text;
  throw new ShapeError(`${fn}: ${name} is ${kindOf(text)}; give a string`);
}

/** @throws NeocogError unless these are tensors by name. */
export function needTensors(
  fn: string,
  tensors: unknown,
): asserts tensors is Readonly<Record<string, Tensor>> {
  if (
    typeof tensors !== 'object' ||
    tensors === null ||
    tensors instanceof Tensor ||
    Array.isArray(tensors)
  ) {
    throw new NeocogError(
      `${fn}: tensors is ${kindOf(tensors)}; give an object of tensors by name, such as net.stateDict()`,
    );
  }
  for (const [name, value] of Object.entries(tensors)) {
    if (!(value instanceof Tensor)) {
      throw new NeocogError(`${fn}: ${shown(name)} is ${kindOf(value)}; give a Tensor`);
    }
  }
}

/** The bytes of a typed array or a buffer. @throws NeocogError for anything else, and where the memory has gone elsewhere. */
export function needBytes(fn: string, bytes: unknown): Uint8Array {
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof ArrayBuffer)) {
    throw new NeocogError(`${fn}: bytes is ${kindOf(bytes)}; give a Uint8Array or an ArrayBuffer`);
  }
  const buffer = bytes instanceof Uint8Array ? bytes.buffer : bytes;
  try {
    // Node's Buffer as what it extends: its `slice` shares memory where that of others copies.
    return bytes instanceof Uint8Array
      ? new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(buffer);
  } catch {
    throw new NeocogError(
      `${fn}: the buffer of these bytes was transferred and is empty; pass a copy, or load it before the transfer`,
    );
  }
}

const kindOf = (value: unknown): string =>
  value instanceof Tensor
    ? 'a Tensor'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object' && value !== null
        ? 'an object'
        : shown(value);

/** An object as the text of JSON. @throws NeocogError for one that JSON cannot hold, such as one that holds itself. */
export function jsonText(fn: string, what: string, value: unknown): string {
  try {
    const text = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch {
    // Refused below.
  }
  throw new NeocogError(
    `${fn}: ${what} cannot be written as JSON; pass a result of JSON.parse, without cycles and bigint`,
  );
}

/** @throws NeocogError if it is anything but strings by name */
export function checkMetadata(fn: string, metadata: unknown): asserts metadata is Record<string, string> {
  if (!isTextRecord(metadata))
    throw new NeocogError(`${fn}: metadata is ${kindOf(metadata)}; give an object of strings by name`);
}

export function isTextRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !Object.hasOwn(value, '__proto__') && Object.values(value).every((text) => typeof text === 'string');
}
