// What the eye and the ear of the view have in common: each turns what comes into features, and learns classes of them.

import type { EsModuleOptions } from '@neocog/formats';
import type { nn } from 'neocog';

/** Values over what is seen or heard, row by row. */
export interface Overlay {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** What was seen or heard once. */
export interface Sensed {
  /** What a class is learned from. */
  readonly features: Float32Array;
  /** A share of 1 for each class; null before anything was learned. */
  readonly shares: Float32Array | null;
  /** Where it is that speaks for the likeliest class; null where that is not asked for. */
  readonly map: Overlay | null;
}

/** Features of all samples one after the other, and the class of each. */
export interface Lesson {
  readonly features: Float32Array;
  readonly labels: readonly number[];
  readonly classes: number;
}

export interface Hooks {
  /** The share of the work that is done. */
  readonly report: (share: number) => void;
  readonly signal: AbortSignal;
}

/** A network that runs alone: from what comes to a score for each class. */
export interface Whole {
  readonly net: nn.Module;
  readonly input: readonly number[];
  /** How a page gives it what it takes. */
  readonly page: Pick<EsModuleOptions, 'pixels' | 'sound'>;
}

/** Learns and answers. */
export interface Sense {
  /** @returns false where the signal ended it: what was known before is still known then */
  learn(lesson: Lesson, hooks: Hooks): Promise<boolean>;
  /** Forgets all classes. */
  forget(): void;
  /** @throws Error before anything was learned */
  whole(): Whole;
  close(): void;
}
