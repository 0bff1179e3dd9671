// The arrays of a running checked kernel as its code finds them: a table at the beginning of memory, and where in the 4 GiB of
// addresses each of them is said to lie.

import { slackBytes } from '../../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';

/** The table and what faults leave lie below this address; arrays lie behind. */
export const tableBytes = 4096;

/** Words that a fault leaves, and the table's end: their addresses. */
export const fault = { site: 16, address: 20, tableEnd: 24 } as const;
export const firstEntry = 32;
export const entryBytes = 16;
/** An array: where its slack begins for code, the bytes from there that may be read or written, the way to its place in memory. */
export const entry = { start: 0, read: 4, written: 8, toMemory: 12 } as const;

/** An array of a kernel in memory. */
export interface Span {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly writable: boolean;
  /** The kernel is told an address so many bytes before the array: of a larger one it has a part. */
  readonly before?: number;
}

/**
 * How arrays lie: `tight` one behind the other with no more between them than kernels may read, from the lowest address on; otherwise far
 * apart, the first as low as can be, one across 2³¹, where signed numbers turn, or the last up to the end of all addresses.
 */
export const arrangements = ['tight', 'low', 'middle', 'high'] as const;
export type Arrangement = (typeof arrangements)[number];

const addressSpace = 2 ** 32;
/** The lowest array's slack begins at address 0. */
const lowest = slackBytes;
/** Arrays of programs begin at multiples of 64, their parts at multiples of 16. */
const alignment = 16;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
/** An array and the slack behind it, which is that before the next. */
const roomOf = ({ bytes }: Span): number => aligned(bytes + slackBytes);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The address of each array, in a random order. */
export function arrange(spans: readonly Span[], arrangement: Arrangement, random: Generator): number[] {
  const order = [...random.permutation(spans.length)];
  const rooms = order.map((i) => roomOf(spans[i] as Span));
  const starts =
    arrangement === 'middle' ? aroundMiddle(rooms, random) : oneAfterAnother(rooms, arrangement, random);
  const addresses = new Array<number>(spans.length);
  order.forEach((i, k) => {
    addresses[i] = starts[k] as number;
  });
  return addresses;
}

function oneAfterAnother(rooms: readonly number[], arrangement: Arrangement, random: Generator): number[] {
  if (arrangement === 'tight') return follow(rooms, lowest, () => 0);
  const gaps = rooms.map(() => random.uniform());
  const scale = (addressSpace - lowest - total(rooms)) / total(gaps);
  const gap = (i: number): number => Math.floor(((gaps[i] as number) * scale) / alignment) * alignment;
  if (arrangement === 'low') return follow(rooms, lowest, gap);
  const starts = follow(rooms, lowest, gap);
  const last = rooms.length - 1;
  const rest = addressSpace - (starts[last] as number) - (rooms[last] as number);
  return starts.map((start) => start + rest);
}

/** The first array across 2³¹, the others above and below. */
function aroundMiddle([first, ...others]: readonly number[], random: Generator): number[] {
  const half = addressSpace / 2;
  const start = half - Math.floor(random.integer((first as number) - slackBytes + 1) / alignment) * alignment;
  const below = others.slice(0, others.length >> 1);
  const above = others.slice(below.length);
  const gap = (): number => aligned(random.integer(2 ** 25));
  return [start, ...follow(below, lowest, gap), ...follow(above, start + (first as number) + gap(), gap)];
}

function follow(rooms: readonly number[], from: number, gapAfter: (i: number) => number): number[] {
  let at = from;
  return rooms.map((room, i) => {
    const start = at;
    at += room + gapAfter(i);
    return start;
  });
}

/** Writes the table for arrays that code sees at `addresses`. */
export function writeTable(
  buffer: ArrayBufferLike,
  spans: readonly Span[],
  addresses: readonly number[],
): void {
  const end = firstEntry + spans.length * entryBytes;
  if (end > tableBytes) throw new Error(`${spans.length} arrays, the table has room for fewer`);
  const view = new DataView(buffer);
  const put = (at: number, value: number): void => view.setUint32(at, value, true);
  put(fault.site, 0);
  put(fault.tableEnd, end);
  spans.forEach(({ address, bytes, writable }, i) => {
    const at = firstEntry + i * entryBytes;
    put(at + entry.start, (addresses[i] as number) - slackBytes);
    put(at + entry.read, bytes + 2 * slackBytes);
    put(at + entry.written, writable ? slackBytes + bytes : 0);
    put(at + entry.toMemory, address - (addresses[i] as number));
  });
}
