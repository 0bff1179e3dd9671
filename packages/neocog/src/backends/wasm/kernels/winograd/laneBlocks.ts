// The target channels of a group in blocks as wide as the register tile, and their weights in memory:
// packed `[block][channel][tap][lane]` or transformed `[block][point][channel][lane]`.

import { affine, type Code, type Func, type Local } from '../../assembler/index.ts';
import { blocksFor, type Engine, type Tile } from '../../engine.ts';
import { inCase } from '../kernel.ts';
import type { WeightSteps } from './shape.ts';

/** Consecutive blocks that the same code serves. */
export interface LaneRun {
  readonly tile: Tile;
  /** Lanes of one block that are channels. */
  readonly lanes: number;
  /** Number of the first block, and its first channel within the group. */
  readonly first: number;
  readonly channel: number;
  readonly count: number;
}

export const laneWidth = (run: LaneRun): number => 4 * run.tile.vectors;

/** At most four runs: whole blocks, and the narrower ones of the remainder; the last one may have empty lanes. */
export function laneRuns(channels: number, e: Engine): LaneRun[] {
  const runs: LaneRun[] = [];
  let channel = 0;
  blocksFor(e, Math.ceil(channels / 4)).forEach((tile, first) => {
    const lanes = Math.min(4 * tile.vectors, channels - channel);
    const last = runs.at(-1);
    if (last && last.tile.vectors === tile.vectors && last.lanes === lanes) {
      runs[runs.length - 1] = { ...last, count: last.count + 1 };
    } else runs.push({ tile, lanes, first, channel, count: 1 });
    channel += lanes;
  });
  return runs;
}

export const blockCount = (runs: readonly LaneRun[]): number => runs.reduce((n, r) => n + r.count, 0);

/** A block at run time: of a run, number `index` in it. */
export interface BlockPlace {
  readonly run: LaneRun;
  readonly index: Local<'i32'>;
}

/** Number of the group, besides. */
export interface GroupBlock extends BlockPlace {
  readonly group: Local<'i32'>;
}

/** A block's first channel in its group. */
export const firstLane = ({ run, index }: BlockPlace): Code<'i32'> =>
  affine([index, laneWidth(run)], run.channel);

/** The code of the run that block `number` belongs to. */
export const inRun = (
  f: Func,
  { runs, number }: { readonly runs: readonly LaneRun[]; readonly number: Local<'i32'> },
  body: (place: BlockPlace) => void,
): void =>
  inCase(
    f,
    number,
    runs.map((run) => ({
      end: run.first + run.count,
      body: () =>
        body({ run, index: run.first === 0 ? number : f.keep(affine(number, -run.first), 'index') }),
    })),
  );

/** The first float of the tensor that each block of all groups is made of, if blocks read stretches that follow each other. */
export function blocksReadFrom(
  runs: readonly LaneRun[],
  { group, lane, turned }: WeightSteps,
): ((block: number) => number) | undefined {
  const blocks = blockCount(runs);
  if (turned) return undefined;
  return (block) => {
    const inGroup = block % blocks;
    const run = runs.findLast(({ first }) => first <= inGroup) as LaneRun;
    return Math.floor(block / blocks) * group + (run.channel + (inGroup - run.first) * laneWidth(run)) * lane;
  };
}

/** Bytes of a group's weights, and where each run's begin, if a block of a run takes `blockBytes`. */
export function weightPlaces(
  runs: readonly LaneRun[],
  blockBytes: (run: LaneRun) => number,
): { total: number; start: (run: LaneRun) => number } {
  let total = 0;
  const starts = new Map<LaneRun, number>();
  for (const run of runs) {
    starts.set(run, total);
    total += run.count * blockBytes(run);
  }
  return { total, start: (run) => starts.get(run) as number };
}
