// The page of `neocog view`: one HTML file with everything in it, no scripts, readable in light and dark and on paper.

import { heatmap, toPixels } from '@neocog/vision';
import type { Tensor } from 'neocog';
import { encodePng } from '../image.ts';
import { type Html, html } from '../report/html.ts';
import { answerBars, mapPicture } from '../report/insides.ts';
import { pageOf } from '../report/page.ts';
import { planesOf } from '../report/pictures.ts';
import { formatCount, formatShare, formatValue } from '../table.ts';
import type { FieldView, Insights, LayerView } from './insights.ts';

export interface View {
  /** As it was named: the file of the network, and that of the picture. */
  readonly network: string;
  readonly image: string;
  /** [3, h, w] from 0 to 1. */
  readonly picture: Tensor;
  readonly insights: Insights;
  readonly version: string;
}

/** How many maps of a layer are shown, and classes of the answer. */
const mostMaps = 24;
const mostAnswers = 5;

/** The whole page as text. The same data give the same page. */
export async function viewPage(view: View): Promise<string> {
  return pageOf(`${view.network} on ${view.image}`, [
    await headSection(view),
    ...(await looksSection(view)),
    ...(await fieldsSection(view)),
    await mapsSection(view),
    layersSection(view.insights),
  ]);
}

async function headSection({ network, image, picture, insights, version }: View): Promise<Html> {
  const { answers, summary } = insights;
  const [best] = answers ?? [];
  const said = best
    ? html`It says <b>${best.class}</b>, by ${formatShare(best.probability, 1)}.`
    : html`It names no classes.`;
  return html`
<header>
<p class="kicker">neocog view ${version}</p>
<h1>${network} on ${image}</h1>
<p class="lead">${formatCount(summary.layers.length)} layers with ${formatCount(summary.parameters)} weights look at this
picture in ${formatCount(summary.multiplyAdds)} multiplications. ${said}</p>
<div class="insides">
<figure>${await pictureOf(picture, 'the picture as the network sees it')}<figcaption>as the network sees it</figcaption></figure>
</div>
${answers ? answerBars(answers.slice(0, mostAnswers)) : []}
</header>`;
}

async function looksSection({ insights: { looks }, picture }: View): Promise<Html[]> {
  if (!looks) return [];
  const { gradCam, occlusion, class: name } = looks;
  const seen = gradCam
    ? html`<figure>${await pictureOf(heatmap(picture, gradCam), `Grad-CAM for ${name}`)}<figcaption>Grad-CAM: where maps speak for it</figcaption></figure>`
    : html``;
  return [
    html`
<section>
<h2>Where it looks for ${name}</h2>
<p>Left by gradients: bright where the maps of a layer speak for the class. Right by hiding: bright where the class falls when a
square of the picture is hidden.</p>
<div class="insides">
${seen}
<figure>${await pictureOf(heatmap(picture, occlusion), `occlusion for ${name}`)}<figcaption>occlusion: what is missed</figcaption></figure>
</div>
</section>`,
  ];
}

async function fieldsSection({ insights: { fields }, picture }: View): Promise<Html[]> {
  if (fields.length === 0) return [];
  const figures = await Promise.all(fields.map((field) => fieldFigure(picture, field)));
  return [
    html`
<section>
<h2>What one cell sees</h2>
<p>The middle cell of a layer can depend on the pixels inside the frame. How much it does on this picture, its gradients tell:
bright is much. It is usually less at the rim than in the middle.</p>
<div class="insides">${figures}</div>
</section>`,
  ];
}

async function fieldFigure(picture: Tensor, { layer, effective, box }: FieldView): Promise<Html> {
  const [, height, width] = picture.shape;
  const [left, top, right, bottom] = box;
  const alt = `what the middle cell of ${layer.name} sees`;
  return html`<figure>
<svg viewBox="0 0 ${width} ${height}" width="${shownWidth(picture)}" role="img" aria-label="${alt}">
<image href="${await dataUrl(heatmap(picture, effective))}" width="${width}" height="${height}" style="image-rendering:pixelated"/>
<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#fff" stroke-width="${width / 112}"/>
</svg>
<figcaption>${layer.name}<br>${layer.receptiveField?.size.join('×') ?? ''} pixels</figcaption></figure>`;
}

async function mapsSection({ insights: { maps } }: View): Promise<Html> {
  const parts = await Promise.all(Object.entries(maps).map(([name, each]) => layerMaps(name, each)));
  return html`
<section>
<h2>What the layers make of it</h2>
<p>Early maps still look like the picture; later ones are small and say where some combination is. Amounts are bright; values on
both sides of zero are red above it and blue below.</p>
${parts}
</section>`;
}

async function layerMaps(name: string, maps: Tensor): Promise<Html> {
  const values = Float32Array.from(maps.data);
  const planes = planesOf(maps.shape, values);
  const scale = 100 / Math.max(...maps.shape.slice(1));
  const images = planes
    .slice(0, mostMaps)
    .map((plane, i) => mapPicture(plane, values, { scale, alt: `map ${i} of ${name}` }));
  const more = planes.length > mostMaps ? `, the first ${mostMaps} shown` : '';
  return html`<h3>${name}</h3>
<div class="maps">${await Promise.all(images)}</div>
<p class="note">${planes.length} maps of ${maps.shape.slice(1).join('×')}${more}.</p>`;
}

const layersSection = ({ layers }: Insights): Html => html`
<section>
<h2>Layer by layer</h2>
<div class="scroll"><table class="network">
<thead><tr><th>layer</th><th>kind</th><th class="number">output</th><th class="number">weights</th><th class="number">multiplications</th>
<th class="number">sees</th><th class="number">mean</th><th class="number">zeros</th><th class="number">silent units</th></tr></thead>
<tbody>${layers.map(layerRow)}</tbody>
</table></div>
<p class="note">Silent units are 0 everywhere on this picture.</p>
</section>`;

const layerRow = (layer: LayerView): Html => html`
<tr><td>${layer.name}</td><td title="${layer.type}">${layer.type.replace(/\(.*/s, '')}</td><td class="number">${layer.outputShape.slice(1).join('×')}</td>
<td class="number">${layer.parameters > 0 ? formatCount(layer.parameters) : '–'}</td>
<td class="number">${layer.multiplyAdds > 0 ? formatCount(layer.multiplyAdds) : '–'}</td>
<td class="number">${layer.receptiveField?.size.join('×') ?? '–'}</td><td class="number">${formatValue(layer.mean)}</td>
<td class="number">${formatShare(layer.zeros, 0)}</td><td class="number">${layer.dead} of ${layer.units}</td></tr>`;

/** Small pictures are enlarged by whole pixels. */
function shownWidth(picture: Tensor): number {
  const width = picture.shape[2];
  return width * Math.max(1, Math.round(224 / width));
}

async function pictureOf(picture: Tensor, alt: string): Promise<Html> {
  return html`<img class="pixels" src="${await dataUrl(picture)}" width="${shownWidth(picture)}" alt="${alt}">`;
}

async function dataUrl(picture: Tensor): Promise<string> {
  const { data, width, height } = toPixels(picture);
  const colours = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) colours.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return `data:image/png;base64,${Buffer.from(await encodePng(colours, width, height)).toString('base64')}`;
}
