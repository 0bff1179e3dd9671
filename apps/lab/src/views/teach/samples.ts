// What was recorded: for each class its samples, with small pictures of them. Kept as long as the page is open. Pure but for that.

import type { PixelData } from '../../work/pictures.ts';
import type { Lesson } from './work/sense.ts';
import type { Kind } from './work/teach.worker.ts';

export interface Sample {
  readonly features: Float32Array;
  /** A small picture; null where the features themselves are drawn. */
  readonly thumb: PixelData | null;
}

/** By class. */
export type Recorded = readonly (readonly Sample[])[];

/** In a class; more help little and take their time. */
export const mostSamples = 200;

interface Kept {
  readonly names: readonly string[];
  readonly recorded: Recorded;
}

/** By kind: what the visitor finds again who comes back to the view. */
export const session = new Map<Kind, Kept>();

export const withSample = (recorded: Recorded, id: number, sample: Sample): Recorded =>
  filled(recorded, id).map((own, i) => (i === id && own.length < mostSamples ? [...own, sample] : own));

export const withoutSample = (recorded: Recorded, id: number, place: number): Recorded =>
  recorded.map((own, i) => (i === id ? own.filter((_, p) => p !== place) : own));

export const withoutClass = (recorded: Recorded, id: number): Recorded => recorded.filter((_, i) => i !== id);

export const emptied = (recorded: Recorded, id: number): Recorded =>
  recorded.map((own, i) => (i === id ? [] : own));

/** With a list for class `id`. */
const filled = (recorded: Recorded, id: number): Recorded =>
  Array.from({ length: Math.max(recorded.length, id + 1) }, (_, i) => recorded[i] ?? []);

export const countOf = (recorded: Recorded): number => recorded.reduce((sum, own) => sum + own.length, 0);

/** Null while fewer than two classes have samples. */
export function lessonOf(recorded: Recorded, classes: number): Lesson | null {
  const taught = recorded.slice(0, classes);
  if (taught.filter((own) => own.length > 0).length < 2) return null;
  const all = taught.flat();
  const size = all[0]!.features.length;
  const features = new Float32Array(all.length * size);
  all.forEach((sample, i) => features.set(sample.features, i * size));
  return { features, labels: taught.flatMap((own, id) => own.map(() => id)), classes };
}
