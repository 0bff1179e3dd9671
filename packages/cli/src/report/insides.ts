// The report's part on what the network does with one image: filters, feature maps, and the answer.

import { formatShare } from '../table.ts';
import type { ConvolutionView, ReportData, Values } from './data.ts';
import { type Html, html } from './html.ts';
import { blueWhiteRed, greys, magma, type Plane, picture, planesOf } from './pictures.ts';

/** A class and its share. */
interface Answer {
  readonly class: string;
  readonly probability: number;
}

export async function insidesSection(data: ReportData): Promise<Html> {
  const [first, ...later] = data.convolutions;
  return html`
<section>
<h2>What the first layer looks for</h2>
<p>A filter is a small picture of weights that slides over the ${data.noun}. Where the image is bright under
<span class="swatch plus"></span> positive weights and dark under <span class="swatch minus"></span> negative ones, the
filter answers strongly. Each pair below is one filter and its answer to this ${data.noun}: bright where it found what it
looks for.</p>
<div class="insides">
<figure>${await sampleImage(data)}<figcaption>the ${data.noun}<br>${data.classes[labelOf(data)]}</figcaption></figure>
${await filterFigures(data.kernels, first)}
</div>
</section>
<section>
<h2>What the ${later.length === 1 ? 'next layer makes' : 'next layers make'} of it</h2>
<p>The next convolution looks at all these answers at once, in a smaller picture. Its maps no longer look like a
${data.noun}: each says where some combination of edges and strokes is.</p>
${await Promise.all(later.map(laterFigure))}
</section>
<section>
<h2>What it answers</h2>
<p>The last layers weigh all maps and share out one whole between the ${data.classes.length} classes.</p>
${answerBars(data.classes.map((name, i) => ({ class: name, probability: data.probabilities[i] })))}
</section>`;
}

const labelOf = (data: ReportData): number => data.test.labels.data[data.sample];

function sampleImage(data: ReportData): Promise<Html> {
  const { shape, data: pixels } = data.test.images;
  const plane = planesOf(shape, pixels as Uint8Array)[data.sample]; // loadDataset made sure of bytes
  const alt = `the ${data.noun} ${data.classes[labelOf(data)]} that is followed through the network`;
  return picture(plane, greys, { low: 0, high: 255, scale: 4, alt });
}

/** Each filter of the first layer above its map. All filters share one colour scale, all maps another. */
async function filterFigures(kernels: Values, { maps }: ConvolutionView): Promise<Html[]> {
  const largest = largestOf(kernels.data);
  const filters = planesOf(kernels.shape, kernels.data).slice(0, kernels.shape[0]);
  const answers = planesOf(maps.shape, maps.data);
  const figures = filters.map(async (filter, i) => {
    const range = { low: -largest, high: largest, scale: Math.round(112 / filter.width) };
    const image = await picture(filter, blueWhiteRed, { ...range, alt: `weights of filter ${i + 1}` });
    const answer = await mapPicture(answers[i], maps.data, { scale: 4, alt: `answer of filter ${i + 1}` });
    return html`<figure>${image}${answer}<figcaption>filter ${i + 1}</figcaption></figure>`;
  });
  return Promise.all(figures);
}

async function laterFigure({ name, maps }: ConvolutionView): Promise<Html> {
  const planes = planesOf(maps.shape, maps.data);
  const images = planes.map((plane, i) =>
    mapPicture(plane, maps.data, { scale: 10, alt: `map ${i + 1} of ${name}` }),
  );
  return html`<div class="maps">${await Promise.all(images)}</div>
<p class="note">${planes.length} maps of ${maps.shape.slice(1).join('×')} after ${name}; black is no answer, light yellow
the strongest.</p>`;
}

interface Look {
  /** Pixels of the page for each of the map. */
  readonly scale: number;
  readonly alt: string;
}

/** Amounts in magma; values on both sides of zero in blue, white and red. `all` sets the range. */
export function mapPicture(plane: Plane, all: Float32Array, look: Look): Promise<Html> {
  const high = largestOf(all);
  const signed = all.some((value) => value < 0);
  return picture(plane, signed ? blueWhiteRed : magma, { low: signed ? -high : 0, high, ...look });
}

const largestOf = (values: Float32Array): number =>
  values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

/** A bar for each class. */
export const answerBars = (answers: readonly Answer[]): Html => html`
<table class="bars">${answers.map((answer) => answerBar(answer.class, answer.probability))}</table>`;

const answerBar = (name: string, share: number): Html => html`
<tr><th>${name}</th><td><div class="bar" style="width:${(100 * share).toFixed(2)}%"></div></td><td class="number">${formatShare(share)}</td></tr>`;
