// What logs write to: a file that grows line by line, or something with `write`. A file remembers how long it was when a
// checkpoint was made, so that a run which resumes goes on behind that and tells nothing twice.

import { type Field, field } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { appendToFile, cutFile, makeFolderOf, sizeOfFile } from './files.ts';

/** Takes what a log has to say, piece by piece; what `write` gives is awaited. `process.stdout` is one. */
export interface LogSink<T> {
  /** The next line, or the next record. */
  write(piece: T): unknown;
}

/** What logs can be told. */
export interface LogOptions {
  /** Write over the file of another run. Default false: it is refused, unless `fit` resumes. */
  overwrite?: boolean | undefined;
}

const isSink = (v: unknown): boolean =>
  (typeof v === 'object' || typeof v === 'function') &&
  v !== null &&
  typeof Reflect.get(v, 'write') === 'function';

export const aTarget: Field<string | LogSink<never>> = field(
  'the path of a file, or something with write',
  (v) => (typeof v === 'string' && v !== '') || isSink(v),
);

type Encode<T> = (piece: T) => Uint8Array;

export class LogFile<T> {
  readonly #fn: string;
  readonly #to: string | LogSink<T>;
  readonly #encode: Encode<T>;
  /** Bytes of the file; of a sink, null. */
  #length: number | null = null;

  constructor(fn: string, to: string | LogSink<T>, encode: Encode<T>) {
    this.#fn = fn;
    this.#to = to;
    this.#encode = encode;
  }

  /** Bytes so far; null for what is no file. */
  get length(): number | null {
    return this.#length;
  }

  /** Opens it: at a length that is known from before, or empty. Gives whether it is empty. */
  async open(known: number | null, mayReplace: boolean): Promise<boolean> {
    const path = this.#to;
    if (typeof path !== 'string') return known === null;
    const size = await sizeOfFile(this.#fn, path);
    if (known === null && size > 0 && !mayReplace) {
      throw new ShapeError(
        `${this.#fn}: ${path} of another run is there; name another file, go on with resume, or say overwrite: true`,
      );
    }
    await makeFolderOf(this.#fn, path);
    const length = Math.min(size, known ?? 0);
    if (size > length) await cutFile(this.#fn, path, length);
    this.#length = length;
    return length === 0;
  }

  async write(piece: T): Promise<void> {
    if (typeof this.#to !== 'string') return void (await this.#to.write(piece));
    const bytes = this.#encode(piece);
    await appendToFile(this.#fn, this.#to, bytes);
    this.#length = (this.#length ?? 0) + bytes.length;
  }
}

/** What a log remembers in a checkpoint. */
export const lengthIn = (values: Readonly<Record<string, unknown>>): number | null =>
  typeof values.length === 'number' ? values.length : null;
