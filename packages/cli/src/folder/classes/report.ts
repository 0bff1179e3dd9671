// What a report says of a network that tells classes apart: figures, class by class, what is taken for what, and the worst mistakes.

import { basename } from 'node:path';
import { type Html, html } from '../../report/html.ts';
import { commonest, confusionTable } from '../../report/mistakes.ts';
import { formatCount, formatShare } from '../../table.ts';
import type { TaskReport } from '../lesson.ts';
import { shown } from '../report/pictures.ts';
import { type ClassFigures, type ClassTest, type Mistake, measureClasses, mistakesOf } from './figures.ts';

/** What is told of classes of one kind of samples. */
export interface ClassReport extends ClassTest {
  /** The path of each sample. */
  readonly files: readonly string[];
  /** How a mistake is shown: pictures, sounds. */
  show(mistake: Mistake): Promise<Html>;
  /** What stands above the mistakes. */
  readonly legend: string;
}

/** The parts of a report but for what the network saw, and what to do with it. */
export async function classReport(
  given: ClassReport,
  threads: number,
): Promise<Omit<TaskReport, 'seen' | 'uses'>> {
  const { classes, noun, labels, loader } = given;
  const figures = await measureClasses(given, threads);
  const { evaluation, rates, tested } = figures;
  const mistakes = mistakesOf(evaluation, labels);
  const accuracy = formatShare(evaluation.accuracy);
  return {
    lead: html`tells ${formatCount(classes.length)} classes apart, and recognises ${accuracy} of ${formatCount(tested)} ${noun}s that it had never seen`,
    figures: [
      ['held out, right', accuracy],
      ['F1, mean of the classes', rates.macro.f1.toFixed(3)],
      ['mistakes', `${formatCount(mistakes.length)} of ${formatCount(tested)}`],
    ],
    sections: [classesSection(given, figures), await mistakesSection(given, mistakes)],
    broken: loader.broken,
    told: `${accuracy} right`,
  };
}

const classesSection = (given: ClassReport, figures: ClassFigures): Html => html`
<section>
<h2>Class by class</h2>
<p>Precision: of the ${given.noun}s that were taken for the class, how many are of it. Recall: of the ${given.noun}s of the class, how many
were found. F1 is the harmonic mean of both.</p>
<div class="scroll"><table class="network">
<thead><tr><th>class</th>${[`${given.noun}s`, 'precision', 'recall', 'F1'].map((name) => html`<th class="number">${name}</th>`)}</tr></thead>
<tbody>${given.classes.map((name, i) => classRow(name, i, figures))}</tbody>
</table></div>
<h3>What is taken for what</h3>
<p>Each row is what the ${given.noun}s are, each column what they were taken for: right answers lie on the diagonal. ${commonest({ evaluation: figures.evaluation, classes: given.classes })}</p>
${confusionTable({ evaluation: figures.evaluation, classes: given.classes })}
</section>`;

const classRow = (name: string, i: number, { rates }: ClassFigures): Html => html`
<tr><td>${name}</td><td class="number">${formatCount(rates.support[i] ?? 0)}</td>
${[rates.precision, rates.recall, rates.f1].map((list) => shareCell(list[i] ?? 0))}</tr>`;

/** A share over a bar of its length. */
export const shareCell = (share: number): Html =>
  html`<td class="number amount" style="--share:${(100 * share).toFixed(1)}%">${formatShare(share, 1)}</td>`;

async function mistakesSection(given: ClassReport, mistakes: readonly Mistake[]): Promise<Html> {
  const cards = await Promise.all(mistakes.slice(0, shown).map((mistake) => card(given, mistake)));
  const { noun, legend } = given;
  const told =
    mistakes.length === 0
      ? `None: every held-out ${noun} was recognised.`
      : `${formatCount(mistakes.length)} held-out ${mistakes.length === 1 ? `${noun} was` : `${noun}s were`} taken for another class. ` +
        `These are the ones it was surest of; some may be in the wrong folder. ${legend}`;
  return html`
<section>
<h2>Its most confident mistakes</h2>
<p>${told}</p>
<div class="cards">${cards}</div>
</section>`;
}

async function card({ files, classes, show }: ClassReport, mistake: Mistake): Promise<Html> {
  const { index, truth, taken, confidence } = mistake;
  const file = files[index] ?? '';
  return html`
<figure title="${file}">${await show(mistake)}
<figcaption>is <b>${classes[truth] ?? ''}</b>, taken for <b class="wrong">${classes[taken] ?? ''}</b><br>
<span class="quiet">${basename(file)}, ${formatShare(confidence, 1)} sure</span></figcaption></figure>`;
}
