// The report on training with a folder, as one page: how it learned, what it is good at, its worst mistakes, what it saw. Everything
// that comes from files' or classes' names is escaped.

import type { BrokenSample, FitHistory } from 'neocog';
import type { LayerRow } from '../../report/data.ts';
import { type Html, html } from '../../report/html.ts';
import { learningSection } from '../../report/learning.ts';
import { networkSection, total } from '../../report/network.ts';
import { pageOf } from '../../report/page.ts';
import { formatCount, formatReason, formatSeconds } from '../../table.ts';
import type { Noun, TaskReport } from '../lesson.ts';

export interface FolderReport extends TaskReport {
  /** Of the network and of the folder. */
  readonly title: string;
  readonly name: string;
  readonly noun: Noun;
  readonly trained: number;
  readonly history: FitHistory;
  /** The epoch whose weights were kept. */
  readonly best: number;
  /** The layer before which the new last one stands, of a network that was trained before. */
  readonly before: string | null;
  readonly layers: readonly LayerRow[];
  readonly broken: readonly BrokenSample[];
  readonly seconds: number;
  /** What was typed, without the program's name. */
  readonly command: string;
  /** Path of the network's file. */
  readonly network: string;
  readonly version: string;
}

export const renderReport = (report: FolderReport): string =>
  pageOf(`${shortTitle(report)} on ${report.name}: training report`, [
    headSection(report),
    learningSection({ history: report.history, noun: report.noun }),
    ...report.sections,
    seenSection(report),
    ...brokenSections(report),
    networkSection({
      layers: report.layers,
      network: shortTitle(report),
      noun: report.noun,
      note: noteOf(report),
    }),
    footSection(report),
  ]);

/** Of a path its last two parts. */
const shortTitle = ({ title }: FolderReport): string => title.split(/[\\/]/).slice(-2).join('/');

function headSection(report: FolderReport): Html {
  const { history, name, noun, lead, figures } = report;
  const epochs = history.epochs.length;
  return html`
<header>
<p class="kicker">neocog training report</p>
<h1>${shortTitle(report)} on ${name}</h1>
<p class="lead">A network that looked at ${formatCount(report.trained)} ${noun}s,
${epochs === 1 ? 'once' : `${formatCount(epochs)} times over`}; it ${lead}.</p>
<dl class="figures">
${figures.map(([figure, value]) => figureOf(figure, value))}
${figureOf('weights', formatCount(total(report.layers, 'parameters')))}
${figureOf('best epoch', `${report.best} of ${epochs}`)}
${figureOf('time, all told', formatSeconds(report.seconds))}
</dl>
</header>`;
}

const figureOf = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const noteOf = ({ before }: FolderReport): string =>
  before === null
    ? ''
    : `The new last layer stands before ${before} of the network, where a trial told the classes apart best; what lay behind it is left out.`;

const seenSection = ({ seen, noun }: FolderReport): Html => html`
<section>
<h2>What it saw</h2>
<p>${noun === 'picture' ? 'Pictures' : 'Sounds'} as they came to the network while it learned: cut to its size, and changed at random if that was asked for.</p>
<div class="thumbnails">${seen}</div>
</section>`;

const brokenSections = ({ broken }: FolderReport): Html[] =>
  broken.length === 0
    ? []
    : [
        html`
<section>
<h2>Left out</h2>
<p>${broken.length === 1 ? 'One file' : `${formatCount(broken.length)} files`} could not be read.</p>
<ul>${broken.map((each) => html`<li><code>${each.name}</code>: ${formatReason(each)}</li>`)}</ul>
</section>`,
      ];

function footSection({ network, uses, command, version }: FolderReport): Html {
  const lines = uses.map(([verb, rest]) => `neocog ${verb} ${network}${rest}`);
  const width = Math.max(...lines.map(({ length }) => length));
  return html`
<section>
<h2>Use it</h2>
<p>The network is in <code>${network}</code>, an ONNX file that knows its classes and what it takes.</p>
<pre>${lines.map((line, i) => `${line.padEnd(width)}  # ${uses[i]?.[2] ?? ''}`).join('\n')}</pre>
<p>To train again, with the same result:</p>
<pre>neocog ${command}</pre>
<p class="quiet">Made by neocog ${version}.</p>
</section>`;
}
