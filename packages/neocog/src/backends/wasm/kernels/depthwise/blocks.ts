// Blocks of channels within a unit of work: which there are, a function for each kind, and the loop over those of a chunk.

import { affine, type Func, i32, type Local, less } from '../../assembler/index.ts';
import type { KernelFunction } from '../kernel.ts';
import { type DepthwiseShape, vectorsOf } from './shape.ts';

/** Channels in blocks of equal width, the last one perhaps narrower, or with fewer lanes than its vectors. */
export interface Block {
  readonly vectors: number;
  /** Lanes of the last vector that may be stored. */
  readonly lastLanes: number;
}

/** Full blocks first: how many, and the one that differs. */
export function blocksOf(s: DepthwiseShape): { full: number; block: Block; rest: Block | null } {
  const vectors = vectorsOf(s);
  const partial = s.resultPitch * (s.pairs ? 2 : 1) < vectors * 4;
  const lastLanes = partial ? s.channels - 4 * (vectors - 1) : 4;
  const block = { vectors: s.vectors, lastLanes: 4 };
  const restVectors = vectors % s.vectors || (partial ? s.vectors : 0);
  const rest = restVectors > 0 ? { vectors: restVectors, lastLanes } : null;
  return { full: (vectors - restVectors) / s.vectors, block, rest };
}

/** The functions that do one block. */
export interface BlockFunctions {
  readonly full: number;
  /** Of a full block. */
  readonly lanes: number;
  readonly block: KernelFunction | null;
  readonly rest: KernelFunction | null;
}

/** `make` once for each kind of block that there is. */
export function blockFunctions(
  s: DepthwiseShape,
  make: (block: Block, kind: string) => KernelFunction,
): BlockFunctions {
  const { full, block, rest } = blocksOf(s);
  const functions = { block: full > 0 ? make(block, 'Row') : null, rest: rest && make(rest, 'Rest') };
  return { full, lanes: 4 * block.vectors, ...functions };
}

/** The blocks of chunk number `chunk`. */
interface ChunkBlocks extends BlockFunctions {
  readonly chunk: Local<'i32'>;
  readonly chunkBlocks: number;
}

/** `body` with the first lane of each, and the function for it. */
export function overBlocks(
  f: Func,
  { full, lanes, block, rest, chunk, chunkBlocks }: ChunkBlocks,
  body: (lane: Local<'i32'>, call: KernelFunction) => void,
): void {
  const from = f.keep(affine([chunk, chunkBlocks]), 'from');
  const to = f.keep(affine(from, chunkBlocks), 'to');
  const fullTo = f.keep(less(to, full), 'fullTo');
  if (block) {
    f.range('block', from, fullTo, 1, (b) => body(f.keep(affine([b, lanes]), 'lane'), block));
  }
  if (rest) f.if(i32.gtS(to, full), () => body(f.keep(i32.const(full * lanes), 'lane'), rest));
}
