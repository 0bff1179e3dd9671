// Augmentation without choosing: a list of changes with a common scale of strength, from which each sample gets some at random.
// RandAugment (Cubuk et al., 2019) and TrivialAugment (Müller and Hutter, 2021) with torchvision's changes and strengths.

import type { Generator } from 'neocog';
import { type Fields, needOptions, whole } from 'neocog/arguments';
import { roundToEven } from 'neocog/pixels';
import { adjustBrightness, adjustContrast, adjustSaturation } from './colours.ts';
import { sizeOf, type TransformSample } from './sample.ts';
import { adjustSharpness, equalizeTones, posterizeTones, solarizeTones, stretchTones } from './tones.ts';
import { drawn, type Transform } from './transform.ts';
import { turn, type WarpOptions, warpAffine, warpFields } from './turns.ts';

type Parts = Partial<TransformSample>;

/** One change of a policy: how strong it is at each step of the scale, and what it does. */
export interface Change {
  /** Strength at `step` of `steps`. */
  readonly at: (step: number, steps: number) => number;
  /** Whether half of the time the strength is negative. */
  readonly isSigned: boolean;
  readonly run: (sample: TransformSample, strength: number, options: WarpOptions) => Parts;
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** Evenly from one strength to another. */
const evenly =
  (from: number, to: number): Change['at'] =>
  (step, steps) =>
    from + ((to - from) * step) / (steps - 1);

const look =
  (adjust: (image: TransformSample['image'], factor: number) => TransformSample['image']): Change['run'] =>
  (sample, strength) => ({ image: adjust(sample.image, 1 + strength) });

const lean =
  (axis: 0 | 1): Change['run'] =>
  (sample, strength, options) => {
    const angle = degrees(Math.atan(strength));
    const shear = axis === 0 ? ([angle, 0] as const) : ([0, angle] as const);
    return warpAffine('randAugment', sample, { shear, center: [0, 0] }, options);
  };

/** By a share of the side, in whole pixels. */
const moveBy =
  (axis: 0 | 1, ofSide: boolean): Change['run'] =>
  (sample, strength, options) => {
    const { width, height } = sizeOf(sample);
    const by = Math.trunc(strength * (ofSide ? [width, height][axis] : 1));
    const translate = axis === 0 ? ([by, 0] as const) : ([0, by] as const);
    return warpAffine('randAugment', sample, { translate }, options);
  };

/** Bits that are kept at a step: from 8 down by as many as `lost`. */
const bits =
  (lost: number): Change['at'] =>
  (step, steps) =>
    8 - roundToEven((step * lost) / (steps - 1));

/** How strong changes are at most. */
interface Strengths {
  readonly shear: number;
  readonly move: number;
  /** Whether moves are shares of the side, or pixels. */
  readonly ofSide: boolean;
  readonly turn: number;
  readonly look: number;
  readonly lostBits: number;
}

function changesOf(most: Strengths): Readonly<Record<string, Change>> {
  const signed = (to: number, run: Change['run']): Change => ({ at: evenly(0, to), isSigned: true, run });
  return {
    identity: { at: () => 0, isSigned: false, run: () => ({}) },
    shearX: signed(most.shear, lean(0)),
    shearY: signed(most.shear, lean(1)),
    translateX: signed(most.move, moveBy(0, most.ofSide)),
    translateY: signed(most.move, moveBy(1, most.ofSide)),
    rotate: signed(most.turn, (sample, strength, options) => turn(sample, strength, options)),
    brightness: signed(most.look, look(adjustBrightness)),
    color: signed(most.look, look(adjustSaturation)),
    contrast: signed(most.look, look(adjustContrast)),
    sharpness: signed(most.look, look(adjustSharpness)),
    posterize: {
      at: bits(most.lostBits),
      isSigned: false,
      run: ({ image }, strength) => ({ image: posterizeTones(image, strength) }),
    },
    solarize: {
      at: evenly(1, 0),
      isSigned: false,
      run: ({ image }, strength) => ({ image: solarizeTones(image, strength) }),
    },
    autoContrast: { at: () => 0, isSigned: false, run: ({ image }) => ({ image: stretchTones(image) }) },
    equalize: { at: () => 0, isSigned: false, run: ({ image }) => ({ image: equalizeTones(image) }) },
  };
}

export const randChanges = changesOf({
  ...{ shear: 0.3, move: 150 / 331, ofSide: true, turn: 30, look: 0.9, lostBits: 4 },
});

export const trivialChanges = changesOf({
  ...{ shear: 0.99, move: 32, ofSide: false, turn: 135, look: 0.99, lostBits: 6 },
});

const steps = 31;

function drawChange(
  changes: Readonly<Record<string, Change>>,
  random: Generator,
  step: number,
): { readonly change: Change; readonly strength: number } {
  const all = Object.values(changes);
  const change = all[random.integer(all.length)];
  const strength = change.at(step, steps);
  return { change, strength: change.isSigned && random.uniform() < 0.5 ? -strength : strength };
}

/** What `randAugment` draws. */
export interface RandAugmentOptions extends WarpOptions {
  /** How many changes, one after the other. Default 2. */
  n?: number | undefined;
  /** How strong, from 0 to 30. Default 9. */
  magnitude?: number | undefined;
}

const randAugmentFields: Fields<RandAugmentOptions> = {
  ...warpFields,
  n: whole(0, 100),
  magnitude: whole(0, steps - 1),
};

/**
 * RandAugment: `n` of fourteen changes at random, all of one strength. Masks, boxes and points move along.
 *
 * @throws ShapeError for options out of range.
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  needOptions('randAugment', options, randAugmentFields);
  const { n = 2, magnitude = 9 } = options;
  return drawn(['randAugment', options], (sample, random) => {
    let parts: Parts = {};
    for (let i = 0; i < n; i++) {
      const { change, strength } = drawChange(randChanges, random, magnitude);
      parts = { ...parts, ...change.run({ ...sample, ...parts }, strength, readings(options)) };
    }
    return parts;
  });
}

/**
 * TrivialAugment in its wide form: one of fourteen changes at random, of random strength. Masks, boxes and points move along.
 *
 * @throws ShapeError for options that are unknown.
 */
export function trivialAugment(options: WarpOptions = {}): Transform {
  needOptions('trivialAugment', options, warpFields);
  return drawn(['trivialAugment', options], (sample, random) => {
    const { change, strength } = drawChange(trivialChanges, random, random.integer(steps));
    return change.run(sample, strength, readings(options));
  });
}

const readings = ({ interpolation, fill, maskFill }: WarpOptions): WarpOptions => ({
  interpolation,
  fill,
  maskFill,
});
