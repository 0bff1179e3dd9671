// Mean average precision of boxes by COCO's definition (Lin et al., "Microsoft COCO: Common objects in context", 2014;
// cocodataset.org/#detection-eval): precision at 101 recalls, averaged over ten thresholds of overlap and over the classes.

import { between, type Field, field, isListOf, isSize, need, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import {
  type Box,
  type BoxFormat,
  type Detections,
  detectionsOf,
  someDetections,
  someTruths,
  type TrueBoxes,
  truthsOf,
} from './boxes.ts';
import { total } from './confusion.ts';
import { type AreaRange, type Matches, match, type Outcome, type Scene, sceneOf } from './matching.ts';

/** How `metrics.meanAveragePrecision` reads boxes and counts. */
export interface MeanAveragePrecisionOptions {
  /** Both corners, or the upper left one and the size. Default 'xyxy'. */
  format?: BoxFormat | undefined;
  /** From which intersection over union on a box is found. Default 0.5, 0.55 … 0.95. */
  iouThresholds?: readonly number[] | undefined;
  /** How many boxes of a class, the surest, are looked at in a picture, ascending: recalls are for each, precision for the last. Default [1, 10, 100]. */
  maxDetections?: readonly number[] | undefined;
  /** How many classes there are. Default: as the largest label tells. */
  classes?: number | undefined;
}

const thresholds = between(0, 1);
const counts = field<number>('whole', (v) => isSize(v, 1));
const fields: Fields<MeanAveragePrecisionOptions> = {
  format: oneOf<BoxFormat>('xyxy', 'xywh') as Field<BoxFormat>,
  iouThresholds: field(
    'a list of at least 1 number from 0 to 1',
    (v) => isListOf(v, thresholds.ok) && v.length > 0,
  ),
  maxDetections: field(
    'a list of at least 1 whole number from 1, ascending',
    (v) =>
      isListOf(v, counts.ok) &&
      v.length > 0 &&
      v.every((n, i) => i === 0 || (v[i - 1] as number) < (n as number)),
  ),
  classes: field('a whole number from 1 to 65536', (v) => isSize(v, 1) && v <= 65536),
};

/** What `metrics.meanAveragePrecision` gives. As COCO has it, −1 stands where nothing is there that could be found. */
export interface MeanAveragePrecision {
  /** Over all thresholds and classes: COCO's AP. */
  readonly ap: number;
  /** At a threshold of 0.5; −1 where that is not among the thresholds. */
  readonly ap50: number;
  /** At a threshold of 0.75; −1 where that is not among the thresholds. */
  readonly ap75: number;
  /** Of what is smaller than 32². */
  readonly apSmall: number;
  /** Of what is from 32² to 96². */
  readonly apMedium: number;
  /** Of what is larger than 96². */
  readonly apLarge: number;
  /** The largest recall with each of `maxDetections`, over thresholds and classes. */
  readonly ar: number[];
  /** With the last of `maxDetections`, of what is smaller than 32². */
  readonly arSmall: number;
  /** With the last of `maxDetections`, of what is from 32² to 96². */
  readonly arMedium: number;
  /** With the last of `maxDetections`, of what is larger than 96². */
  readonly arLarge: number;
  /** `ap` of each class. */
  readonly perClass: number[];
}

/** COCO's numbers, to the last bit: what overlaps by exactly one of them must be found. */
const usualThresholds = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + (i * (0.95 - 0.5)) / 9));
const recalls = Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01));
const ranges = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;

/**
 * How well boxes are found, over a set of pictures, as COCO counts it.
 *
 * @param found what the network found in each picture, in pixels.
 * @param truth what is in each picture, in the same order.
 * @throws ShapeError for lists of different lengths, boxes of negative size, and what is no class.
 * @example
 * const found = [{ boxes: [[10, 10, 60, 50]], scores: [0.9], labels: [0] }];
 * metrics.meanAveragePrecision(found, [{ boxes: [[12, 10, 60, 50]], labels: [0] }]).ap50 // 1
 */
export function meanAveragePrecision(
  found: readonly Detections[],
  truth: readonly TrueBoxes[],
  options: MeanAveragePrecisionOptions = {},
): MeanAveragePrecision {
  const fn = 'meanAveragePrecision';
  need(fn, 'found', found, someDetections);
  need(fn, 'truth', truth, someTruths);
  needOptions(fn, options, fields);
  if (found.length !== truth.length)
    throw new ShapeError(
      `${fn}: found is of ${found.length} pictures, truth of ${truth.length}; give the same pictures`,
    );
  const { format = 'xyxy', iouThresholds = usualThresholds, maxDetections = [1, 10, 100] } = options;
  const pictures = found.map((one, i): Picture => {
    const place = (list: string) => ({ fn, at: `${list}[${i}]`, format });
    return { found: detectionsOf(place('found'), one), truths: truthsOf(place('truth'), truth[i]) };
  });
  const classes = countClasses(pictures, options.classes);
  const curves = classes.map((label) => curvesOf(label, pictures, { iouThresholds, maxDetections }));
  return summarise(curves, iouThresholds);
}

interface Picture {
  readonly found: readonly Box[];
  readonly truths: readonly Box[];
}

function countClasses(pictures: readonly Picture[], given: number | undefined): number[] {
  let most = -1;
  for (const { found, truths } of pictures)
    for (const { label } of [...found, ...truths]) most = Math.max(most, label);
  const count = given ?? most + 1;
  if (most >= count || count > 65536) {
    const remedy = given === undefined ? 'give classes below 65536' : `give classes from 0 to ${count - 1}`;
    throw new ShapeError(`meanAveragePrecision: there is a label ${most}; ${remedy}`);
  }
  return Array.from({ length: count }, (_, label) => label);
}

/** Per threshold; null where nothing is there that could be found. */
interface Curve {
  /** Precision at each recall. */
  readonly precision: readonly (readonly number[])[];
  readonly recall: readonly number[];
}

/** Of one class. */
interface Curves {
  readonly byRange: Readonly<Record<keyof typeof ranges, Curve | null>>;
  /** Of all sizes, for each number of detections. */
  readonly byCount: readonly (Curve | null)[];
}

interface Counting {
  readonly iouThresholds: readonly number[];
  readonly maxDetections: readonly number[];
}

function curvesOf(
  label: number,
  pictures: readonly Picture[],
  { iouThresholds, maxDetections }: Counting,
): Curves {
  const most = maxDetections[maxDetections.length - 1];
  const ofLabel = (boxes: readonly Box[]): Box[] => boxes.filter((box) => box.label === label);
  const scenes = pictures.map(({ found, truths }): Scene => sceneOf(ofLabel(found), ofLabel(truths), most));
  const matchesIn = (range: AreaRange): Matches[] =>
    scenes.map((scene) => match(scene, range, iouThresholds));
  const everywhere = matchesIn(ranges.all);
  const plan = (count: number): Cut => ({ count, thresholds: iouThresholds.length });
  const curve = (range: AreaRange): Curve | null => curveOf(matchesIn(range), plan(most));
  return {
    byRange: {
      all: curveOf(everywhere, plan(most)),
      small: curve(ranges.small),
      medium: curve(ranges.medium),
      large: curve(ranges.large),
    },
    byCount: maxDetections.map((count) => curveOf(everywhere, plan(count))),
  };
}

/** The surest boxes of each picture that are looked at, and the number of thresholds. */
interface Cut {
  readonly count: number;
  readonly thresholds: number;
}

/** All pictures together. */
function curveOf(matches: readonly Matches[], { count, thresholds }: Cut): Curve | null {
  const there = total(matches.map((picture) => picture.there));
  if (there === 0) return null;
  const outcomes = matches.flatMap(({ found }) => found.slice(0, count)).sort((a, b) => b.score - a.score);
  const curves = Array.from({ length: thresholds }, (_, threshold) => curveAt(threshold, outcomes, there));
  return { precision: curves.map(({ precision }) => precision), recall: curves.map(({ recall }) => recall) };
}

function curveAt(
  threshold: number,
  outcomes: readonly Outcome[],
  there: number,
): { readonly precision: readonly number[]; readonly recall: number } {
  const reached: number[] = [];
  const precision: number[] = [];
  let [right, wrong] = [0, 0];
  for (const { matched, ignored } of outcomes) {
    if (!ignored[threshold]) {
      if (matched[threshold]) right++;
      else wrong++;
    }
    reached.push(right / there);
    precision.push(right / (wrong + right + Number.EPSILON));
  }
  // The best precision at this recall or a higher one.
  for (let i = precision.length - 1; i > 0; i--) precision[i - 1] = Math.max(precision[i - 1], precision[i]);
  let at = 0;
  const sampled = recalls.map((recall) => {
    while (at < reached.length && reached[at] < recall) at++;
    return precision[at] ?? 0;
  });
  return { precision: sampled, recall: right / there };
}

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? -1 : total(values) / values.length;

function summarise(classes: readonly Curves[], iouThresholds: readonly number[]): MeanAveragePrecision {
  const curvesIn = (range: keyof typeof ranges): Curve[] =>
    classes.flatMap(({ byRange }) => byRange[range] ?? []);
  const ap = (curves: readonly Curve[], keep: (threshold: number) => boolean = () => true): number =>
    meanOf(curves.flatMap(({ precision }) => precision.filter((_, t) => keep(iouThresholds[t])).flat()));
  const ar = (curves: readonly Curve[]): number => meanOf(curves.flatMap(({ recall }) => recall));
  const near = (wanted: number) => (threshold: number) => Math.abs(threshold - wanted) < 1e-9;
  const [all, small, medium, large] = [
    curvesIn('all'),
    curvesIn('small'),
    curvesIn('medium'),
    curvesIn('large'),
  ];
  const hasNear = (wanted: number): boolean => iouThresholds.some(near(wanted));
  return {
    ap: ap(all),
    ap50: hasNear(0.5) ? ap(all, near(0.5)) : -1,
    ap75: hasNear(0.75) ? ap(all, near(0.75)) : -1,
    apSmall: ap(small),
    apMedium: ap(medium),
    apLarge: ap(large),
    ar: (classes[0]?.byCount ?? []).map((_, m) => ar(classes.flatMap(({ byCount }) => byCount[m] ?? []))),
    arSmall: ar(small),
    arMedium: ar(medium),
    arLarge: ar(large),
    perClass: classes.map(({ byRange }) => ap(byRange.all ? [byRange.all] : [])),
  };
}
