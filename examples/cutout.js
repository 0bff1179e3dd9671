// Animals cut out of pictures: a U-Net says of each pixel whether it is animal or ground. Photographs of animals with transparent
// surroundings are laid on photographs of grounds, which gives pairs of picture and mask. The animals of the test are others.
//
//   node examples/cutout.js [--quick] [--data FOLDER] [-o PICTURE.svg]
//
// Animals: the Debian package tuxpaint-stamps-default (Tux Paint's contributors, GPL 2), or the folder with its stamps; grounds:
// `inputs` (CC0). The pairs stay in runs/cutout.

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { channelStatistics, DataLoader, imagePairs, readImage, transforms, writeImage } from '@neocog/vision';
import {
  compile,
  crossEntropy,
  Generator,
  manualSeed,
  metrics,
  models,
  optim,
  slice,
  Tensor,
  tensor,
} from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, threads, train } from './shared/train.js';

const { quick, out, data: stamps = '/usr/share/tuxpaint/stamps' } = readOptions('cutout');
if (!existsSync(stamps)) {
  console.error(
    `${stamps} is missing: apt-get install tuxpaint-stamps-default, or name its folder with --data`,
  );
  process.exit(1);
}
const inputs = fileURLToPath(new URL('inputs/', import.meta.url));
const folder = 'runs/cutout';
const side = 64;

const random = new Generator(7);
const found = readdirSync(join(stamps, 'animals'), { recursive: true }).sort();
const photographs = found.filter((file) => file.endsWith('.png') && !file.includes('cartoon'));
const animals = Array.from(random.permutation(photographs.length), (i) =>
  join(stamps, 'animals', photographs[i]),
);
const grounds = await Promise.all(
  ['brick', 'grass', 'gravel', 'pavilion'].map((name) => readImage(join(inputs, `${name}.jpg`))),
);

/** A random part of a ground, lighter or darker. */
function drawGround() {
  const ground = grounds[random.integer(grounds.length)];
  const [, height, width] = ground.shape;
  const [y, x] = [random.integer(height - side), random.integer(width - side)];
  const light = 0.5 + 0.7 * random.uniform();
  const part = slice(ground, { start: [0, y, x], end: [3, y + side, x + side] });
  return new Tensor(
    part.data.map((value) => light * value),
    part.shape,
  );
}

/** An animal as large as it may be within a square, with its opacity. */
async function readAnimal(path, most) {
  const [, height, width] = (await readImage(path, { channels: 4 })).shape;
  const scale = most / Math.max(height, width);
  const size = [height, width].map((length) => Math.max(1, Math.round(scale * length)));
  return readImage(path, { channels: 4, size, fit: 'stretch' });
}

/** Lays an animal of some size somewhere on a ground; gives the picture and where the animal is. */
async function compose(path) {
  const animal = await readAnimal(path, 32 + random.integer(side - 31));
  const [, height, width] = animal.shape;
  const [top, left] = [random.integer(side - height + 1), random.integer(side - width + 1)];
  const picture = drawGround();
  const mask = new Float32Array(side * side);
  const area = height * width;
  for (let i = 0; i < area; i++) {
    const at = (top + Math.floor(i / width)) * side + left + (i % width);
    const opacity = animal.data[3 * area + i];
    mask[at] = opacity > 0.5 ? 1 : 0;
    for (let c = 0; c < 3; c++) {
      const under = picture.data[c * side * side + at];
      picture.data[c * side * side + at] = under + opacity * (animal.data[c * area + i] - under);
    }
  }
  return { picture, mask: new Tensor(mask, [1, side, side]) };
}

await rm(folder, { recursive: true, force: true });
const known = Math.floor(0.8 * animals.length);
for (const [part, paths, times] of [
  ['train', animals.slice(0, known), quick ? 3 : 5],
  ['test', animals.slice(known), quick ? 1 : 2],
]) {
  for (const kind of ['images', 'masks']) await mkdir(join(folder, kind, part), { recursive: true });
  for (let i = 0; i < times * paths.length; i++) {
    const { picture, mask } = await compose(paths[i % paths.length]);
    await writeImage(join(folder, 'images', part, `${i}.png`), picture);
    await writeImage(join(folder, 'masks', part, `${i}.png`), mask);
  }
}

// From here on it is any two folders of pictures and masks.
const sets = await imagePairs(join(folder, 'images'), join(folder, 'masks'), {
  colours: [0, 255],
  classes: ['ground', 'animal'],
});
const { mean, std } = await channelStatistics(sets.train);
console.log(
  `${sets.train.length} pairs of ${known} animals, ${sets.test.length} of ${animals.length - known} others`,
);

// Picture and mask are mirrored together; colours change in the picture alone.
const scale = transforms.normalize(mean, std);
const transform = transforms.compose([
  transforms.horizontalFlip(),
  transforms.colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 }),
  scale,
]);
const batchSize = 16;
const settings = { batchSize, shuffle: true, seed: 1, transform, workers: 1, dropLast: true };
const training = new DataLoader(sets.train, settings);
const testing = new DataLoader(sets.test, { batchSize, transform: scale });

manualSeed(1);
const net = models.unet({ inChannels: 3, classes: 2, width: 8, depth: 3, padding: 'same', dropout: 0.2 });
// Four of five pixels are ground: those of animals count as much together.
const weight = tensor([0.6, 2.5]);
const loss = (scores, classes) => crossEntropy(scores, classes, { weight });
const optimizer = new optim.AdamW(net.parameters(), { lr: 0.003, weightDecay: 0.01 });
const { validation } = await train(net, training, testing, {
  epochs: quick ? 5 : 12,
  optimizer,
  maxLr: 0.004,
  loss,
});
training.close();

/** The class of each pixel, of all pictures of the test. */
async function predict() {
  const program = await compile(net, { input: [1, 3, side, side], threads });
  const [taken, truth] = [[], []];
  for await (const { x, y } of new DataLoader(sets.test, { batchSize: 1, transform: scale })) {
    const { data: scores } = await program.run(x);
    for (let i = 0; i < side * side; i++) taken.push(Number(scores[side * side + i] > scores[i]));
    truth.push(...y.data);
  }
  program.dispose();
  return { taken: Int32Array.from(taken), truth: Int32Array.from(truth) };
}

const { taken, truth } = await predict();
const { perClass } = metrics.meanIoU(taken, truth, { classes: 2 });
console.log(
  `${percent(validation.accuracy)} of all pixels right; intersection over union of animals: ${perClass[1].toFixed(4)}`,
);

const picture = new Picture(
  1000,
  275,
  `Animals it had not seen, cut out: intersection over union ${perClass[1].toFixed(2)}`,
);
picture.text(20, 52, 'Above: the picture. Below: animal found as it is, missed blue, too much red.');
const each = Math.floor(sets.test.length / 10);
for (let place = 0; place < 10; place++) {
  const { image } = await sets.test.get(place * each);
  const first = place * each * side * side;
  const [shown, cut] = [[], []];
  for (let i = 0; i < side * side; i++) {
    const colour = [0, 1, 2].map((c) => Math.round(255 * image.data[c * side * side + i]));
    shown.push(...colour);
    const [is, says] = [truth[first + i], taken[first + i]];
    cut.push(...(is && says ? colour : is ? [40, 90, 255] : says ? [255, 50, 50] : [245, 245, 245]));
  }
  const x = 20 + 97 * place;
  const rows = { columns: side, rows: side, channels: 3 };
  await picture.pixels([x, 70, 92, 92], { data: Uint8Array.from(shown), ...rows });
  await picture.pixels([x, 170, 92, 92], { data: Uint8Array.from(cut), ...rows });
}
await picture.save(out);
