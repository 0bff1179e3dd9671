// Maps as tables of numbers.

import type { NumberTableData } from '../../components/NumberTables.svelte';
import { type MapData, product } from './scene.ts';

/** A table for each channel, in 3-D for each slice. */
export function tablesOf(
  map: MapData,
  name: string,
  values: ArrayLike<number> = map.values,
): NumberTableData[] {
  const rank = map.sizes.length;
  const slices = rank === 3 ? map.sizes[0]! : 1;
  const rows = rank === 1 ? 1 : map.sizes[rank - 2]!;
  const columns = map.sizes[rank - 1]!;
  const first = { row: rank === 1 ? 0 : -map.origin[rank - 2]!, column: -map.origin[rank - 1]! };
  return Array.from({ length: map.channels * slices }, (_, i) => {
    const [channel, slice] = [Math.floor(i / slices), i % slices];
    const from = channel * product(map.sizes) + slice * rows * columns;
    const parts = [
      name,
      map.channels > 1 && `channel ${channel}`,
      rank === 3 && `depth ${slice - map.origin[0]!}`,
    ];
    return {
      name: parts.filter((part) => part !== false).join(', '),
      rows,
      columns,
      values: Array.prototype.slice.call(values, from, from + rows * columns),
      first,
    };
  });
}
