// What a report says of a network that draws masks: how far classes overlap the truth, and pictures with truth and answer over them.

import { basename } from 'node:path';
import { drawMask } from '@neocog/vision';
import { type nn, type Program, reshape, Tensor } from 'neocog';
import { classColours } from '../../palette.ts';
import { type Html, html } from '../../report/html.ts';
import { formatCount, formatShare } from '../../table.ts';
import type { TaskReport } from '../lesson.ts';
import { imageOf, rowsOf, shown, unscaled } from '../report/pictures.ts';
import type { Samples } from '../samples.ts';
import { type Runnable, whileCompiled } from '../trained.ts';
import type { MaskData } from './data.ts';
import { formatOverlap, type MaskFigures, maskOf, measureMasks } from './figures.ts';

interface Reported {
  readonly data: MaskData;
  readonly module: nn.Module;
  readonly train: Samples;
  readonly heldOut: Samples;
}

export async function maskReport(
  { data, module, train, heldOut }: Reported,
  threads: number,
): Promise<TaskReport> {
  const { classes, channels, size } = data.recipe;
  const network = { module, input: [channels, ...size] };
  const loader = heldOut.loader({ batchSize: 1 });
  const figures = await measureMasks({ network, classes, loader }, threads);
  const { meanIoU, meanDice, accuracy, tested } = figures;
  const told = formatShare(meanIoU);
  return {
    lead: html`says of each pixel which of ${formatCount(classes.length)} classes it shows; on ${formatCount(tested)} pictures that it had never seen, its classes overlap the true ones by ${told}`,
    figures: [
      ['mean IoU', told],
      ['mean Dice', formatShare(meanDice)],
      ['pixels right', formatShare(accuracy)],
    ],
    sections: [
      classesSection(figures, classes),
      ...(await picturesSections({ data, network, figures, threads })),
    ],
    seen: await seenOf(train, data),
    broken: loader.broken,
    told: `IoU ${told}, Dice ${formatShare(meanDice)}, ${formatShare(accuracy)} of pixels right`,
    uses: [
      ['run', ' picture.jpg -o mask.png', 'writes the mask; of a folder, masks into a folder'],
      ['evaluate', ' FOLDER', 'how well does it do on other pictures and masks?'],
      ['build', ' -o page', 'a page that draws masks'],
    ],
  };
}

const classesSection = (figures: MaskFigures, classes: readonly string[]): Html => html`
<section>
<h2>Class by class</h2>
<p>IoU: of the pixels that are of the class, or were taken for it, how many are both (intersection over union). Dice: twice these, as a share of
both areas together.</p>
<div class="scroll"><table class="network">
<thead><tr><th>class</th>${['of all pixels', 'IoU', 'Dice'].map((name) => html`<th class="number">${name}</th>`)}</tr></thead>
<tbody>${classes.map((name, i) => classRow(name, i, figures))}</tbody>
<tfoot><tr><th>mean</th><td></td><td class="number">${formatOverlap(figures.meanIoU)}</td><td class="number">${formatOverlap(figures.meanDice)}</td></tr></tfoot>
</table></div>
<h3>What is taken for what</h3>
<p>Each row is what pixels show, each column what they were taken for, as shares of the row.</p>
${confusion(figures, classes)}
</section>`;

const classRow = (name: string, i: number, { share, iou, dice }: MaskFigures): Html => html`
<tr><td>${name}</td>${[share, iou, dice].map((list) => overlapCell(list[i] ?? Number.NaN))}</tr>`;

const overlapCell = (value: number): Html =>
  html`<td class="number amount" style="--share:${(100 * (value || 0)).toFixed(1)}%">${formatOverlap(value)}</td>`;

function confusion({ confusion: counts }: MaskFigures, classes: readonly string[]): Html {
  const rows = counts.map((row, truth) => {
    const all = Math.max(
      1,
      row.reduce((a, b) => a + b, 0),
    );
    const cells = row.map((count, taken) => confusionCell(count / all, taken === truth));
    return html`<tr><th scope="row">${classes[truth] ?? ''}</th>${cells}</tr>`;
  });
  return html`<div class="scroll"><table class="confusion${classes.some((name) => name.length > 3) ? ' long' : ''}">
<thead><tr><td></td>${classes.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const confusionCell = (share: number, right: boolean): Html =>
  html`<td class="${right ? 'right' : 'error'}" style="--strength:${(share === 0 ? 0 : 0.08 + 0.72 * Math.sqrt(share)).toFixed(2)}">${share === 0 ? '' : formatShare(share, 1)}</td>`;

interface Shown {
  readonly data: MaskData;
  readonly network: Runnable;
  readonly figures: MaskFigures;
  readonly threads: number;
}

/** Pictures with little overlap first, and some of the others. */
const [worst, others] = [12, 8];

function picturesSections({ data, network, figures, threads }: Shown): Promise<Html[]> {
  const ranked = figures.pictures
    .flatMap((iou, index) => (iou === undefined || Number.isNaN(iou) ? [] : [{ iou, index }]))
    .sort((a, b) => a.iou - b.iou || a.index - b.index);
  const rest = ranked.slice(worst);
  const some = rest.filter((_, i) => i % Math.max(1, Math.ceil(rest.length / others)) === 0);
  const section = async (program: Program, title: string, list: typeof ranked): Promise<Html[]> =>
    list.length === 0
      ? []
      : [
          html`
<section>
<h2>${title}</h2>
<p>The picture, what it shows, and what the network drew. ${legend(data.recipe.classes)}</p>
<div class="triples">${await Promise.all(list.map((each) => card(each, data, program)))}</div>
</section>`,
        ];
  return whileCompiled(network, threads, async (program) => [
    ...(await section(program, 'Its worst pictures', ranked.slice(0, worst))),
    ...(await section(program, 'Some others', some)),
  ]);
}

const legend = (classes: readonly string[]): Html[] =>
  classes.slice(1).map((name, i) => {
    const [red, green, blue] = classColours(classes.length)[i + 1] ?? [0, 0, 0];
    return html`<span class="swatch" style="background:rgb(${red} ${green} ${blue})"></span> ${name} `;
  });

async function card(
  { iou, index }: { readonly iou: number; readonly index: number },
  { heldOut, recipe }: MaskData,
  program: Program,
): Promise<Html> {
  const { image, mask } = await heldOut.get(index);
  const taken = await maskOf(program, reshape(image, [1, ...image.shape]));
  const file = heldOut.files[index] ?? '';
  const plain = unscaled(image, recipe);
  const scale = { mean: [0], std: [1] };
  const over = (data: ArrayLike<number>, alt: string): Promise<Html> =>
    imageOf(overlay(plain, data, recipe.classes), scale, alt);
  return html`
<figure title="${file}">${await imageOf(plain, scale, basename(file))}${await over(mask?.data ?? taken, 'what it shows')}${await over(taken, 'what the network drew')}
<figcaption>IoU <b>${formatOverlap(iou)}</b> <span class="quiet">${basename(file)}</span></figcaption></figure>`;
}

/** A picture with the classes of its pixels over it; what is of no class shows as it is. */
function overlay(picture: Tensor, ids: ArrayLike<number>, classes: readonly string[]): Tensor {
  const [, height, width] = picture.shape as [number, number, number];
  const mask = new Tensor(
    Int32Array.from(ids, (id) => Math.max(0, id)),
    [height, width],
  );
  return drawMask(picture, mask, { palette: classColours(classes.length), opacity: 0.55 });
}

/** A batch of what the network learned from, with the masks that it was told. */
async function seenOf(train: Samples, { recipe }: MaskData): Promise<Html> {
  const loader = train.loader({ batchSize: shown, shuffle: true });
  try {
    for await (const { x, y } of loader) {
      const masks = rowsOf(y);
      const images = rowsOf(x).map((row, i) =>
        imageOf(
          overlay(unscaled(row, recipe), masks[i]?.data ?? [], recipe.classes),
          { mean: [0], std: [1] },
          `training picture ${i + 1} and its mask, as the network saw them`,
        ),
      );
      return html`${await Promise.all(images)}`;
    }
    return html``;
  } finally {
    loader.close();
  }
}
