// A data set that looks like MNIST's files and is learned in a second: class c is a bright square at its own
// place. And a folder of pictures in two classes.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';

/** The bytes of an IDX file of bytes. */
export function encodeIdx(shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

/** 28×28 pixels of class `label`; `shift` moves the square a little. */
export function drawSample(label: number, shift: number): Uint8Array {
  const pixels = new Uint8Array(784);
  const top = 2 + 12 * Math.floor(label / 5) + (shift % 3);
  const left = 1 + 5 * (label % 5) + (Math.floor(shift / 3) % 3);
  for (let i = 0; i < 36; i++) pixels[28 * (top + Math.floor(i / 6)) + left + (i % 6)] = 200;
  return pixels;
}

function encodeSplit(count: number): { images: Uint8Array; labels: Uint8Array } {
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const images = Buffer.concat(Array.from(labels, (label, i) => drawSample(label, Math.floor(i / 10))));
  return { images: encodeIdx([count, 28, 28], images), labels: encodeIdx([count], labels) };
}

/** Writes the four files, the training ones zipped. */
export async function writeDataset(folder: string, training = 300, testing = 60): Promise<void> {
  await mkdir(folder, { recursive: true });
  const train = encodeSplit(training);
  const test = encodeSplit(testing);
  await writeFile(join(folder, 'train-images-idx3-ubyte.gz'), gzipSync(train.images));
  await writeFile(join(folder, 'train-labels-idx1-ubyte.gz'), gzipSync(train.labels));
  await writeFile(join(folder, 't10k-images.idx3-ubyte'), test.images);
  await writeFile(join(folder, 't10k-labels-idx1-ubyte'), test.labels);
}

/** Light pictures and dark ones, so many of each. */
export async function writeClasses(folder: string, each: number): Promise<void> {
  for (const [kind, light] of Object.entries({ dark: 40, light: 200 })) {
    await mkdir(join(folder, kind), { recursive: true });
    for (let i = 0; i < each; i++) {
      const background = { r: light + i, g: light - i, b: light };
      await sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toFile(join(folder, kind, `${i}.png`));
    }
  }
}
