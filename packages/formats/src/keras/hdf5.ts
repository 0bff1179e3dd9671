// Groups, attributes and arrays of an HDF5 file, read by jsfive when they are asked for. A damaged file may send that parser
// anywhere, so it reads from a buffer that counts: what is read again and again is refused. Nothing is written.
// Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

import { Unzlib } from 'fflate';
import * as jsfive from 'jsfive';
import { FormatError, NeocogError, Tensor } from 'neocog';
import type { Budget } from '../budget.ts';
import { joinBytes } from '../bytes.ts';
import { product } from '../shape.ts';
import { shown, shownList } from '../shown.ts';
import { pushPieces } from '../zip.ts';

/** What a reading takes beside its bytes: loops that do not get on read nothing again and again. */
const readingSteps = 1000;
/** A number of a list that jsfive makes, then of a tensor. */
const bytesPerNumber = 20;

/** Bytes of a file, which refuse to be read without end. Parts of them count too. */
class CountedBuffer extends ArrayBuffer {
  readonly #counter: Counter;

  constructor(bytes: Uint8Array, counter: Counter) {
    super(bytes.length);
    new Uint8Array(this).set(bytes);
    this.#counter = counter;
  }

  static override get [Symbol.species](): ArrayBufferConstructor {
    return ArrayBuffer;
  }

  override slice(begin = 0, end = this.byteLength): ArrayBuffer {
    // What is asked for counts, also where it is not there.
    this.#counter.read(Math.max(0, end - begin));
    return new CountedBuffer(new Uint8Array(this).subarray(begin, end), this.#counter);
  }
}

/** Steps for each number that jsfive reads of a header, which it looks up by a text. */
const stepsPerNumber = 1000;

/**
 * Runs `read` with every number that it reads counted. jsfive has no place to ask it of, and reads through `DataView`; so its
 * getters count as long as `read` runs, which does not wait for anything.
 */
function countingNumbers<T>(budget: Budget, read: () => T): T {
  const { getUint8, getUint32 } = DataView.prototype;
  const counting = <A extends unknown[]>(get: (this: DataView, ...args: A) => number) =>
    function (this: DataView, ...args: A): number {
      budget.work(stepsPerNumber, 'a part');
      return get.apply(this, args);
    };
  Object.assign(DataView.prototype, { getUint8: counting(getUint8), getUint32: counting(getUint32) });
  try {
    return read();
  } finally {
    Object.assign(DataView.prototype, { getUint8, getUint32 });
  }
}

/** Counts what a file is asked for. */
class Counter {
  readonly budget: Budget;
  /** Cells that are walked through for each reading, where an array lies in chunks. */
  cells = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  read(bytes: number): void {
    this.budget.work(readingSteps + bytes + this.cells, 'a part');
  }
}

/** A group of an HDF5 file. Paths are names with `/` between them; what does not exist is null. */
export class Hdf5Group {
  readonly #group: jsfive.Group;
  readonly #file: Counter;
  readonly #path: string;

  private constructor(group: jsfive.Group, file: Counter, path: string) {
    this.#group = group;
    this.#file = file;
    this.#path = path;
  }

  /** @throws FormatError if the bytes are no HDF5 file. */
  static open(bytes: Uint8Array, budget: Budget): Hdf5Group {
    const file = new Counter(budget);
    const root = guarded(file, 'the file', () => {
      budget.bytes(bytes.length, 'the file');
      return new jsfive.File(new CountedBuffer(bytes, file));
    });
    return new Hdf5Group(root, file, '');
  }

  /** Names of groups and arrays in this one. */
  get keys(): readonly string[] {
    return guarded(this.#file, this.#path, () => this.#group.keys);
  }

  group(path: string): Hdf5Group | null {
    const found = this.#find(path);
    if (!(found instanceof jsfive.Group)) return null;
    return new Hdf5Group(found, this.#file, `${this.#path}/${path}`);
  }

  /** A text, or a list of texts; null where there is no such attribute. */
  attribute(name: string): unknown {
    return guarded(this.#file, `${this.#path}@${name}`, () => {
      countTexts(this.#group._dataobjects, this.#file);
      const { attrs } = this.#group;
      return Object.hasOwn(attrs, name) ? attrs[name] : null;
    });
  }

  /** Whether there is an array at this path. */
  has(path: string): boolean {
    return this.#find(path) instanceof jsfive.Dataset;
  }

  /** An array of numbers as a tensor: floats as float32, whole numbers as int32. */
  array(path: string): Tensor | null {
    const found = this.#find(path);
    if (!(found instanceof jsfive.Dataset)) return null;
    return guarded(this.#file, `${this.#path}/${path}`, () => readArray(found, this.#file));
  }

  #find(path: string): jsfive.Group | jsfive.Dataset | null {
    return guarded(this.#file, `${this.#path}/${path}`, () => {
      let at: jsfive.Group | jsfive.Dataset | null = this.#group;
      for (const name of path.split('/').filter((part) => part !== '')) {
        if (!(at instanceof jsfive.Group) || !at.keys.includes(name)) return null;
        at = at.get(name);
      }
      return at;
    });
  }
}

const counted = new WeakSet<object>();

/** Texts of any length lie once in the file and may be referred to again and again. */
function countTexts(objects: jsfive.Group['_dataobjects'], file: Counter): void {
  if (counted.has(objects)) return;
  counted.add(objects);
  const find = objects._vlen_size_and_data.bind(objects);
  objects._vlen_size_and_data = (buffer, offset) => {
    const found = find(buffer, offset);
    file.budget.bytes(2 * (found[1]?.byteLength ?? 0), 'a text');
    return found;
  };
}

function readArray(found: jsfive.Dataset, file: Counter): Tensor {
  const { shape, dtype } = found;
  const [, kind, width] = (typeof dtype === 'string' && /^[<>|=]?([fiu])([1248])$/.exec(dtype)) || [];
  if (kind === undefined) throw new FormatError(`it holds ${shown(dtype)} instead of numbers`);
  const size = product(shape);
  file.budget.value(size, bytesPerNumber, 'an array');
  const values = readChunks(found, Number(width), file);
  if (values.length !== size) {
    throw new FormatError(`it has ${values.length} values for shape ${shownList(shape)}`);
  }
  return new Tensor(kind === 'f' ? new Float32Array(values) : new Int32Array(values), Object.freeze(shape));
}

/** The values, where a chunk unpacks to what its shape says and no more. */
function readChunks(found: jsfive.Dataset, width: number, file: Counter): ArrayLike<number> {
  const { chunks } = found._dataobjects;
  file.cells = chunks ? product(chunks) : 0;
  // A checksum of four bytes may follow the values.
  const most = file.cells * width + 4;
  const filters = new Map([
    [1, (packed: ArrayBuffer) => inflate(packed, most, file.budget)],
    [2, (shuffled: ArrayBuffer) => unshuffle(shuffled, width)],
  ]);
  const before = [...jsfive.Filters];
  for (const [number, filter] of filters) jsfive.Filters.set(number, filter);
  try {
    return found.value as ArrayLike<number>;
  } finally {
    file.cells = 0;
    for (const [number, filter] of before) jsfive.Filters.set(number, filter);
  }
}

/** First bytes of all values, then second bytes …, as values. */
function unshuffle(shuffled: ArrayBuffer, width: number): ArrayBuffer {
  const bytes = new Uint8Array(shuffled);
  const values = new Uint8Array(bytes.length);
  const count = Math.floor(bytes.length / width);
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < width; byte++) values[i * width + byte] = bytes[byte * count + i];
  }
  return values.buffer;
}

/** zlib's data begin with two bytes. */
function inflate(packed: ArrayBuffer, most: number, budget: Budget): ArrayBuffer {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Unzlib((part) => {
    length += part.length;
    if (length > most) throw new FormatError(`a chunk of it unpacks to more than its ${most} bytes`);
    budget.work(part.length, 'a chunk');
    parts.push(part);
  });
  pushPieces(stream, new Uint8Array(packed));
  // A copy: fflate's parts may lie in larger buffers.
  return new Uint8Array(joinBytes(parts)).buffer;
}

/** Whatever the parser throws becomes a FormatError. */
function guarded<T>({ budget }: Counter, place: string, read: () => T): T {
  try {
    return countingNumbers(budget, read);
  } catch (error) {
    // What the budget refuses names the file already.
    if (error instanceof NeocogError && error.message.startsWith(budget.about)) throw error;
    const where = shown(place);
    const reason = error instanceof NeocogError ? error.message : 'it is damaged or of an unknown kind';
    throw new FormatError(`${budget.about} cannot be read as HDF5: ${where}: ${reason}`, { cause: error });
  }
}
