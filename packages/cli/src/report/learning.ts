// The report's part on how training went: loss after each batch, accuracy after each epoch.

import { formatShare } from '../table.ts';
import { type Chart, lineChart, type Point } from './charts.ts';
import type { ReportData } from './data.ts';
import { type Html, html } from './html.ts';

/** What the part reads. */
type Learned = Pick<ReportData, 'history' | 'noun'>;

export const learningSection = (data: Learned): Html => html`
<section>
<h2>How it learned</h2>
<p>The network guesses, measures how wrong it was (the <em>loss</em>), and moves every weight a little towards a better
guess, once for each batch of ${data.noun}s. One pass over all training ${data.noun}s is an <em>epoch</em>.</p>
<div class="pair">
<div><h3>Loss, lower is better</h3>${lineChart(lossChart(data))}</div>
<div><h3>Accuracy, higher is better</h3>${lineChart(accuracyChart(data))}
<p class="note">Training accuracy is counted while the network is still learning, so it can lie below the test accuracy,
which is measured at the end of each epoch on ${data.noun}s that are never trained on. Training far above test would mean
that it learns its examples by heart.</p></div>
</div>
</section>`;

/** Points in a drawn line: more than a screen can show apart only makes the page heavy. */
const drawnPoints = 400;

function lossChart({ history }: Learned): Chart {
  const losses = history.batchLosses;
  const epochs = history.epochs.length;
  const at = (batch: number): number => (epochs * (batch + 1)) / losses.length;
  const smooth = smoothed(losses, Math.max(1, losses.length / 100));
  // A lucky batch may have next to no loss; on a scale of factors it would squeeze all others together.
  const floor = smooth.reduce((least, value) => Math.min(least, value)) / 10 + 1e-6;
  const every = Math.max(1, Math.ceil(losses.length / drawnPoints));
  const pick = (values: readonly number[]): Point[] =>
    values.flatMap((value, i) =>
      i % every === 0 || i === values.length - 1 ? [[at(i), Math.max(value, floor)]] : [],
    );
  const raw = pick(losses);
  return {
    label: `The loss falls from ${losses[0].toFixed(2)} to ${smooth[smooth.length - 1].toFixed(3)}.`,
    xLabel: 'epoch',
    x: [0, epochs],
    xTicks: epochTicks(0, epochs),
    y: [Math.min(...raw.map(([, y]) => y)), Math.max(...raw.map(([, y]) => y)) * 1.1],
    logarithmic: true,
    format: (value) => String(Number(value.toPrecision(2))),
    series: [
      { name: 'one batch', style: 'faint', points: raw },
      { name: `running mean: ${smooth[smooth.length - 1].toFixed(4)}`, style: 'one', points: pick(smooth) },
    ],
  };
}

function accuracyChart({ history, noun }: Learned): Chart {
  const training = history.epochs.map(({ epoch, accuracy }): Point => [epoch, accuracy]);
  const test = history.epochs.map(({ epoch, validation }): Point => [epoch, validation?.accuracy ?? 0]);
  const lowest = Math.min(...[...training, ...test].map(([, accuracy]) => accuracy));
  const last = test[test.length - 1][1];
  return {
    label: `Test accuracy reaches ${formatShare(last)} after ${test.length} epochs.`,
    xLabel: 'epoch',
    x: [1, Math.max(2, test.length)],
    xTicks: epochTicks(1, Math.max(2, test.length)),
    y: [Math.max(0, lowest - 0.15 * (1 - lowest)), 1],
    format: (value) => formatShare(value, lowest > 0.95 ? 1 : 0),
    series: [
      {
        name: `training ${noun}s: ${formatShare(training[training.length - 1][1])}`,
        style: 'two',
        points: training,
        marked: true,
      },
      { name: `test ${noun}s: ${formatShare(last)}`, style: 'one', points: test, marked: true },
    ],
  };
}

/** Whole epochs, at most about ten of them. */
function epochTicks(from: number, to: number): number[] {
  const step = Math.ceil((to - from) / 10);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** Exponential running mean over about `width` values, without a lag at the start. */
function smoothed(values: readonly number[], width: number): number[] {
  const keep = 1 - 1 / width;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}
