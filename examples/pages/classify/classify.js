// Which of 80 kinds of things a picture shows, and where: a CenterNet (Zhou et al. 2019, arXiv:1904.07850) on a MobileNetV3, trained
// on the photographs of COCO. It gives two maps of 128 × 128 cells: how likely each kind has its middle in a cell, and how far the
// thing then reaches to the left, up, right and down.

import { loadTfjs } from '@neocog/formats';
import { rawPixels, unletterbox } from '@neocog/vision';
import { compile, tensor } from 'neocog';
import { showBars } from '../shared/bars.js';
import { onPicture } from '../shared/pictures.js';
import { attempt, say } from '../shared/status.js';
import kinds from './kinds.json';

const size = 512;
const cells = 128;
const canvas = document.querySelector('canvas');
const list = document.querySelector('.bars');

const ready = attempt(async () => {
  const net = await loadTfjs('../networks/objects/mb3-centernet.json', {
    outputs: ['tower_0/keypoints', 'tower_0/wh'],
  });
  const pixels = { scale: 1, fit: 'contain', background: 255 };
  const program = await compile(net, { pixels, threads: navigator.hardwareConcurrency });
  say('The network is ready.');
  return program;
});

onPicture(async (image) => {
  const program = await ready;
  const start = performance.now();
  const results = await program.run({ 'tower_0/images': rawPixels(image) });
  say(`${Math.round(performance.now() - start)} ms on ${program.explain().threads} threads`);
  const things = findThings(results['tower_0/keypoints'], results['tower_0/wh']).slice(0, 5);
  const entries = things.map(({ name, share }) => [name, share]);
  showBars(list, entries);
  const shown = things.filter(({ share }, i) => i === 0 || share > 0.35);
  draw(image, shown, [image.naturalHeight, image.naturalWidth]);
});

/** Each kind with its likeliest place, the likeliest kind first. */
function findThings(middles, reaches) {
  const things = kinds.map((name) => ({ name, share: 0, cell: 0 }));
  middles.data.forEach((share, i) => {
    const thing = things[i % kinds.length];
    if (share > thing.share) Object.assign(thing, { share, cell: Math.floor(i / kinds.length) });
  });
  for (const thing of things) {
    const [x, y] = [thing.cell % cells, Math.floor(thing.cell / cells)].map((at) => (at * size) / cells);
    const [left, up, right, down] = reaches.data.subarray(4 * thing.cell, 4 * thing.cell + 4);
    thing.box = [x - left, y - up, x + right, y + down];
  }
  return things.sort((a, b) => b.share - a.share);
}

/** The picture with a box around each thing. */
function draw(image, things, original) {
  [canvas.height, canvas.width] = original;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const unit = Math.max(...original) / 200;
  Object.assign(context, { lineWidth: unit, font: `600 ${8 * unit}px system-ui`, textBaseline: 'top' });
  things.forEach(({ name, box }, i) => {
    const [left, top, right, bottom] = unletterbox(tensor([box]), { size, original }).data;
    const [x, y] = [Math.max(left, 0), Math.max(top, 0)];
    context.strokeStyle = context.fillStyle = `hsl(${215 + 70 * i} 90% 40%)`;
    context.strokeRect(left, top, right - left, bottom - top);
    context.fillRect(x, y, context.measureText(name).width + 4 * unit, 12 * unit);
    context.fillStyle = '#fff';
    context.fillText(name, x + 2 * unit, y + 2 * unit);
  });
  canvas.hidden = false;
}
