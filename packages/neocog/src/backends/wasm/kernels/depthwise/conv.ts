// The kernel of depthwise convolution and of its input gradient: units of work, each a part of a row for a few blocks of
// channels, handed to the row functions.

import { address, affine, i32, type Local, type Operand } from '../../assembler/index.ts';
import { type Epilogue, laneArguments, laneOperands, resultBytes } from '../epilogue.ts';
import { divide, type Kernel, unitFunction } from '../kernel.ts';
import type { CodeSite, Pointers } from '../pointers.ts';
import { type BlockFunctions, blockFunctions, overBlocks } from './blocks.ts';
import { placeLanes, sourceLane } from './lanes.ts';
import { type DepthwiseShape, divisionOf, rowsOf, sourceSteps, tapsOf } from './shape.ts';
import { rowFunction } from './sum.ts';
import { emitTapList, tapListBytes } from './taps.ts';

/** Operands: source, w (prepared), result, bias if there is one, extras. */
export function depthwiseConvKernel(s: DepthwiseShape, epilogue: Epilogue, key: string): Kernel {
  const operands = ['source', 'w', 'result', ...laneOperands(epilogue)];
  return {
    key,
    operands,
    units: divisionOf(s).units,
    scratchBytes: tapListBytes(s),
    emit(scope) {
      const rows = blockFunctions(s, (block, kind) =>
        rowFunction(scope.within(kind), { s, epilogue, block }),
      );
      return unitFunction(scope, operands, (f, p, unit) => doUnit({ f, p, s, epilogue }, rows, unit));
    },
  };
}

interface Site extends CodeSite<DepthwiseShape> {
  readonly epilogue: Epilogue;
}

/** Takes a unit's number apart and does its blocks. */
function doUnit(site: Site, rows: BlockFunctions, unit: Local<'i32'>): void {
  const { f, p, s } = site;
  const d = divisionOf(s);
  const [outer, row] = divide(f, unit, rowsOf(s));
  const [chunks, part] = divide(f, outer, d.parts);
  const [image, chunk] = divide(f, chunks, d.chunks);
  const tiles = s.runs.reduce((n, r) => n + r.times, 0);
  const bound = (k: Operand<'i32'>) => i32.divU(affine([k, tiles]), d.parts);
  const listEnd = emitTapList(site, row);
  const pixel = affine([affine([image, rowsOf(s)], row), s.inner.results * s.resultPitch * 4]);
  const common = {
    source: f.keep(address(p.source, [image, sourceSteps(s).image]), 'image'),
    pixel: f.keep(pixel, 'pixel'),
    list: p.scratch,
    listEnd,
    first: f.keep(bound(part), 'first'),
    last: f.keep(bound(affine(part, 1)), 'last'),
  };
  overBlocks(f, { ...rows, chunk, chunkBlocks: d.chunkBlocks }, (lane, call) => {
    f.run(f.call(call, rowArguments(site, common, lane)));
  });
}

function rowArguments(
  { f, p, s, epilogue }: Site,
  common: Pointers,
  lane: Local<'i32'>,
): Record<string, Operand<'i32'>> {
  const channel = f.keep(affine([lane, 4]), 'channel');
  const pixel = f.keep(affine(common.pixel, channel), 'place');
  return {
    bias: 0,
    ...common,
    ...placeLanes(f, s, lane),
    ...laneArguments(epilogue, (name, kind) => address(p[name], kind === 'pixel' ? pixel : channel)),
    source: affine(common.source, sourceLane(s, lane)),
    w: address(p.w, [lane, tapsOf(s) * 4]),
    result: address(p.result, epilogue.pairs ? affine(common.pixel, [lane, resultBytes(epilogue)]) : pixel),
  };
}
