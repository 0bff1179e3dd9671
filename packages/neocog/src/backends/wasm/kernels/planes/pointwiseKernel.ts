// The kernel of pointwise convolution over planes: units of work, each a chunk of pixels for a span of outputs.
//
// A chunk's pixels are copied into the thread's scratch memory first, in the order in which the tiles read them: the planes
// of x are so far apart that they would meet in few sets of a cache.

import { address, affine, type Code, type Func, i32, type Local, less } from '../../assembler/index.ts';
import { engineKey } from '../../engine.ts';
import { type Epilogue, epilogueKey, laneArguments, laneOperands } from '../epilogue.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import type { CodeSite, PointersFunction } from '../pointers.ts';
import { floatBytes } from '../sizes.ts';
import { chunkFunction } from './pointwiseChunk.ts';
import {
  type ChunkRun,
  chunkCount,
  type PointwiseShape,
  panelBytes,
  tileCountOf,
  unitsOf,
} from './pointwiseShape.ts';

type Int = Code<'i32'>;

/** `(x, w, y, bias?, extra…)`: w is the tensor of weights as it is. */
export function pointwiseKernel(s: PointwiseShape, epilogue: Epilogue): Kernel {
  const operands = ['x', 'w', 'y', ...laneOperands(epilogue)];
  const { engine, ...sizes } = s;
  return {
    key: `planes pointwise ${engineKey(engine)} ${epilogueKey(epilogue)} ${JSON.stringify(sizes)}`,
    operands,
    units: unitsOf(s),
    scratchBytes: Math.max(...s.chunks.map((c) => panelBytes(c, s.ins))),
    emit(scope) {
      const functions = s.chunks.map((chunk, i) =>
        chunkFunction(scope.within(`Chunk${i}`), { s, chunk, epilogue }),
      );
      return unitFunction(scope, operands, (f, p, unit) => doUnit({ f, p, s, epilogue, functions }, unit));
    },
  };
}

/** What all parts of a unit's code share. */
interface Site extends CodeSite<PointwiseShape> {
  readonly epilogue: Epilogue;
  readonly functions: readonly PointersFunction[];
}

/** Takes a unit's number apart: [image][group][span][chunk]. */
function doUnit(site: Site, unit: Local<'i32'>): void {
  const { f, p, s, epilogue } = site;
  const [outer, chunk] = divide(f, unit, chunkCount(s.chunks));
  const [product, span] = divide(f, outer, s.spans);
  const [, group] = divide(f, product, s.groups);
  const bytes = (count: Int, floats: number): Int => affine([count, floats * floatBytes]);
  const channel = f.keep(bytes(group, s.outs), 'channel');
  const shared = {
    w: f.keep(address(p.w, bytes(group, s.outs * s.ins)), 'wGroup'),
    scratch: p.scratch,
    ...(epilogue.bias && { bias: f.keep(address(p.bias, channel), 'biasGroup') }),
  };
  const [x, y] = [bytes(product, s.ins * s.cells), bytes(product, s.outs * s.cells)].map((at) =>
    f.keep(at, 'product'),
  );
  s.chunks.forEach((run, i) => {
    const at = f.keep(affine(chunk, -run.firstChunk), 'at');
    f.if(i32.ltU(at, run.times), () => {
      const pixel = affine(bytes(at, run.blocks * run.vectors * 4), run.firstPixel * floatBytes);
      const place = f.keep(pixel, 'pixel');
      const result = f.keep(address(p.y, y, place), 'y');
      f.run(
        f.call(site.functions[i], {
          ...shared,
          // Per channel: the group's first; per pixel: the distance from y.
          ...laneArguments({ ...epilogue, bias: false }, (name, kind) =>
            f.keep(kind === 'pixel' ? address(p[name], [p.y, -1]) : address(p[name], channel), 'extra'),
          ),
          ...tilesOf(site, run, span),
          x: address(p.x, x, place),
          y: result,
        }),
      );
    });
  });
}

/** The tiles of a span: as many for each, the last one may have fewer. */
function tilesOf({ f, s }: Site, run: ChunkRun, span: Local<'i32'>): { first: Int; last: Int } {
  const tiles = tileCountOf(run, s.outs);
  const each = Math.ceil(tiles / s.spans);
  const first = f.keep(affine([span, each]), 'first');
  return {
    first: less(first, tiles),
    last: less(f.keep(affine(first, each), 'last'), tiles),
  };
}

/** Quotient and remainder by a literal. */
function divide(f: Func, value: Local<'i32'>, by: number): [Local<'i32'>, Local<'i32'>] {
  if (by === 1) return [value, f.keep(i32.const(0), 'part')];
  return [f.keep(i32.divU(value, by), 'rest'), f.keep(i32.remU(value, by), 'part')];
}
