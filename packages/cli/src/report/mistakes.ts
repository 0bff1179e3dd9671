// The report's part on what goes wrong: which class is taken for which, and the mistakes made with most
// confidence.

import { formatCount, formatShare } from '../table.ts';
import type { ReportData } from './data.ts';
import { type Html, html } from './html.ts';
import { greys, type Plane, picture, planesOf } from './pictures.ts';

/** One test image that was taken for another class. */
export interface Mistake {
  readonly index: number;
  readonly truth: number;
  readonly taken: number;
  /** The share of the answer that the wrong class got. */
  readonly confidence: number;
}

/** All mistakes, the most confident first. */
export function findMistakes({ evaluation, test }: Pick<ReportData, 'evaluation' | 'test'>): Mistake[] {
  const mistakes: Mistake[] = [];
  evaluation.predictions.forEach((taken, index) => {
    const truth = test.labels.data[index];
    if (taken === truth || taken < 0) return;
    mistakes.push({ index, truth, taken, confidence: evaluation.confidences[index] });
  });
  return mistakes.sort((a, b) => b.confidence - a.confidence || a.index - b.index);
}

/** How many mistakes the page shows. */
const shown = 24;

export async function mistakesSection(data: ReportData): Promise<Html> {
  const mistakes = findMistakes(data);
  const planes = planesOf(data.test.images.shape, data.test.images.data as Uint8Array); // loadDataset made sure of bytes
  const cards = mistakes.slice(0, shown).map((mistake) => mistakeCard(mistake, planes[mistake.index], data));
  return html`
<section>
<h2>Where it errs</h2>
<p>Each row is what the ${data.noun}s are, each column what they were taken for: right answers lie on the diagonal, and every
number beside it counts mistakes. ${commonest(data)}</p>
${confusionTable(data)}
</section>
<section>
<h2>Its most confident mistakes</h2>
<p>${mistakes.length === 0 ? 'None: every answer was right.' : `${formatCount(mistakes.length)} of ${formatCount(data.evaluation.predictions.length)} answers were wrong. These are the ones it was surest of; some would puzzle a person too.`}</p>
<div class="cards">${await Promise.all(cards)}</div>
</section>`;
}

async function mistakeCard(mistake: Mistake, plane: Plane, { classes }: ReportData): Promise<Html> {
  const { index, truth, taken, confidence } = mistake;
  const alt = `test image ${index}: ${classes[truth]}, taken for ${classes[taken]}`;
  const image = await picture(plane, greys, { low: 0, high: 255, scale: 4, alt });
  return html`<figure title="test image ${index}">${image}
<figcaption>is <b>${classes[truth]}</b>, taken for <b class="wrong">${classes[taken]}</b><br>
<span class="quiet">${formatShare(confidence, 1)} sure</span></figcaption></figure>`;
}

/** The sentence on the pairs that are mixed up most. */
export function commonest({ evaluation, classes }: Pick<ReportData, 'evaluation' | 'classes'>): string {
  const pairs = evaluation.confusion
    .flatMap((row, truth) => row.map((count, taken) => ({ truth, taken, count })))
    .filter(({ truth, taken, count }) => truth !== taken && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 3)
    .map(({ truth, taken, count }) => `${classes[truth]} for ${classes[taken]} (${formatCount(count)})`);
  return pairs.length === 0 ? '' : `It most often takes ${pairs.join(', ')}.`;
}

/** Which class is taken for which. */
export function confusionTable({
  evaluation: { confusion },
  classes,
}: Pick<ReportData, 'evaluation' | 'classes'>): Html {
  const wrong = confusion.flatMap((row, truth) => row.filter((_, taken) => taken !== truth));
  const mostWrong = Math.max(1, ...wrong);
  const head = classes.map((name) => html`<th scope="col"><span>${name}</span></th>`);
  const rows = confusion.map((row, truth) => {
    const cells = row.map((count, taken) =>
      confusionCell(count, count / (taken === truth ? sum(row) : mostWrong), taken === truth),
    );
    return html`<tr><th scope="row">${classes[truth]}</th>${cells}<td class="recall">${formatShare(row[truth] / sum(row), 1)}</td></tr>`;
  });
  return html`<div class="scroll"><table class="confusion${classes.some((name) => name.length > 3) ? ' long' : ''}">
<thead><tr><td></td>${head}<th scope="col"><span>right</span></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const sum = (values: readonly number[]): number =>
  Math.max(
    1,
    values.reduce((all, value) => all + value, 0),
  );

/** The root makes single mistakes visible beside the many right answers. */
function confusionCell(count: number, share: number, right: boolean): Html {
  const strength = count === 0 ? 0 : 0.08 + 0.72 * Math.sqrt(share);
  return html`<td class="${right ? 'right' : 'error'}" style="--strength:${strength.toFixed(2)}">${count === 0 ? '' : formatCount(count)}</td>`;
}
