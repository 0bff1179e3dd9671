// From photographs to a folder to a network: photographs are cut into small pictures, a folder for each kind of ground, and a small
// network learns brick from grass from gravel. What it is tested on comes from another part of each photograph.
//
//   node examples/textures.js [--quick] [--data FOLDER] [-o PICTURE.svg]
//
// Photographs: those in `inputs` (CC0), or a folder of yours with one for each kind. The cuts stay in runs/textures.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  channelStatistics,
  DataLoader,
  imageFolder,
  readImage,
  transforms,
  writeImage,
} from '@neocog/vision';
import { manualSeed, nn, optim, slice } from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out, data } = readOptions('textures');
const inputs = fileURLToPath(new URL('inputs/', import.meta.url));
const photographs = data
  ? (await readdir(data)).map((name) => join(data, name))
  : ['brick', 'grass', 'gravel'].map((name) => join(inputs, `${name}.jpg`));
const folder = 'runs/textures';
const side = 48;

/** Cuts of a photograph between two columns. */
async function cut(photograph, from, to, place) {
  await mkdir(place, { recursive: true });
  for (let y = 0; y + side <= photograph.shape[1]; y += 32) {
    for (let x = from; x + side <= to; x += 32) {
      const small = slice(photograph, { start: [0, y, x], end: [1, y + side, x + side] });
      await writeImage(join(place, `${y}-${x}.png`), small);
    }
  }
}

await rm(folder, { recursive: true, force: true });
for (const path of photographs) {
  const photograph = await readImage(path, { channels: 1 });
  const kind = basename(path, extname(path));
  const width = photograph.shape[2];
  const edge = Math.floor((2 * width) / 3);
  await cut(photograph, 0, edge, join(folder, 'train', kind));
  await cut(photograph, edge, width, join(folder, 'test', kind));
}

// From here on it is any folder of pictures.
const sets = await imageFolder(folder, { channels: 1 });
const { mean, std } = await channelStatistics(sets.train);
const { classes } = sets;
console.log(`${sets.train.length} pictures of ${classes.join(', ')}, ${sets.test.length} to test on`);

// Mirrored at random, lighter or darker, with more or less contrast: what says the kind is the texture.
const transform = transforms.compose([
  transforms.horizontalFlip(),
  transforms.verticalFlip(),
  transforms.colorJitter({ brightness: 0.4, contrast: 0.4 }),
  transforms.normalize(mean, std),
]);
const training = new DataLoader(sets.train, { batchSize: 30, shuffle: true, seed: 1, transform, workers: 1 });
const testing = new DataLoader(sets.test, { batchSize: 60, transform: transforms.normalize(mean, std) });

manualSeed(1);
const net = new nn.Sequential(
  new nn.Conv2d(1, 16, 5, { stride: 2, bias: false }),
  new nn.BatchNorm2d(16),
  new nn.ReLU(),
  new nn.Conv2d(16, 32, 3, { stride: 2, bias: false }),
  new nn.BatchNorm2d(32),
  new nn.ReLU(),
  new nn.GlobalAvgPool(),
  new nn.Flatten(),
  new nn.Linear(32, classes.length),
);
const optimizer = new optim.AdamW(net.parameters(), { lr: 0.01, weightDecay: 0.01 });
const { validation } = await train(net, training, testing, {
  epochs: quick ? 3 : 12,
  optimizer,
  maxLr: 0.01,
});
training.close();
console.log(
  `${percent(validation.accuracy)} of ${sets.test.length} pictures right, from other parts of the photographs`,
);

const picture = new Picture(
  1000,
  440,
  `Three grounds, ${side}×${side} pixels: ${percent(validation.accuracy)} of ${sets.test.length} right`,
);
picture.confusion(90, 70, 270, validation.confusion, classes);
picture.text(420, 62, 'Some of them, with what the network says; red where it is wrong');
const each = Math.floor(sets.test.length / 24);
for (let place = 0; place < 24; place++) {
  const i = place * each;
  const { image } = await sets.test.get(i);
  const [x, y] = [420 + 70 * (place % 8), 75 + 105 * Math.floor(place / 8)];
  const bytes = Uint8Array.from(image.data, (value) => Math.round(255 * value));
  await picture.pixels([x, y, 64, 64], { data: bytes, columns: side, rows: side });
  const right = validation.predictions[i] === sets.test.labels[i];
  const colour = right ? '#2b8a3e' : '#c92a2a';
  picture.text(x + 32, y + 80, classes[validation.predictions[i]], { size: 11, anchor: 'middle', colour });
}
await picture.save(out);
