// How well a network draws masks: how far what it takes for a class overlaps what is of the class, counted in pixels of its own size.

import { metrics, type Program, type Tensor } from 'neocog';
import { formatColumns, formatCount, formatShare } from '../../table.ts';
import { type Looking, type Runnable, whileCompiled, withBar } from '../trained.ts';
import { noClass } from './classes.ts';

/** What is measured. */
export interface MaskTest extends Looking {
  readonly network: Runnable;
  readonly classes: readonly string[];
}

/** Of each class, and over all of them; NaN for a class that is nowhere. */
export interface Overlaps {
  /** Intersection over union. */
  readonly iou: readonly number[];
  readonly dice: readonly number[];
  /** Of all pixels, how many are of the class. */
  readonly share: readonly number[];
  readonly accuracy: number;
  readonly meanIoU: number;
  readonly meanDice: number;
}

export interface MaskFigures extends Overlaps {
  /** `confusion[t][p]`: how many pixels of class t were taken for class p. */
  readonly confusion: readonly (readonly number[])[];
  /** The mean intersection over union of each picture, by its place in the data set; undefined for what could not be read. */
  readonly pictures: readonly (number | undefined)[];
  readonly tested: number;
}

export function measureMasks(
  { network, classes, ...looking }: MaskTest,
  threads: number,
): Promise<MaskFigures> {
  return whileCompiled(network, threads, (program) =>
    withBar(looking, 'looking at pictures', async (seen) => {
      const sum = classes.map(() => new Array<number>(classes.length).fill(0));
      const pictures: (number | undefined)[] = [];
      for await (const { x, y, index } of seen) {
        const counts = confusionOf(await maskOf(program, x), y, classes.length);
        for (const [t, row] of counts.entries())
          for (const [p, count] of row.entries())
            (sum[t] as number[])[p] = ((sum[t] as number[])[p] ?? 0) + count;
        pictures[index?.[0] ?? 0] = overlapsOf(counts).meanIoU;
      }
      const tested = pictures.filter((iou) => iou !== undefined).length;
      return { ...overlapsOf(sum), confusion: sum, pictures, tested };
    }),
  );
}

/** The class of each pixel, by the largest score. */
export async function maskOf(program: Program, x: Tensor): Promise<Int32Array> {
  const { data, shape } = await program.run(x);
  const [, classes, height, width] = shape as [number, number, number, number];
  return argmaxOf(data, classes, height * width);
}

/** Of planes one behind the other, the first of the largest. */
export function argmaxOf(scores: ArrayLike<number>, classes: number, cells: number): Int32Array {
  const taken = new Int32Array(cells);
  for (let c = 1; c < classes; c++)
    for (let i = 0; i < cells; i++)
      if ((scores[c * cells + i] as number) > (scores[(taken[i] as number) * cells + i] as number))
        taken[i] = c;
  return taken;
}

/** Pixels of no class do not count. */
const confusionOf = (taken: Int32Array, { data }: Tensor, classes: number): number[][] =>
  metrics.confusion(taken, data, { classes, ignoreIndex: noClass });

export function overlapsOf(confusion: readonly (readonly number[])[]): Overlaps {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const mean = (values: readonly number[]): number => {
    const known = values.filter((value) => !Number.isNaN(value));
    return sum(known) / known.length;
  };
  const right = confusion.map((row, c) => row[c] ?? 0);
  const there = confusion.map(sum);
  const taken = confusion.map((_, c) => sum(confusion.map((row) => row[c] ?? 0)));
  const all = sum(there);
  const each = (of: (right: number, both: number) => number): number[] =>
    right.map((value, c) => of(value, (there[c] ?? 0) + (taken[c] ?? 0)));
  const [iou, dice] = [each((r, both) => r / (both - r)), each((r, both) => (2 * r) / both)];
  return {
    ...{ iou, dice, meanIoU: mean(iou), meanDice: mean(dice) },
    share: there.map((count) => count / all),
    accuracy: sum(right) / all,
  };
}

/** As `neocog evaluate` prints it. */
export function describeMasks(figures: MaskFigures, classes: readonly string[]): string {
  const { iou, dice, share, meanIoU, meanDice, accuracy, tested } = figures;
  const shareOf = (value: number | undefined): string => formatOverlap(value ?? Number.NaN);
  const rows = classes.map((name, i) => [name, ...[share[i], iou[i], dice[i]].map(shareOf)]);
  const all = ['mean', '', shareOf(meanIoU), shareOf(meanDice)];
  const table = formatColumns([['class', 'of all pixels', 'IoU', 'Dice'], ...rows, all], 1);
  return `${formatShare(accuracy)} of all pixels of ${formatCount(tested)} pictures right\n\n${table}\n`;
}

/** A class that is nowhere has no overlap. */
export const formatOverlap = (value: number): string => (Number.isNaN(value) ? '–' : formatShare(value, 1));

/** As `neocog evaluate --json` prints it. */
export function jsonOfMasks(figures: MaskFigures, classes: readonly string[]): object {
  const { iou, dice, share, meanIoU, meanDice, accuracy, tested, confusion } = figures;
  return {
    ...{ pictures: tested, accuracy, meanIoU, meanDice },
    classes: classes.map((name, i) => ({ name, share: share[i], iou: iou[i], dice: dice[i] })),
    confusion,
  };
}
