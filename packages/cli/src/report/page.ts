// The training report: one HTML file with everything in it, no scripts, readable in light and dark and on
// paper.

import { formatCount, formatSeconds, formatShare } from '../table.ts';
import type { ReportData } from './data.ts';
import { Html, html } from './html.ts';
import { insidesSection } from './insides.ts';
import { learningSection } from './learning.ts';
import { mistakesSection } from './mistakes.ts';
import { networkSection, total } from './network.ts';
import { styleSheet } from './style.ts';

/** The whole page as text. The same data give the same page. */
export async function renderReport(data: ReportData): Promise<string> {
  return pageOf(`${data.network} on ${data.dataset}: training report`, [
    headSection(data),
    learningSection(data),
    await insidesSection(data),
    await mistakesSection(data),
    networkSection(data),
    footSection(data),
  ]);
}

/** A whole page: its head, and its sections one after the other. */
export const pageOf = (title: string, sections: readonly Html[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(styleSheet)}</style>
</head>
<body>
<main>
${sections.flatMap((section) => [section, new Html('\n')])}</main>
</body>
</html>
`.text;

function headSection(data: ReportData): Html {
  const { evaluation, history, noun } = data;
  const tested = evaluation.predictions.length;
  const epochs = history.epochs.length;
  const weights = formatCount(total(data.layers, 'parameters'));
  return html`
<header>
<p class="kicker">neocog training report</p>
<h1>${data.network} on ${data.dataset}</h1>
<p class="lead">A network of ${weights} weights looked at ${formatCount(data.trainingImages)} ${noun}s,
${epochs === 1 ? 'once' : `${epochs} times over`}, and now recognises ${formatShare(evaluation.accuracy)} of
${formatCount(tested)} ${noun}s that it had never seen.</p>
<dl class="figures">
${figure('test accuracy', formatShare(evaluation.accuracy))}
${figure('mistakes', `${formatCount(Math.round((1 - evaluation.accuracy) * tested))} of ${formatCount(tested)}`)}
${figure('weights', weights)}
${figure('time, all told', formatSeconds(data.seconds))}
</dl>
</header>`;
}

const figure = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const footSection = (data: ReportData): Html => html`
<section>
<h2>Use it</h2>
<p>The weights are in <code>${data.weights}</code>. To recognise a ${data.noun} in a picture of your own:</p>
<pre>neocog run ${data.weights} picture.png --fit</pre>
<p>To train again, with the same result:</p>
<pre>neocog ${data.command}</pre>
<p class="quiet">Made by neocog ${data.version}.</p>
</section>`;
