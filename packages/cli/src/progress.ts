// What commands show while they work: a bar on the terminal and, of training, a line for every epoch, also where there is
// no terminal. The bar goes to standard error and the lines to standard output, so that the lines can be
// piped or kept.

import { Presets, SingleBar } from 'cli-progress';
import type { BatchReport, BrokenSample, EpochReport } from 'neocog';
import { formatReason, formatSeconds, formatShare } from './table.ts';

const barOptions = {
  barsize: 24,
  clearOnComplete: true,
  // Signals are the command's own business; without hidden cursor there is nothing to restore.
  gracefulExit: false,
  hideCursor: false,
  fps: 8,
};

const makeBar = (format: string): SingleBar =>
  new SingleBar({ ...barOptions, format }, Presets.shades_classic);

/** The share of an epoch spent waiting for data, and the seconds of it, from which the line says so. */
const worthTelling = { share: 0.1, seconds: 0.5 };

/** The progress of one training. */
export class Progress {
  readonly #epochs: number;
  readonly #bar = makeBar(
    'epoch {epoch}  {bar} {percentage} %  loss {loss}  accuracy {accuracy}  {left} left',
  );
  readonly #start = performance.now();

  constructor(epochs: number) {
    this.#epochs = epochs;
  }

  update({ epoch, step, steps, loss, accuracy }: BatchReport): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const payload = {
      epoch: `${epoch}/${this.#epochs}`,
      loss: loss.toFixed(4),
      accuracy: formatShare(accuracy),
      left: formatSeconds((seconds / step) * (steps - step), 0),
    };
    if (this.#bar.isActive) this.#bar.update(step, payload);
    else this.#bar.start(steps, step, payload);
  }

  /** Puts the epoch's line above the bar, which comes back with the next update. */
  printEpoch({ epoch, loss, accuracy, validation, seconds, waited }: EpochReport): void {
    this.stop();
    const test = formatShare(validation?.accuracy ?? NaN);
    const isLong = waited >= Math.max(worthTelling.seconds, worthTelling.share * seconds);
    const waiting = isLong ? ` (${formatShare(waited / seconds, 0)} waiting for data)` : '';
    process.stdout.write(
      `epoch ${epoch}/${this.#epochs}  loss ${loss.toFixed(4)}  train ${formatShare(accuracy)}  test ${test}  ` +
        `${formatSeconds(seconds)}${waiting}\n`,
    );
  }

  stop(): void {
    this.#bar.stop();
  }
}

/** Milliseconds from one picture of the bar to the next. */
const barInterval = 1000 / barOptions.fps;

/** The progress of work in stages; costs next to nothing however often it is told. */
export class StageBar {
  readonly #bar = makeBar('{stage}  {bar} {percentage} %  {left}');
  #last = -Infinity;
  #stage = '';
  #start = 0;

  update(stage: string, share: number): void {
    const now = performance.now();
    if (stage === this.#stage && now - this.#last < barInterval) return;
    if (stage !== this.#stage) this.#start = now;
    [this.#last, this.#stage] = [now, stage];
    const seconds = ((now - this.#start) / 1000) * (1 / share - 1);
    const left = share > 0 && now > this.#start ? `${formatSeconds(seconds, 0)} left` : '';
    if (this.#bar.isActive) this.#bar.update(100 * share, { stage, left });
    else this.#bar.start(100, 100 * share, { stage, left });
  }

  stop(): void {
    this.#bar.stop();
  }
}

/** How many names of files a line on the terminal holds. */
const mostNamed = 3;

/** A line for what could not be read, if anything. */
export function tellBroken(broken: readonly BrokenSample[]): void {
  if (broken.length === 0) return;
  const names = broken.slice(0, mostNamed).map((each) => `${each.name} (${formatReason(each)})`);
  const more = broken.length > mostNamed ? `, and ${broken.length - mostNamed} more` : '';
  process.stderr.write(
    `neocog: ${broken.length === 1 ? '1 file was' : `${broken.length} files were`} left out, which cannot be read: ${names.join(', ')}${more}\n`,
  );
}
