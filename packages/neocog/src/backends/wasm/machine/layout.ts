// Where things lie in a machine's memory: the caller's data, each thread's scratch, and what threads tell each other.

import { counted } from '../../../arguments/show.ts';
import { DeviceError } from '../../../errors.ts';
import { slackBytes } from '../kernels/kernel.ts';
import type { MachineCode } from './code.ts';

export const pageBytes = 65536;
/** Two cache lines: processors fetch them in pairs, and threads must not share one by accident. */
const alignment = 128;

/**
 * Words of 32 bits that threads share, as byte offsets in the control block, each in cache lines of its own.
 *
 * The pieces of a job have consecutive numbers, which go on from job to job and wrap around after 2³²; comparisons
 * look at the sign of a difference. So nothing is ever set back, and a thread that slept through the end of a job finds
 * that job's pieces taken and done.
 */
export const words = {
  /** The number of the current job's first piece. Its lowest bits are the number of the routine. */
  job: 0,
  /** The piece to be taken next. */
  next: alignment,
  /** Pieces before this number are done, and as many more as are being counted. */
  done: 2 * alignment,
  /** How many threads sleep until `done` reaches the end of a phase. */
  sleepers: 3 * alignment,
  /** Not zero if thread 0 is to measure the phases of the job. */
  profile: 4 * alignment,
  /** Not zero after a thread failed: the length of the message at `text`. */
  failed: 5 * alignment,
  /** The base from which addresses of the job count. */
  base: 6 * alignment,
  text: 7 * alignment,
} as const;

/** Characters of a failure's message that are kept. */
export const textBytes = 2 * alignment;
const controlBytes = words.text + textBytes;
/** On a workplace of several codes, the control block comes first and data from here on. */
export const firstData = controlBytes;

export interface Layout {
  readonly threads: number;
  /** Whether several threads see the memory: the caller and others. */
  readonly shared: boolean;
  /** The address of thread i's scratch is `scratch + i · scratchStride`, from the base of code that floats. */
  readonly scratch: number;
  readonly scratchStride: number;
  readonly control: number;
  /** Behind everything else: what grows begins here. From the base of code that floats. */
  readonly tail: number;
  readonly pages: number;
  /** So many pages if it grows. */
  readonly mostPages: number;
}

/** In pages: 4 GiB. */
const largestMemory = 65536;
/** In pages: 512 MiB, a picture of 128 megapixels. Engines may set address space aside for all of it. */
const mostGrowth = 8192;

const alignUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** @param shared also where one thread works, if it is not the caller's */
export function layOut(code: MachineCode, threads: number, shared = threads > 1): Layout {
  const kernels = Object.values(code.routines).flatMap((steps) => steps.map((step) => step.kernel));
  const most = kernels.reduce((bytes, kernel) => Math.max(bytes, kernel.scratchBytes), 0);
  const scratch = alignUp(code.dataBytes + slackBytes);
  const scratchStride = alignUp(most + slackBytes);
  const end = scratch + scratchStride * threads;
  const control = code.floats ? 0 : end;
  const tail = code.floats ? end : alignUp(control + controlBytes);
  const pages = Math.ceil(tail / pageBytes);
  return { threads, shared, scratch, scratchStride, control, tail, pages, mostPages: mostPages(code, pages) };
}

function mostPages({ floats, grows }: MachineCode, pages: number): number {
  if (floats) return Math.max(pages, largestMemory);
  return grows ? Math.max(pages, Math.min(largestMemory, pages + mostGrowth)) : pages;
}

/** As large as the layout. @throws DeviceError if the engine refuses. */
export function allocate(layout: Layout, fn: string, maximum = layout.mostPages): WebAssembly.Memory {
  const { pages, threads, shared, scratch, scratchStride } = layout;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum, shared });
  } catch (cause) {
    // Engines may set address space aside for all of the maximum, and have less.
    const less = Math.floor(maximum / 2);
    if (less > pages) return allocate(layout, fn, less);
    const [all, data, each] = [pages * pageBytes, scratch, scratchStride].map((b) =>
      (b / 2 ** 20).toFixed(1),
    );
    throw new DeviceError(
      `${fn}: the engine refuses ${all} MiB of ${shared ? 'shared ' : ''}memory, ${data} for values and ${each} for ` +
        `each of ${counted(threads, 'thread')} (${cause}; the limit is 4096); use a smaller batch or image`,
      { cause },
    );
  }
}

/** Why a run cannot have a tail of so many bytes. */
export function tailRefusal(tailBytes: number, cause: unknown): string {
  const wanted = (tailBytes / 2 ** 20).toFixed(1);
  return `run: the engine refuses ${wanted} MiB for frames (${cause}); use smaller frames, or fewer at a time`;
}
