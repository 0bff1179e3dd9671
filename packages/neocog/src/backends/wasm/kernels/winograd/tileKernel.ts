// The step that transforms all tiles of a map into planes of a workspace, [group][point][tile][channel].

import { address } from '../../assembler/index.ts';
import { type Kernel, unitFunction } from '../kernel.ts';
import type { WinogradShape } from './shape.ts';
import { channelBytes, divideBy, pointsOf, rowBytes, type TileInput } from './tiles.ts';
import { patchBytes, tileTransform } from './tileTransform.ts';

/** Unit = group, tile. `name` tells kernels of a shape apart. */
export function transformKernel(s: WinogradShape, name: string, input: TileInput): Kernel {
  const operands = ['x', 'v'];
  const groupBytes = pointsOf(input) * input.planeBytes;
  return {
    key: `${s.key} ${name}`,
    operands,
    units: s.groups * s.tiles,
    scratchBytes: patchBytes(input),
    emit(scope) {
      const transform = tileTransform(scope.within('Tile'), input);
      return unitFunction(scope, operands, (f, p, unit) => {
        const [group, tile] = divideBy(f, unit, { by: s.tiles, names: ['group', 'tile'] });
        const x = address(p.x, [group, input.map.channels * channelBytes(input.map)]);
        const v = address(p.v, [group, groupBytes], [tile, rowBytes(input)]);
        f.run(f.call(transform, { x, v, tile, patch: p.scratch }));
      });
    },
  };
}
