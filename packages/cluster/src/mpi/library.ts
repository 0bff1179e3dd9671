// Open MPI's library, as functions: it is loaded from where the system has it, and called in place on JavaScript's arrays.
// Constants are Open MPI's own: other implementations of MPI have others, and are refused.

import { existsSync } from 'node:fs';
import { DeviceError } from 'neocog';

/** A pointer into the library, such as a type or an operation. */
type Handle = unknown;

/** What an MPI function is given for an array. */
type Memory = Float32Array | Int32Array | Uint8Array | Uint16Array;

/** A request is a pointer that MPI keeps in memory of the caller. */
export type Request = BigInt64Array;

/** What of MPI is used. Each begins something that `test` tells the end of. */
export interface Library {
  /** Its name and version. */
  readonly version: string;
  readonly rank: number;
  readonly size: number;
  /** Sums over all ranks, in place. */
  beginSum(values: Float32Array): Request;
  /** Values of one rank for all, in place. */
  beginBroadcast(bytes: Uint8Array, from: number): Request;
  /** As many bytes of each rank, one after the other. These have an order of their own beside all other calls. */
  beginGather(own: Memory, all: Memory): Request;
  /** What each rank has as its part r, in the order of the ranks, at rank r. */
  beginTransposition(parts: Memory, from: Memory): Request;
  beginBarrier(): Request;
  /** Whether what was begun is done; moves all on. */
  test(request: Request): boolean;
  finalize(): void;
  /** Ends all ranks. */
  abort(code: number): void;
}

/** Names of Open MPI 4 and 5. */
const usualNames: Readonly<Record<string, readonly string[]>> = {
  linux: ['libmpi.so.40', 'libmpi.so'],
  darwin: ['libmpi.40.dylib', '/opt/homebrew/lib/libmpi.dylib', '/usr/local/lib/libmpi.dylib'],
};

const installation =
  'install Open MPI (Debian and Ubuntu: apt-get install openmpi-bin; macOS: brew install open-mpi)';

type Koffi = typeof import('koffi');
type Loaded = ReturnType<Koffi['load']>;

/** @throws DeviceError where there is no Open MPI, or it cannot be loaded */
export async function loadLibrary(path: string | undefined): Promise<Library> {
  const koffi = await import('koffi').catch((cause: unknown) => {
    throw new DeviceError(`mpi: the package koffi, which calls Open MPI, cannot be loaded: ${cause}`, {
      cause,
    });
  });
  return bind(open(koffi, path));
}

function open(koffi: Koffi, path: string | undefined): Loaded {
  const names = path === undefined ? (usualNames[process.platform] ?? []) : [path];
  if (names.length === 0) {
    throw new DeviceError(`mpi: there is no Open MPI for ${process.platform}; use Linux, macOS or WSL`);
  }
  const reasons: string[] = [];
  for (const name of names) {
    if (name.includes('/') && !existsSync(name)) continue;
    try {
      // Its plug-ins look for its symbols.
      return koffi.load(name, { global: true });
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  const why = reasons[0] ?? `${names[0]} is not there`;
  throw new DeviceError(`mpi: Open MPI's library cannot be loaded (${why}); ${installation}`);
}

/**
 * How sums are made: by halves that halve again, and back (Thakur, Rabenseifner and Gropp, 2005), which sends 2·(p − 1)/p times an array from each
 * of p ranks. For sums in place Open MPI would take a tree, where some send all of it 2·log₂ p times, one after the other. A setting of the
 * user's is kept; versions that do not know it take no notice.
 */
const sumSetting = 'OMPI_MCA_coll_libnbc_iallreduce_algorithm';
const sumAlgorithm = '3';

/** Of MPI's constants, a pointer that stands for "the same array". */
const inPlace = 1;

function bind(library: Loaded): Library {
  const call = (name: string, ...types: string[]) => library.func(name, 'int', types);
  const [world, float, byte, sum] = ['comm_world', 'float', 'byte', 'op_sum'].map((name) =>
    symbolOf(library, `ompi_mpi_${name}`),
  );
  process.env[sumSetting] ??= sumAlgorithm;
  call('MPI_Init', 'void *', 'void *')(null, null);
  const number = (name: string): number => {
    const values = new Int32Array(1);
    call(name, 'void *', 'void *')(world, values);
    return values[0];
  };
  const reduce = call('MPI_Iallreduce', 'uintptr_t', 'void *', 'int', ...Array(4).fill('void *'));
  const broadcast = call('MPI_Ibcast', 'void *', 'int', 'void *', 'int', 'void *', 'void *');
  const pairs = ['void *', 'int', 'void *', 'void *', 'int', 'void *', 'void *', 'void *'];
  const [gather, transpose] = ['MPI_Iallgather', 'MPI_Ialltoall'].map((name) => call(name, ...pairs));
  const barrier = call('MPI_Ibarrier', 'void *', 'void *');
  const test = call('MPI_Test', 'void *', 'void *', 'uintptr_t');
  const isDone = new Int32Array(1);
  const size = number('MPI_Comm_size');
  const second = duplicate(call('MPI_Comm_dup', 'void *', 'void *'), world);
  return {
    version: versionOf(library),
    rank: number('MPI_Comm_rank'),
    size,
    beginSum: (values) =>
      begun((request) => reduce(inPlace, values, values.length, float, sum, world, request)),
    beginBroadcast: (bytes, from) =>
      begun((request) => broadcast(bytes, bytes.length, byte, from, world, request)),
    beginGather: (own, all) =>
      begun((request) => gather(own, own.byteLength, byte, all, own.byteLength, byte, second, request)),
    beginTransposition: (parts, from) =>
      begun((request) => {
        const bytes = parts.byteLength / size;
        transpose(parts, bytes, byte, from, bytes, byte, world, request);
      }),
    beginBarrier: () => begun((request) => barrier(world, request)),
    test(request) {
      test(request, isDone, 0);
      return isDone[0] !== 0;
    },
    finalize: () => call('MPI_Finalize')(),
    abort: (code) => call('MPI_Abort', 'void *', 'int')(world, code),
  };
}

/** Calls on it are matched among themselves. */
function duplicate(copy: (from: Handle, to: BigInt64Array) => void, world: Handle): bigint {
  const handle = new BigInt64Array(1);
  copy(world, handle);
  return handle[0];
}

function begun(begin: (request: Request) => void): Request {
  const request = new BigInt64Array(1);
  begin(request);
  return request;
}

function symbolOf(library: Loaded, name: string): Handle {
  try {
    return library.symbol(name, 'char');
  } catch (cause) {
    throw new DeviceError(`mpi: the library is not Open MPI's, it has no ${name}; ${installation}`, {
      cause,
    });
  }
}

function versionOf(library: Loaded): string {
  const [text, length] = [new Uint8Array(256), new Int32Array(1)];
  library.func('MPI_Get_library_version', 'int', ['void *', 'void *'])(text, length);
  return new TextDecoder().decode(text.subarray(0, length[0])).split(',')[0];
}
