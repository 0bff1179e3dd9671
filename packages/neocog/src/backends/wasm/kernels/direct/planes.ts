// Rows of a direct kernel whose results lie as planes: a row is made as pixels in scratch, and turned into planes while it is
// in the first cache.

import { product } from '../../../../geometry/window.ts';
import { address, type Func, type FuncRef, type Scope, v128 } from '../../assembler/index.ts';
import type { Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { storePlanes } from '../transpose.ts';
import { type RowParams, type RowSpec, rowFunction, rowParams } from './row.ts';

/** As `rowFunction`; `yRow` is the row in the block's first plane, `scratch` takes its pixels. */
export function planesRowFunction(scope: Scope, spec: RowSpec): FuncRef<RowParams, 'void'> {
  const { plan, block } = spec;
  const pixels = rowFunction(scope.within('Pixels'), {
    ...spec,
    plan: { ...plan, yPitch: 4 * block.vectors },
  });
  const params: RowParams = { ...rowParams(spec), scratch: 'i32' };
  return scope.func(params, (f, p) => {
    f.run(f.call(pixels, { ...p, yRow: p.scratch }));
    turnRow(f, spec, p);
  });
}

function turnRow(f: Func, { plan, block }: RowSpec, p: Pointers): void {
  const { results: count } = plan.axes[plan.axes.length - 1];
  const plane = product(plan.axes.map((a) => a.ySize)) * floatBytes;
  const pixel = block.vectors * vectorBytes;
  const [from, y] = [f.keep(p.scratch, 'from'), f.keep(p.yRow, 'yPixel')];
  const turn = (pixels: number): void => {
    for (let v = 0; v < block.vectors; v++) {
      const channels = Math.min(4, block.kept - 4 * v);
      const vectors = Array.from({ length: pixels }, (_, i) =>
        v128.load(address(from, i * pixel + v * vectorBytes)),
      );
      storePlanes(f, vectors, { channels, y, offset: 4 * v * plane, plane });
    }
  };
  if (count >= 4)
    f.repeat(Math.floor(count / 4), () => {
      turn(4);
      f.increase(from, 4 * pixel);
      f.increase(y, 4 * floatBytes);
    });
  if (count % 4 > 0) turn(count % 4);
}
