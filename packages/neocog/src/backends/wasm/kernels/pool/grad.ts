// The adjoint of sum pooling, from the side of its result: each cell of x sums the outputs whose windows hold it, so rows
// of x are independent. Cell i lies in window o where i + pad − o·stride is one of the kernel's taps.

import {
  type Code,
  type Func,
  f32x4,
  greater,
  i32,
  type Local,
  less,
  type Module,
  v128,
} from '../../assembler/index.ts';
import { splat } from '../../fused/math.ts';
import { type KernelFunction, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { contiguousAxis } from '../loops/loopNest.ts';
import { type Block, lanesOf, overBlocks } from '../loops/loopNestCode.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { type PixelPlane, type PlaneAxis, type Range, rowOf } from './plane.ts';

const vectorsAtOnce = 4;

/** `x`: the row's first cell; `y`, `scale`: the plane's first output. */
const rowParams = { x: 'i32', y: 'i32', scale: 'i32', depth: 'i32', height: 'i32' } as const;
type RowPlace = { readonly [K in keyof typeof rowParams]: Local<'i32'> };

export function emitSumGrad(
  m: Module,
  name: string,
  plane: PixelPlane,
  operands: readonly string[],
): KernelFunction {
  const width = plane.axes[2].input;
  const row = m.func(`${name}.row`, rowParams, (f, p) => gradRow(f, plane, p));
  return unitFunction(m, name, operands, (f, p, unit) => {
    const { image, depth, height } = rowOf(f, plane, 'input', unit);
    const x = i32.add(p.x, i32.mul(unit, width * plane.xPixel));
    const y = i32.add(p.y, i32.mul(image, plane.outputCells * plane.yPixel));
    f.run(f.call(row, { x, y, scale: p.scale, depth, height }));
  });
}

function gradRow(f: Func, plane: PixelPlane, row: RowPlace): void {
  const [depth, height, width] = plane.axes;
  const depths = windowsOf(f, depth, row.depth);
  const heights = windowsOf(f, height, row.height);
  f.range('column', 0, width.input, 1, (column) => {
    const columns = windowsOf(f, width, column);
    overBlocks(f, contiguousAxis(plane.channels, 2), vectorsAtOnce, [row.x, row.y], (block, [x, y]) => {
      const sums = zeros(f, block, 'sum');
      overWindows(f, depth, row.depth, depths, (d) =>
        overWindows(f, height, row.height, heights, (h) => {
          const cells = i32.add(i32.mul(d, depth.outputStep), i32.mul(h, height.outputStep));
          const cell = f.keep(cells, 'cell');
          const ofRow = zeros(f, block, 'row');
          overWindows(f, width, column, columns, (w) =>
            addOutput(f, plane, ofRow, y as Local<'i32'>, row.scale, i32.add(cell, w)),
          );
          sums.forEach((sum, v) => f.set(sum, f32x4.add(sum, ofRow[v])));
        }),
      );
      sums.forEach((sum, v) => storeLanes(f, x as Local<'i32'>, sum, lanesOf(block, v), v * vectorBytes));
    });
    f.increase(row.x, plane.xPixel);
  });
}

const zeros = (f: Func, block: Block, name: string): Local<'v128'>[] =>
  Array.from({ length: block.vectors }, () => f.keep(splat(f, 0), name));

function addOutput(
  f: Func,
  { yPixel }: PixelPlane,
  sums: readonly Local<'v128'>[],
  y: Local<'i32'>,
  scale: Local<'i32'>,
  cell: Code<'i32'>,
): void {
  const output = f.keep(cell, 'output');
  const factor = f.keep(v128.load32Splat(i32.add(scale, i32.mul(output, floatBytes))), 'factor');
  const from = f.keep(i32.add(y, i32.mul(output, yPixel)), 'from');
  sums.forEach((sum, v) => {
    f.set(sum, f32x4.add(sum, f32x4.mul(v128.load(from, { offset: v * vectorBytes }), factor)));
  });
}

/** The windows that reach over cell `i`: with a dilation, not all of them hold it. */
function windowsOf(f: Func, axis: PlaneAxis, i: Local<'i32'>): Range {
  const { kernel, stride, dilation, padBefore, output } = axis;
  const before = f.keep(i32.add(i, padBefore - (kernel - 1) * dilation), 'before');
  f.set(before, greater(before, 0));
  const first = f.keep(i32.divU(i32.add(before, stride - 1), stride), 'first');
  const end = f.keep(i32.add(i32.divU(i32.add(i, padBefore), stride), 1), 'end');
  f.set(end, less(end, output));
  return { first, end };
}

function overWindows(
  f: Func,
  { stride, dilation, padBefore }: PlaneAxis,
  i: Local<'i32'>,
  { first, end }: Range,
  body: (o: Local<'i32'>) => void,
): void {
  f.range('o', first, end, 1, (o) => {
    if (dilation === 1) return body(o);
    const distance = i32.sub(i32.add(i, padBefore), i32.mul(o, stride));
    f.if(i32.eqz(i32.remU(distance, dilation)), () => body(o));
  });
}
