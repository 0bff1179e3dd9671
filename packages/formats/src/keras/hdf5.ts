// Groups, attributes and arrays of an HDF5 file, read by jsfive when they are asked for. A damaged file may send that parser
// anywhere, so it reads from a buffer that counts: what is read again and again is refused. Nothing is written.
// Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

import * as jsfive from 'jsfive';
import { FormatError, NeocogError, Tensor } from 'neocog';

/** A file may be read this many times over, for its names are found again for each array. */
const readingLimit = 64;
/** Arrays may take this many times the file's bytes: compressed ones, of which networks have few. */
const growthLimit = 64;
/** Small files are allowed this much. */
const leastAllowance = 1 << 24;

/** The bytes of a file, which refuse to be read without end. */
class CountedBuffer extends ArrayBuffer {
  #left: number;

  constructor(bytes: Uint8Array) {
    super(bytes.length);
    new Uint8Array(this).set(bytes);
    this.#left = bytes.length * readingLimit + leastAllowance;
  }

  static override get [Symbol.species](): ArrayBufferConstructor {
    return ArrayBuffer;
  }

  override slice(begin?: number, end?: number): ArrayBuffer {
    const part = super.slice(begin, end);
    // A reading of nothing counts too, for loops that do not get on.
    this.#left -= part.byteLength + 64;
    if (this.#left < 0) throw new FormatError('its parts refer to each other without end');
    return part;
  }
}

/** Whether these bytes begin as an HDF5 file does. */
export const isHdf5 = (bytes: Uint8Array): boolean =>
  bytes.length > 8 && [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);

/** A group of an HDF5 file. Paths are names with `/` between them; what does not exist is null. */
export class Hdf5Group {
  readonly #group: jsfive.Group;
  readonly #file: FileState;
  readonly #path: string;

  private constructor(group: jsfive.Group, file: FileState, path: string) {
    this.#group = group;
    this.#file = file;
    this.#path = path;
  }

  /** @throws FormatError if the bytes are no HDF5 file. `about` begins every error. */
  static open(about: string, bytes: Uint8Array): Hdf5Group {
    const file = { about, allowance: (bytes.length * growthLimit + leastAllowance) / 4 };
    const root = guarded(file, 'the file', () => new jsfive.File(new CountedBuffer(bytes)));
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

interface FileState {
  readonly about: string;
  /** How many numbers may still be made. */
  allowance: number;
}

function readArray(found: jsfive.Dataset, file: FileState): Tensor {
  const { shape, dtype } = found;
  const kind = typeof dtype === 'string' ? /^[<>|=]?([fiu])[1248]$/.exec(dtype)?.[1] : undefined;
  if (kind === undefined) throw new FormatError(`it holds ${JSON.stringify(dtype)}, numbers are needed`);
  const size = shape.reduce((product, n) => product * n, 1);
  file.allowance -= size;
  if (!(file.allowance >= 0)) throw new FormatError(`its shape [${shape}] is more than the file can hold`);
  const values = found.value as ArrayLike<number>;
  if (values.length !== size) throw new FormatError(`it has ${values.length} values for shape [${shape}]`);
  return new Tensor(kind === 'f' ? new Float32Array(values) : new Int32Array(values), Object.freeze(shape));
}

/** Whatever the parser throws becomes a FormatError. */
function guarded<T>(file: FileState, place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof NeocogError ? error.message : `${place} is damaged or of an unknown kind`;
    throw new FormatError(`${file.about} cannot be read as HDF5: ${place}: ${reason}`, { cause: error });
  }
}
