// The name of a program: a digest of all that it depends on, such as its graph and the numbers in it.

import type { ContentDigest } from '../../backends/keeping.ts';
import type { Values } from '../../backends/work.ts';

/** 64 hexadecimal digits. @param parts plain data, and graphs */
export function keyOf(parts: readonly unknown[], digest: ContentDigest): string {
  const writer = new GraphText();
  const root = writer.write(parts);
  digest.add(new TextEncoder().encode([...writer.lines, root].join('\n')));
  for (const { buffer, byteOffset, byteLength } of writer.arrays)
    digest.add(new Uint8Array(buffer, byteOffset, byteLength));
  return digest.text();
}

const isArray = (value: object): value is Values =>
  value instanceof Float32Array || value instanceof Int32Array;

/**
 * Plain data as text: equal for graphs that say the same, in any process. An object is a line, which others name by its number, so that
 * what is shared, such as parts of formulas, is written once. Left out are ids, which count what a process has made.
 */
class GraphText {
  readonly lines: string[] = [];
  /** Arrays of numbers; the text has their place in this list. */
  readonly arrays: Values[] = [];
  readonly #names = new Map<object, string>();
  readonly #numbers = new Map<string, number>();

  write(value: unknown): string {
    if (typeof value !== 'object' || value === null)
      return Object.is(value, -0) ? '-0' : `${typeof value === 'string' ? JSON.stringify(value) : value}`;
    const name = this.#names.get(value) ?? this.#nameOf(value);
    this.#names.set(value, name);
    return name;
  }

  #nameOf(value: object): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.write(item))}]`;
    if (isArray(value)) return `${value.constructor.name}${this.arrays.push(value)}`;
    const entries = Object.entries(value).filter(([key]) => key !== 'id');
    const line = entries.map(([key, item]) => `${key}:${this.write(item)}`).join();
    // Arrays of a graph are themselves, however alike they are; of all else the content counts.
    const known = 'source' in value ? undefined : this.#numbers.get(line);
    const number = known ?? this.lines.push(line);
    this.#numbers.set(line, number);
    return `#${number}`;
  }
}
