// The configuration of one layer as Keras writes it, read with types: every number and text is checked where it is taken.

import { FormatError, type Tensor, UnsupportedError } from 'neocog';
import { counted } from 'neocog/arguments';
import { isObject } from '../json.ts';
import { shown } from '../shown.ts';

/** Which program's conventions a file follows, where they differ. */
export type Dialect = 'keras3' | 'keras2' | 'tfjs';

export class LayerConfig {
  /** Begins errors: the function, the file, the layer. */
  readonly about: string;
  readonly className: string;
  readonly name: string;
  readonly dialect: Dialect;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly #takeWeights: (names: readonly string[]) => Map<string, Tensor>;

  constructor(
    about: string,
    layer: { className: string; name: string; raw: Readonly<Record<string, unknown>>; dialect: Dialect },
    takeWeights: (names: readonly string[]) => Map<string, Tensor>,
  ) {
    this.about = `${about}: ${layer.className} ${shown(layer.name)}`;
    this.className = layer.className;
    this.name = layer.name;
    this.raw = layer.raw;
    this.dialect = layer.dialect;
    this.#takeWeights = takeWeights;
  }

  fail(problem: string): never {
    throw new FormatError(`${this.about} ${problem}`);
  }

  refuse(problem: string): never {
    throw new UnsupportedError(`${this.about} ${problem}`);
  }

  #has(key: string): boolean {
    return Object.hasOwn(this.raw, key) && this.raw[key] !== null && this.raw[key] !== undefined;
  }

  value(key: string): unknown {
    return this.#has(key) ? this.raw[key] : undefined;
  }

  number(key: string, otherwise?: number): number {
    const value = this.value(key) ?? otherwise;
    if (typeof value === 'number') return value;
    // TensorFlow.js and Keras 2 write some numbers as { type: 'ndarray', value }.
    if (isObject(value) && typeof value.value === 'number') return value.value;
    return this.fail(`has ${key} ${shown(value)} instead of a number`);
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    return typeof value === 'boolean'
      ? value
      : this.fail(`has ${key} ${shown(value)} instead of true or false`);
  }

  text(key: string, otherwise: string): string {
    const value = this.value(key) ?? otherwise;
    return typeof value === 'string' ? value : this.fail(`has ${key} ${shown(value)} instead of a string`);
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.text(key, values[0]) as T;
    return values.includes(value)
      ? value
      : this.refuse(`has ${key} '${value}', but neocog knows ${values.join(', ')}`);
  }

  /** Whole numbers, one per axis; a single one stands for all. */
  sizes(key: string, count: number, otherwise?: readonly number[]): number[] {
    const value = this.value(key) ?? otherwise;
    const list = Array.isArray(value) ? value : new Array(count).fill(value);
    const good = list.length === count && list.every((n) => Number.isSafeInteger(n) && n >= 0);
    return good ? list : this.fail(`has ${key} ${shown(value)} instead of ${counted(count, 'whole number')}`);
  }

  /** A list of numbers of any length, or nested lists made flat. */
  numbers(key: string): number[] {
    const list = [this.value(key) ?? []].flat(8);
    return list.every((n) => typeof n === 'number')
      ? (list as number[])
      : this.fail(`has ${key} ${shown(this.value(key))} instead of numbers`);
  }

  get channelsFirst(): boolean {
    const format = this.oneOf('data_format', ['channels_last', 'channels_first']);
    return format === 'channels_first';
  }

  /** The layer's weights by their names in Keras, in the order in which it makes them. @throws FormatError if one is missing. */
  weights<const Name extends string>(names: readonly Name[]): Record<Name, Tensor> {
    const found = this.#takeWeights(names);
    const missing = names.find((name) => !found.has(name));
    if (missing !== undefined) this.fail(`has no weight ${shown(missing)} in the file`);
    return Object.fromEntries(found) as Record<Name, Tensor>; // every name was found
  }
}
