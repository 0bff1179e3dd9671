// Which found box is which true one, in one picture and of one class, as COCO's evaluation matches them (Lin et al., 2014):
// in the order of scores, each takes the best true box that is left. What is a crowd, or of another size than asked for, is
// neither right nor wrong.

import { type Box, overlapOf } from './boxes.ts';

/** Areas in square pixels, with both ends. */
export type AreaRange = readonly [least: number, most: number];

/** A found box at every threshold. */
export interface Outcome {
  readonly score: number;
  /** For each threshold, whether it has a true box. */
  readonly matched: readonly boolean[];
  /** For each threshold, whether it does not count. */
  readonly ignored: readonly boolean[];
}

/** A picture, for one class and one range of areas. */
export interface Matches {
  /** In the order of scores, at most as many as are looked at. */
  readonly found: readonly Outcome[];
  /** True boxes that count. */
  readonly there: number;
}

export interface Scene {
  /** By descending scores, equal ones in the order of the picture. */
  readonly found: readonly Box[];
  readonly truths: readonly Box[];
  /** `overlaps[found][truth]` */
  readonly overlaps: readonly (readonly number[])[];
}

/** A scene of boxes of one class, of which the best `most` are looked at. */
export function sceneOf(found: readonly Box[], truths: readonly Box[], most: number): Scene {
  const best = [...found].sort((a, b) => b.score - a.score).slice(0, most);
  return { found: best, truths, overlaps: best.map((one) => truths.map((truth) => overlapOf(one, truth))) };
}

const isOutside = ({ area }: Box, [least, most]: AreaRange): boolean => area < least || area > most;

/** A true box with its place in the overlaps. */
interface Candidate {
  readonly place: number;
  readonly ignored: boolean;
  readonly crowd: boolean;
}

export function match(
  { found, truths, overlaps }: Scene,
  range: AreaRange,
  thresholds: readonly number[],
): Matches {
  const all = truths.map((truth, place): Candidate => {
    return { place, ignored: truth.crowd || isOutside(truth, range), crowd: truth.crowd };
  });
  // What counts comes before what does not, so that it is preferred.
  const candidates = [...all.filter(({ ignored }) => !ignored), ...all.filter(({ ignored }) => ignored)];
  const perThreshold = thresholds.map((threshold) => {
    const used = new Set<Candidate>();
    return found.map((_, d) => {
      const mine = bestOf(candidates, overlaps[d], { threshold, used });
      if (mine) used.add(mine);
      return mine;
    });
  });
  return {
    found: found.map((one, d) => ({
      score: one.score,
      matched: perThreshold.map((mine) => mine[d] !== null),
      ignored: perThreshold.map((mine) => mine[d]?.ignored ?? isOutside(one, range)),
    })),
    there: all.filter(({ ignored }) => !ignored).length,
  };
}

interface Taking {
  readonly threshold: number;
  readonly used: ReadonlySet<Candidate>;
}

/** The true box that overlaps most, the last of equals; null where none reaches the threshold. */
function bestOf(
  candidates: readonly Candidate[],
  overlaps: readonly number[],
  { threshold, used }: Taking,
): Candidate | null {
  let best: Candidate | null = null;
  let least = Math.min(threshold, 1 - 1e-10);
  for (const candidate of candidates) {
    if (used.has(candidate) && !candidate.crowd) continue;
    if (best && !best.ignored && candidate.ignored) break;
    if (overlaps[candidate.place] < least) continue;
    least = overlaps[candidate.place];
    best = candidate;
  }
  return best;
}
