// Which voxels of a head are brain? A small 3-D U-Net on cubes of a magnetic resonance image: it learns on one half of the
// head and finds the brain in the other, which it has never seen.
//
//   node examples/volume.js [--quick] [--data FOLDER] [-o PICTURE.svg]
//
// Data: ch2.nii.gz, one head averaged over 27 scans (Holmes et al. 1998), and ch2bet.nii.gz, the same with everything but
// the brain removed: the Debian package mricron-data, or a folder with these files.

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { BatchLoader, compile, concat, crossEntropy, Generator, manualSeed, nn, optim, Tensor } from 'neocog';
import { Picture } from './shared/picture.js';
import { readOptions, threads, train } from './shared/train.js';

const { quick, out, data: folder = '/usr/share/mricron/templates' } = readOptions('volume');

/** A NIfTI-1 volume of bytes: x, the fastest, from left to right, y from back to front, z upwards. */
function read(name) {
  const path = `${folder}/${name}`;
  if (!existsSync(path)) {
    console.error(`${path} is missing: apt-get install mricron-data, or name its folder with --data`);
    process.exit(1);
  }
  const bytes = gunzipSync(readFileSync(path));
  const [, columns, rows, slices] = Array.from({ length: 4 }, (_, i) => bytes.readInt16LE(40 + 2 * i));
  return { columns, rows, slices, voxels: bytes.subarray(bytes.readFloatLE(108)) };
}

const head = read('ch2.nii.gz');
const brain = read('ch2bet.nii.gz');
const at = (x, y, z) => (z * head.rows + y) * head.columns + x;

// Cells of 2 mm, means of 8 voxels. Both halves as 44 columns counted from the outside, so that the right one is mirrored.
const [depth, height, width] = [88, 104, 44];
const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, i >> 2]);
function half(volume, right) {
  const cells = new Float32Array(depth * height * width);
  for (let cell = 0; cell < cells.length; cell++) {
    const x = 2 * (cell % width) + 2;
    const y = 2 * (Math.floor(cell / width) % height) + 4;
    const z = 2 * Math.floor(cell / (width * height)) + 2;
    for (const [i, j, k] of corners) {
      const column = right ? head.columns - 1 - x - i : x + i;
      cells[cell] += volume.voxels[at(column, y + j, z + k)] / 8;
    }
  }
  return cells;
}
const scaled = (cells) => cells.map((value) => (value - 60) / 50);
const isBrain = (cells) => Int32Array.from(cells, (value) => Number(value > 15));
const seen = { image: scaled(half(head, false)), label: isBrain(half(brain, false)) };
const unseen = { image: scaled(half(head, true)), label: isBrain(half(brain, true)) };

/** Cubes of 32³ cells from random places. */
const side = 32;
function cubes(count, seed) {
  const random = new Generator(seed);
  const images = new Float32Array(count * side ** 3);
  const labels = new Int32Array(images.length);
  for (let row = 0; row < count * side ** 2; row += side ** 2) {
    const [z, y, x] = [depth, height, width].map((size) => random.integer(size - side + 1));
    for (let i = 0; i < side ** 2; i++) {
      const start = ((z + Math.floor(i / side)) * height + y + (i % side)) * width + x;
      images.set(seen.image.subarray(start, start + side), (row + i) * side);
      labels.set(seen.label.subarray(start, start + side), (row + i) * side);
    }
  }
  const shape = [count, side, side, side];
  return [
    { shape: [count, 1, ...shape.slice(1)], data: images },
    { shape, data: labels },
  ];
}

const training = new BatchLoader(...cubes(quick ? 16 : 256, 1), { batchSize: 4, shuffle: true, seed: 1 });
const whole = [1, depth, height, width];
const testing = new BatchLoader(
  { shape: [1, ...whole], data: unseen.image },
  { shape: whole, data: unseen.label },
  { batchSize: 1 },
);

const layer = (from, to) =>
  new nn.Sequential(
    new nn.Conv3d(from, to, 3, { padding: 1, bias: false }),
    new nn.BatchNorm3d(to),
    new nn.ReLU(),
  );

/** Down to an eighth of the cells and up again, past what was seen at each size. Ronneberger et al. 2015, in 3-D. */
class SmallUNet extends nn.Module {
  fine = new nn.Sequential(layer(1, 8), layer(8, 8));
  middle = new nn.Sequential(layer(8, 16), layer(16, 16));
  coarse = new nn.Sequential(layer(16, 32), layer(32, 32));
  up1 = new nn.ConvTranspose3d(32, 16, 2, { stride: 2 });
  join1 = layer(32, 16);
  up2 = new nn.ConvTranspose3d(16, 8, 2, { stride: 2 });
  join2 = layer(16, 8);
  last = new nn.Conv3d(8, 2, 1);
  pool = new nn.MaxPool3d(2);

  forward(x) {
    const fine = this.fine.forward(x);
    const middle = this.middle.forward(this.pool.forward(fine));
    const coarse = this.coarse.forward(this.pool.forward(middle));
    const joined = this.join1.forward(concat([this.up1.forward(coarse), middle], { axis: 1 }));
    return this.last.forward(this.join2.forward(concat([this.up2.forward(joined), fine], { axis: 1 })));
  }
}

manualSeed(1);
const net = new SmallUNet();
const optimizer = new optim.AdamW(net.parameters(), { lr: 0.003, weightDecay: 0.01 });
await train(net, training, testing, { epochs: quick ? 4 : 8, optimizer, maxLr: 0.003, loss: crossEntropy });

// A network of convolutions takes any size: the unseen half in one run.
const program = await compile(net, { input: [1, ...whole], threads });
const { data: scores } = await program.run(new Tensor(unseen.image, [1, ...whole]));
program.dispose();
const found = unseen.label.map((_, i) => Number(scores[unseen.label.length + i] > scores[i]));
const count = (cells) => cells.reduce((sum, cell) => sum + cell, 0);
const both = count(found.map((cell, i) => cell & unseen.label[i]));
const dice = (2 * both) / (count(found) + count(unseen.label));
console.log(`Dice coefficient of the unseen half: ${dice.toFixed(4)}`);

// The picture: five slices; right cells in grey and white, missed brain blue, too much red.
const picture = new Picture(1000, 540, `Brain in the unseen half of a head: Dice ${dice.toFixed(4)}`);
picture.text(20, 52, 'Above: the image. Below: brain found green, missed blue, too much red.');
for (const [place, z] of [18, 30, 42, 54, 66].entries()) {
  const [grey, colours] = [[], []];
  for (let y = height - 1; y >= 0; y--) {
    for (let x = 0; x < width; x++) {
      const i = (z * height + y) * width + x;
      const light = Math.max(0, Math.min(255, Math.round(1.6 * (50 * unseen.image[i] + 60))));
      const [is, says] = [unseen.label[i], found[i]];
      grey.push(light);
      if (is && says) colours.push(light * 0.6, light, light * 0.6);
      else if (is) colours.push(40, 90, 255);
      else if (says) colours.push(255, 50, 50);
      else colours.push(light * 0.6, light * 0.6, light * 0.6);
    }
  }
  const box = [20 + 196 * place, 66, 176, 224];
  const size = { columns: width, rows: height };
  await picture.pixels(box, { data: Uint8Array.from(grey), ...size });
  await picture.pixels([box[0], 300, box[2], box[3]], {
    data: Uint8Array.from(colours),
    ...size,
    channels: 3,
  });
}
await picture.save(out);
