// What transforms make of a photograph: its box and its key points move along, and the same seed draws the same. Needs no packages
// but sharp, which comes with the command line.
//
//   node examples/augment.js [PICTURE] [-o SHEET.png] [--seed N]

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawBoxes, drawPoints, letterbox, readImage, transforms, writeImage } from '@neocog/vision';
import { concat, Generator, reshape, tensor } from 'neocog';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', short: 'o', default: 'runs/augment.png' },
    seed: { type: 'string', default: '1' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const image = await readImage(positionals[0] ?? join(here, 'inputs/astronaut.jpg'));
const [, height, width] = image.shape;

/** The face in inputs/astronaut.jpg, and eyes, nose and mouth, as shares of width and height. */
const face = [0.337, 0.142, 0.542, 0.35];
const parts = [[0.397, 0.2], [0.484, 0.2], [0.44, 0.253], [0.437, 0.292]]; // biome-ignore format: a row
const pixels = (shares) => shares.map((share, i) => share * (i % 2 === 0 ? width : height));
const sample = {
  image,
  boxes: tensor([pixels(face)]),
  points: tensor(parts.map((part) => [...pixels(part), 1])),
};

const all = {
  resize: transforms.resize(256),
  randomResizedCrop: transforms.randomResizedCrop(256, { scale: [0.25, 0.6] }),
  horizontalFlip: transforms.horizontalFlip(1),
  rotate: transforms.rotate([20, 20], { fill: 0.5 }),
  affine: transforms.affine({ translate: [0.2, 0.1], scale: [0.7, 0.9], shear: [15, 25], fill: 0.5 }),
  perspective: transforms.perspective({ p: 1, fill: 0.5 }),
  colorJitter: transforms.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.6, hue: 0.2 }),
  erase: transforms.erase({ p: 1, scale: [0.1, 0.2], value: 0.5 }),
  equalize: transforms.equalize(1),
  blur: transforms.blur(15, { sigma: [4, 4] }),
  trivialAugment: transforms.trivialAugment({ fill: 0.5 }),
  randAugment: transforms.randAugment({ n: 2, magnitude: 15, fill: 0.5 }),
};

/** One changed sample with its box and points, 192×192. */
function show(name, transform) {
  const changed = transform(sample, new Generator(Number(values.seed)));
  const { boxes, points } = changed;
  const seen = [...points.data].filter((v, i) => i % 3 === 2 && v > 0).length;
  console.log(`${name}: ${changed.image.shape.slice(1).join('×')}, ${boxes.shape[0]} box, ${seen} points`);
  const drawn = drawPoints(drawBoxes(changed.image, boxes, { width: 4 }), points, { radius: 4 });
  return letterbox(drawn, 192, { fill: 1 });
}

const tiles = Object.entries(all).map(([name, transform]) => show(name, transform));
const rows = [0, 4, 8].map((from) => concat(tiles.slice(from, from + 4), { axis: 2 }));
mkdirSync(dirname(values.out), { recursive: true });
await writeImage(values.out, reshape(concat(rows, { axis: 1 }), [3, 3 * 192, 4 * 192]));
console.log(`written to ${values.out}`);
