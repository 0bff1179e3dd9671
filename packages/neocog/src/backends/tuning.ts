// What was measured of the algorithms that may run a convolution: data that JSON keeps, and the store that programs share while
// they are made. Nothing is measured here.

import { aFunction, either, type Field, field, flag, isRecord } from '../arguments/field.ts';
import { counted } from '../arguments/show.ts';
import { version } from '../version.ts';

const format = 'neocog choices';

/** What tuning has measured, as JSON keeps it. Measured choices are good for the machine and the engine that measured them. */
export interface Choices {
  /** Says what this is. */
  readonly format: typeof format;
  /** Of the library that measured. Another one has other kernels, and measures anew. */
  readonly version: string;
  /**
   * Milliseconds of a call on one thread, by algorithm, for each convolution: its geometry, the order of its arrays, what follows its sums,
   * and how the engine multiplies and adds. Null for an algorithm whose results were wrong.
   */
  readonly milliseconds: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** How algorithms are tuned. */
export interface TuneOptions {
  /** What was measured before. Only what it lacks is timed. Default: nothing. */
  known?: Choices | undefined;
  /** Is told how much of the timing is done, from 0 to 1. Default: nobody is. */
  onProgress?: ((share: number) => void) | undefined;
}

const isTime = (v: unknown): boolean => v === null || (Number.isFinite(v) && (v as number) > 0);
const isTimes = (v: unknown): boolean => isRecord(v) && Object.values(v).every(isTime);
const isChoices = (v: unknown): v is Choices =>
  isRecord(v) &&
  v.format === format &&
  typeof v.version === 'string' &&
  isRecord(v.milliseconds) &&
  Object.values(v.milliseconds).every(isTimes);

export const aChoices: Field<Choices> = field(
  `what choices() of a program gave (an object with format '${format}', version and milliseconds)`,
  isChoices,
);

const tuneChecks = { known: aChoices, onProgress: aFunction };
const aTuneOptions: Field<TuneOptions> = field(
  'an object with known, such choices, and onProgress, a function',
  (v) =>
    isRecord(v) &&
    Object.entries(v).every(([key, value]) => {
      const taken = Object.hasOwn(tuneChecks, key) ? tuneChecks[key as keyof typeof tuneChecks] : null;
      return taken !== null && (value === undefined || taken.ok(value));
    }),
);

export const aTune: Field<boolean | Choices | TuneOptions> = either(either(flag, aChoices), aTuneOptions);

/** What is known of an algorithm for a convolution: its milliseconds, or why its results are wrong. */
export type Verdict = { readonly milliseconds: number } | { readonly refusal: string };

/** How a program came by its algorithms. Convolutions that are alike count once. */
export interface TuningReport {
  /** Convolutions whose algorithms were timed. */
  readonly timed: number;
  /** Convolutions whose times were given. */
  readonly known: number;
  /** Convolutions whose estimates are near each other, but which nobody has timed: the estimate chose. */
  readonly left: number;
  /** That timing took. */
  readonly milliseconds: number;
  /** What of the given choices was left out and why, or null. */
  readonly note: string | null;
}

/** What is known of algorithms. It grows while programs are made with it, and several may share it. */
export class Measured {
  /** Whether what is missing may be timed. */
  readonly mayTime: boolean;
  readonly #onProgress: ((share: number) => void) | undefined;
  /** By convolution and algorithm. */
  readonly #verdicts = new Map<string, Map<string, Verdict>>();
  readonly #stale: string | null = null;

  /** @param tune true, choices that are to do, or options */
  constructor(tune: true | Choices | TuneOptions) {
    const { known, onProgress } = isChoices(tune)
      ? { known: tune, onProgress: undefined }
      : tune === true
        ? {}
        : tune;
    this.mayTime = !isChoices(tune);
    this.#onProgress = onProgress;
    if (known && known.version !== version)
      this.#stale = `the choices are of version ${known.version} and left out: this is ${version}`;
    else if (known) this.#take(known);
  }

  #take({ milliseconds }: Choices): void {
    for (const [task, times] of Object.entries(milliseconds))
      for (const [algorithm, time] of Object.entries(times))
        this.record(task, algorithm, time === null ? wrongBefore : { milliseconds: time });
  }

  of(task: string, algorithm: string): Verdict | null {
    return this.#verdicts.get(task)?.get(algorithm) ?? null;
  }

  /** Times are rounded at once: kept choices choose as the measured ones did. */
  record(task: string, algorithm: string, verdict: Verdict): void {
    const known = this.#verdicts.get(task) ?? new Map<string, Verdict>();
    this.#verdicts.set(task, known.set(algorithm, roundedTime(verdict)));
  }

  progress(share: number): void {
    this.#onProgress?.(share);
  }

  /** Why given choices do not count, or how many times of them are of algorithms that there are not. */
  note(algorithms: ReadonlySet<string>): string | null {
    if (this.#stale !== null) return this.#stale;
    const strange = [...this.#verdicts.values()].flatMap((each) =>
      [...each.keys()].filter((name) => !algorithms.has(name)),
    );
    if (strange.length === 0) return null;
    return `the choices have ${counted(strange.length, 'time')} of algorithms that there are not, such as ${strange[0]}`;
  }

  /** What was given and what was measured. */
  choices(): Choices {
    const all = [...this.#verdicts].map(([task, verdicts]) => [task, timesOf(verdicts)]);
    return { format, version, milliseconds: Object.fromEntries(all) };
  }
}

/** Of an algorithm that was wrong when choices were made. */
const wrongBefore: Verdict = { refusal: 'gave wrong results when the choices were measured' };

/** Four digits are more than a clock can tell. */
const roundedTime = (verdict: Verdict): Verdict =>
  'refusal' in verdict ? verdict : { milliseconds: Number(verdict.milliseconds.toPrecision(4)) };

const timesOf = (verdicts: ReadonlyMap<string, Verdict>): Record<string, number | null> =>
  Object.fromEntries(
    [...verdicts].map(([algorithm, verdict]) => [
      algorithm,
      'refusal' in verdict ? null : verdict.milliseconds,
    ]),
  );

/** Null where nothing is to be tuned. */
export const measuredFor = (tune: boolean | Choices | TuneOptions | undefined): Measured | null =>
  tune ? new Measured(tune) : null;
