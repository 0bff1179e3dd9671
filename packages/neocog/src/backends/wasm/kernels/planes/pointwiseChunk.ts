// The function that does a chunk of pixels for some tiles of outputs: copies the pixels, and multiplies them.

import {
  address,
  affine,
  type Func,
  greater,
  type Local,
  less,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { ClipPlan } from '../direct/clipPlan.ts';
import { makeRegisters, sumTile } from '../direct/sum.ts';
import { type Epilogue, laneArguments, laneOperands, splitLate } from '../epilogue.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { evenTiles } from '../tiles.ts';
import type { ChunkRun, PointwiseShape } from './pointwiseShape.ts';
import { firstSum, storePixels } from './results.ts';

/** What the function of a chunk is made for. */
interface Chunk {
  readonly s: PointwiseShape;
  readonly chunk: ChunkRun;
  readonly epilogue: Epilogue;
}

/** What all parts of its code share. */
interface Site extends Chunk {
  readonly f: Func;
  readonly p: Pointers;
}

/**
 * Addresses: `x`, `y` of the chunk's first pixel in the group's first plane; `w` of the group's weights; `bias` and extras of
 * kind channel of the group's first output; extras of kind pixel are distances from y. `first`, `last`: tiles, from and to.
 */
export function chunkFunction(scope: Scope, chunk: Chunk): PointersFunction {
  const names = ['x', 'w', 'y', ...laneOperands(chunk.epilogue), 'first', 'last', 'scratch'];
  const { stored, late } = splitLate(chunk.epilogue);
  return scope.func(i32Params(names), (f, p) => {
    const site = { ...chunk, f, p };
    copyPixels(site);
    multiply({ ...site, epilogue: stored });
    if (late) finishAll(site);
  });
}

/** From planes to `[block][in][pixel of the block]`. */
function copyPixels({ f, p, s, chunk }: Site): void {
  const [from, to] = [f.keep(p.x, 'from'), f.keep(p.scratch, 'to')];
  const blockBytes = s.ins * chunk.vectors * vectorBytes;
  f.repeat(s.ins, () => {
    for (let b = 0; b < chunk.blocks; b++) {
      const pixels = Array.from({ length: chunk.vectors }, (_, v) =>
        f.keep(v128.load(address(from, (b * chunk.vectors + v) * vectorBytes)), 'pixels'),
      );
      pixels.forEach((vector, v) => {
        f.run(v128.store(address(to, b * blockBytes + v * vectorBytes), vector));
      });
    }
    f.increase(from, s.cells * floatBytes);
    f.increase(to, chunk.vectors * vectorBytes);
  });
}

/** The weights as what a direct kernel reads pixels from: an output is a pixel of `ins` channels. */
function weightsAsPixels({ ins, outs }: PointwiseShape): ClipPlan {
  const axis = { results: outs, sources: outs, step: 1, start: 0, taps: 1, tapStep: 1, divide: 1 };
  return {
    ...{ images: 1, groups: 1, ins, lanes: 0, xPitch: ins, yPitch: 0 },
    axes: [{ ...axis, yStart: 0, yStep: 1, ySize: outs }],
    weights: { groupStep: 0, laneStep: 0, inStep: 0, tapSteps: [0], start: 0 },
  };
}

function multiply(site: Site): void {
  const { f, p, s, chunk } = site;
  const plan = weightsAsPixels(s);
  const tile = { pixels: chunk.outs, vectors: chunk.vectors, shared: false, ahead: null };
  const registers = makeRegisters(f, plan, { ...tile, x: p.w, w: p.scratch });
  const [w, y, x] = [f.pointer('wTile', p.w), f.pointer('yBlock', p.y), f.pointer('xBlock', p.scratch)];
  overTiles(site, (size, out) => {
    const sums = registers.sums.slice(0, size);
    const at = outPlaces(site, out);
    f.set(w, address(p.w, [out, s.ins * floatBytes]));
    f.set(y, at.y);
    f.set(x, p.scratch);
    f.repeat(chunk.blocks, () => {
      for (const [i, row] of sums.entries())
        for (const sum of row) f.set(sum, firstSum({ ...site, p: at }, i));
      const tile = { size, times: 1, firstTile: 0, firstPixel: 0 };
      const segments = [{ from: 0, to: 1, low: 0, high: size }];
      const products = { f, plan, engine: s.engine, registers: { ...registers, sums } };
      sumTile(products, { x: w, w: x, taps: [] }, { ...tile, segments });
      sums.forEach((row, i) => storeRow({ ...site, p: { ...at, y } }, row, i));
      f.increase(x, s.ins * chunk.vectors * vectorBytes);
      f.increase(y, chunk.vectors * vectorBytes);
    });
  });
}

/** `body` for every tile that is asked for, with its first output. */
function overTiles({ f, p, s, chunk }: Site, body: (size: number, out: Local<'i32'>) => void): void {
  let [firstTile, firstOut] = [0, 0];
  for (const { size, times } of evenTiles(s.outs, chunk.outs)) {
    const [tile, out] = [firstTile, firstOut];
    const from = f.keep(greater(affine(p.first, -tile), 0), 'tileFrom');
    const to = f.keep(less(affine(p.last, -tile), times), 'tileTo');
    f.range('tile', from, to, 1, (t) => body(size, f.keep(affine([t, size], out), 'out')));
    firstTile += times;
    firstOut += times * size;
  }
}

/** Where an output begins: its plane at the chunk's first pixel, its bias, and extras per channel. */
function outPlaces({ f, p, s, epilogue }: Site, out: Local<'i32'>): Pointers {
  const channel = f.keep(affine([out, floatBytes]), 'channelOut');
  return {
    y: f.keep(address(p.y, [out, s.cells * floatBytes]), 'yOut'),
    ...laneArguments(epilogue, (name, kind) =>
      kind === 'pixel' ? p[name] : f.keep(address(p[name], channel), name),
    ),
  };
}

/** Finishes the sums of output number `out` of a tile and stores them. */
const storeRow = (site: Site, sums: readonly Local<'v128'>[], out: number): void =>
  storePixels({ ...site, engine: site.s.engine }, sums, {
    at: site.p.y,
    channel: out,
    offset: out * site.s.cells * floatBytes,
    lanes: 4 * (site.chunk.vectors - 1) + site.chunk.kept,
  });

/** Applies the formula to sums that lie in y already. */
function finishAll(site: Site): void {
  const { f, p, chunk } = site;
  const y = f.pointer('yLate', p.y);
  const sums = Array.from({ length: chunk.vectors }, (_, v) => f.local('v128', `late${v}`));
  overTiles(site, (size, out) => {
    const row = f.keep(out, 'row');
    f.repeat(size, () => {
      const at = outPlaces(site, row);
      f.set(y, at.y);
      f.repeat(chunk.blocks, () => {
        sums.forEach((sum, v) => f.set(sum, v128.load(address(y, v * vectorBytes))));
        storeRow({ ...site, p: { ...at, y } }, sums, 0);
        f.increase(y, chunk.vectors * vectorBytes);
      });
      f.increase(row, 1);
    });
  });
}
