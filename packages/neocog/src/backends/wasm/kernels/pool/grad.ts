// The adjoint of sum pooling, from the side of its result: each cell of x sums the outputs whose windows hold it, so rows
// of x are independent. Cell i lies in window o where i + pad − o·stride is one of the kernel's taps.

import {
  address,
  affine,
  type Func,
  f32x4,
  greater,
  i32,
  type Local,
  less,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { splat } from '../../fused/math.ts';
import { type KernelFunction, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { contiguousAxis } from '../loops/loopNest.ts';
import { type Block, lanesOf, overBlocks } from '../loops/loopNestCode.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { type PlaneAxis, type PlaneSite, type PoolCode, type Range, rowOf } from './plane.ts';

const vectorsAtOnce = 4;

/** `x`: the row's first cell; `y`, `scale`: the plane's first output. */
const rowParams = i32Params(['x', 'y', 'scale', 'depth', 'height']);
type RowPlace = Pointers<keyof typeof rowParams>;

export function emitSumGrad(scope: Scope, { plane, operands }: PoolCode): KernelFunction {
  const width = plane.axes[2].input;
  const row = scope.within('.row').func(rowParams, (f, p) => gradRow({ f, plane }, p));
  return unitFunction(scope, operands, (f, p, unit) => {
    const { image, depth, height } = rowOf({ f, plane }, 'input', unit);
    const x = address(p.x, [unit, width * plane.xPixel]);
    const y = address(p.y, [image, plane.outputCells * plane.yPixel]);
    f.run(f.call(row, { x, y, scale: p.scale, depth, height }));
  });
}

function gradRow(site: PlaneSite, row: RowPlace): void {
  const { f, plane } = site;
  const [depth, height, width] = plane.axes;
  const depths = windowsOf(f, depth, row.depth);
  const heights = windowsOf(f, height, row.height);
  const lane = contiguousAxis(plane.channels, 2);
  f.range('column', 0, width.input, 1, (column) => {
    const columns = windowsOf(f, width, column);
    overBlocks(f, { lane, vectors: vectorsAtOnce, place: [row.x, row.y] }, (block) => {
      const [x, y] = block.place;
      const sums = zeros(f, block, 'sum');
      overWindows(f, depths, (d) =>
        overWindows(f, heights, (h) => {
          const cells = affine([d, depth.outputStep], [h, height.outputStep]);
          const cell = f.keep(cells, 'cell');
          const ofRow = zeros(f, block, 'row');
          overWindows(f, columns, (w) =>
            addOutput(site, ofRow, { y, scale: row.scale, output: f.keep(affine(cell, w), 'output') }),
          );
          sums.forEach((sum, v) => f.set(sum, f32x4.add(sum, ofRow[v])));
        }),
      );
      sums.forEach((sum, v) =>
        storeLanes(f, sum, { at: x, count: lanesOf(block, v), offset: v * vectorBytes }),
      );
    });
    f.increase(row.x, plane.xPixel);
  });
}

const zeros = (f: Func, block: Block, name: string): Local<'v128'>[] =>
  Array.from({ length: block.vectors }, () => f.keep(splat(f, 0), name));

function addOutput(
  { f, plane }: PlaneSite,
  sums: readonly Local<'v128'>[],
  { y, scale, output }: Pointers<'y' | 'scale' | 'output'>,
): void {
  const factor = f.keep(v128.load32Splat(address(scale, [output, floatBytes])), 'factor');
  const from = f.keep(address(y, [output, plane.yPixel]), 'from');
  sums.forEach((sum, v) => {
    f.set(sum, f32x4.add(sum, f32x4.mul(v128.load(address(from, v * vectorBytes)), factor)));
  });
}

/** Windows along an axis that reach over cell `i`. */
interface Windows extends Range {
  readonly axis: PlaneAxis;
  readonly i: Local<'i32'>;
}

/** With a dilation, not all of them hold it. */
function windowsOf(f: Func, axis: PlaneAxis, i: Local<'i32'>): Windows {
  const { kernel, stride, dilation, padBefore, output } = axis;
  const before = f.keep(affine(i, padBefore - (kernel - 1) * dilation), 'before');
  f.set(before, greater(before, 0));
  const first = f.keep(i32.divU(affine(before, stride - 1), stride), 'first');
  const end = f.keep(affine(i32.divU(affine(i, padBefore), stride), 1), 'end');
  f.set(end, less(end, output));
  return { axis, i, first, end };
}

/** `body` for those that do. */
function overWindows(f: Func, { axis, i, first, end }: Windows, body: (o: Local<'i32'>) => void): void {
  const { stride, dilation, padBefore } = axis;
  f.range('o', first, end, 1, (o) => {
    if (dilation === 1) return body(o);
    const distance = affine(i, padBefore, [o, -stride]);
    f.if(i32.eqz(i32.remU(distance, dilation)), () => body(o));
  });
}
