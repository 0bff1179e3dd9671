// The step that transforms all tiles of a map into planes of a workspace, [group][point][tile][channel].

import { i32 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { type Kernel, kernelParams } from '../kernel.ts';
import { channelBytes, pointsOf, rowBytes, type TileInput } from './tiles.ts';
import { patchBytes, tileTransform } from './tileTransform.ts';

/** Unit = group, tile. */
export function transformKernel(
  key: string,
  input: TileInput,
  groups: number,
  tiles: number,
  e: Engine,
): Kernel {
  const operands = ['x', 'v'];
  const groupBytes = pointsOf(input) * input.planeBytes;
  return {
    key,
    operands,
    units: groups * tiles,
    scratchBytes: patchBytes(input),
    emit(m, name) {
      const transform = tileTransform(m, `${name}Tile`, input, e);
      return m.func(name, kernelParams(operands), (f, p) => {
        f.range('unit', p.from, p.to, 1, (unit) => {
          const group = f.keep(i32.divU(unit, tiles), 'group');
          const tile = f.keep(i32.sub(unit, i32.mul(group, tiles)), 'tile');
          const x = i32.add(p.x, i32.mul(group, input.map.channels * channelBytes(input.map)));
          const v = i32.add(p.v, i32.add(i32.mul(group, groupBytes), i32.mul(tile, rowBytes(input))));
          f.run(f.call(transform, { x, v, tile, patch: p.scratch }));
        });
      });
    },
  };
}
