// The kernel of depthwise convolution and of its input gradient: units of work, each a part of a row for a few blocks of
// channels, handed to the row functions.

import { type Func, i32, type Local, type Operand } from '../../assembler/index.ts';
import { type Epilogue, extraNames } from '../epilogue.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import { type BlockFunctions, blockFunctions, divide, overBlocks } from './blocks.ts';
import { laneArguments, sourceLane } from './lanes.ts';
import { type DepthwiseShape, type Division, divisionOf, rowsOf, sourceSteps, tapsOf } from './shape.ts';
import { rowFunction } from './sum.ts';
import { emitTapList, rowCoordinates, tapListBytes } from './taps.ts';

type Pointers = Record<string, Local<'i32'>>;

/** Operands: source, w (prepared), result, bias if there is one, extras. */
export function depthwiseConvKernel(s: DepthwiseShape, e: Epilogue, key: string): Kernel {
  const division = divisionOf(s);
  const operands = ['source', 'w', 'result', ...(e.bias ? ['bias'] : []), ...extraNames(e)];
  return {
    key,
    operands,
    units: division.units,
    scratchBytes: tapListBytes(s),
    emit: (m, name) => {
      const rows = blockFunctions(s, (block, kind) => rowFunction(m, `${name}${kind}`, s, e, block));
      return unitFunction(m, name, operands, (f, p, unit) => emitUnit(f, s, e, division, rows, p, unit));
    },
  };
}

/** Takes a unit's number apart and does its blocks. */
function emitUnit(
  f: Func,
  s: DepthwiseShape,
  e: Epilogue,
  d: Division,
  rows: BlockFunctions,
  p: Pointers,
  unit: Local<'i32'>,
): void {
  const [outer, row] = divide(f, unit, rowsOf(s));
  const [chunks, part] = divide(f, outer, d.parts);
  const [image, chunk] = divide(f, chunks, d.chunks);
  const tiles = s.runs.reduce((n, r) => n + r.times, 0);
  const bound = (k: Operand<'i32'>) => i32.divU(i32.mul(k, tiles), d.parts);
  const listEnd = emitTapList(f, s, rowCoordinates(f, s, row), p.scratch);
  const pixel = i32.mul(i32.add(i32.mul(image, rowsOf(s)), row), s.inner.results * s.resultPitch * 4);
  const common = {
    source: f.keep(i32.add(p.source, i32.mul(image, sourceSteps(s).image)), 'image'),
    pixel: f.keep(pixel, 'pixel'),
    list: p.scratch,
    listEnd,
    first: f.keep(bound(part), 'first'),
    last: f.keep(bound(i32.add(part, 1)), 'last'),
  };
  overBlocks(f, s, d.chunkBlocks, rows, chunk, (lane, call) => {
    f.run(f.call(call, rowArguments(f, s, e, p, common, lane)));
  });
}

function rowArguments(
  f: Func,
  s: DepthwiseShape,
  e: Epilogue,
  p: Pointers,
  common: Pointers,
  lane: Local<'i32'>,
): Record<string, Operand<'i32'>> {
  const channel = f.keep(i32.mul(lane, 4), 'channel');
  const pixel = f.keep(i32.add(common.pixel, channel), 'place');
  const extras = extraNames(e).map((name, i) => [
    name,
    i32.add(p[name], e.extras[i] === 'pixel' ? pixel : channel),
  ]);
  return {
    ...common,
    ...laneArguments(f, s, lane),
    ...Object.fromEntries(extras),
    source: i32.add(common.source, sourceLane(s, lane)),
    w: i32.add(p.w, i32.mul(lane, tapsOf(s) * 4)),
    result: i32.add(p.result, pixel),
    bias: e.bias ? i32.add(p.bias, channel) : 0,
  };
}
