// Dilated layers whose phases have few cells: each phase is one tile, with zeros around, so that taps outside of the map take no
// products. Phases of an axis have two lengths; each pair of lengths is a shape of its own.

import { lineFiltering } from '../../../../geometry/filtering.ts';
import type { WindowAxis } from '../../../../geometry/types.ts';
import { type ConvTask, needsOrder } from '../convPlan.ts';
import { refuseChannels, shapeOf, type TileAxis, type WinogradShape } from './shape.ts';
import { axesOf, each, onePart, plainSides } from './split.ts';

/** The phases of a dilated axis that are equally long: the longer ones, then the others. Cell by cell for kernels of one tap. */
function lineAxes({ output, kernel, dilation }: WindowAxis): TileAxis[] {
  if (kernel === 1) return [{ first: 0, count: output, outputs: 1, dilation: 1 }];
  const [cells, rest] = [Math.floor(output / dilation), output % dilation];
  return [
    { first: 0, count: rest, outputs: cells + 1, dilation },
    { first: rest, count: dilation - rest, outputs: cells, dilation },
  ].filter((axis) => axis.count * axis.outputs > 0);
}

/** Cells of the longest phase. */
const lineCells = (a: WindowAxis): number => lineAxes(a)[0].outputs;

/** The phases of dilated axes as tiles, a shape for each length of both. They share packed weights. */
export function lineShapes(task: ConvTask): WinogradShape[] {
  const [, ...windows] = axesOf(task.geometry);
  const [rows, columns] = each(windows, lineAxes);
  const line = (axis: 0 | 1, { outputs }: TileAxis) => lineFiltering(outputs, windows[axis].kernel);
  const whole = { parts: [onePart, onePart], sides: plainSides } as const;
  return rows.flatMap((down) =>
    columns.map((across) => {
      const split = { ...whole, filterings: [line(0, down), line(1, across)] as const };
      const name = `lines ${down.first} ${across.first}`;
      return shapeOf(task, { split, axes: [down, across], pad: [0, 0], name });
    }),
  );
}

/** Longer lines take fewer products with the tiles of other maps. */
const longestLine = 3;

export function refuseLines(task: ConvTask): string | null {
  const { geometry: g } = task;
  if (g.paddingMode !== 'zeros') return `needs zero padding; this is ${g.paddingMode}`;
  const [outer, ...windows] = axesOf(g);
  if (windows.every((a) => a.kernel === 1)) return 'needs a kernel of 3 taps';
  const centred = (a: WindowAxis): boolean =>
    a.stride === 1 && a.output === a.input && 2 * a.padBefore === (a.kernel - 1) * a.dilation;
  const bad = windows.find((a) => !centred(a) || (a.kernel !== 1 && a.kernel !== 3));
  if (bad || outer.stride > 1)
    return 'needs stride 1, and kernels of 3 taps, or 1, with as much padding as dilation';
  const cells = Math.max(...windows.map(lineCells));
  if (cells > longestLine) return `needs phases of up to ${longestLine} cells; these have ${cells}`;
  return needsOrder('pixels', task) ?? refuseChannels(g, 1);
}
