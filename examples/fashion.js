// Fashion-MNIST: which of ten kinds of clothes is on a picture of 28×28 pixels? A small residual network with batch
// normalisation, on pictures that are mirrored at random.
//
//   node examples/fashion.js [--quick] [--data FOLDER] [-o PICTURE.svg]
//
// Data: the Debian package dataset-fashion-mnist, or a folder with the four .gz files of
// github.com/zalandoresearch/fashion-mnist (Xiao, Rasul, Vollgraf 2017).

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { BatchLoader, flipAxis, manualSeed, nn, optim, parseIdx } from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out, data: folder = '/usr/share/datasets/fashion-mnist' } = readOptions('fashion');
const kinds = [
  'T-shirt',
  'trousers',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'boot',
];

function read(name, most) {
  const path = `${folder}/${name}.gz`;
  if (!existsSync(path)) {
    console.error(
      `${path} is missing: apt-get install dataset-fashion-mnist, or name its folder with --data`,
    );
    process.exit(1);
  }
  const { shape, data } = parseIdx(gunzipSync(readFileSync(path)), path);
  const count = Math.min(most, shape[0]);
  return { shape: [count, ...shape.slice(1)], data: data.subarray(0, (count * data.length) / shape[0]) };
}

const load = (part, most, options) =>
  new BatchLoader(read(`${part}-images-idx3-ubyte`, most), read(`${part}-labels-idx1-ubyte`, most), {
    ...options,
    mean: 72.94,
    std: 90.02,
    sampleShape: [1, 28, 28],
  });

// What a picture shows does not change when it is mirrored.
function augment(picture, random) {
  if (random.uniform() < 0.5) flipAxis(picture, [1, 28, 28]);
}

const batchSize = 128;
const training = load('train', quick ? 4096 : 60_000, {
  batchSize,
  shuffle: true,
  seed: 1,
  dropLast: true,
  transform: augment,
});
const testing = load('t10k', quick ? 1000 : 10_000, { batchSize: 100 });

/** Convolution, batch normalisation, ReLU. */
const layer = (from, to) =>
  new nn.Sequential(
    new nn.Conv2d(from, to, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(to),
    new nn.ReLU(),
  );

manualSeed(1);
const net = new nn.Sequential(
  layer(1, 24),
  new nn.MaxPool2d(2), // 14×14
  layer(24, 48),
  new nn.Residual(layer(48, 48)),
  new nn.MaxPool2d(2), // 7×7
  layer(48, 96),
  new nn.Residual(layer(96, 96)),
  new nn.GlobalAvgPool(),
  new nn.Flatten(),
  new nn.Linear(96, 10),
);

const optimizer = new optim.SGD(net.parameters(), {
  lr: 0.1,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
});
const { validation } = await train(net, training, testing, { epochs: quick ? 2 : 5, optimizer, maxLr: 0.1 });
console.log(`${percent(validation.accuracy)} of ${testing.size} test pictures right`);

// The picture: what is taken for what, and the mistakes of which the network is surest.
const picture = new Picture(1000, 560, `Fashion-MNIST: ${percent(validation.accuracy)} right`);
picture.confusion(90, 60, 400, validation.confusion, kinds);
picture.text(540, 50, 'The surest mistakes: taken for (really)');
const { data: images } = read('t10k-images-idx3-ubyte', testing.size);
const { data: labels } = read('t10k-labels-idx1-ubyte', testing.size);
const mistakes = [...labels.keys()]
  .filter((i) => validation.predictions[i] !== labels[i])
  .sort((a, b) => validation.confidences[b] - validation.confidences[a]);
for (const [place, i] of mistakes.slice(0, 24).entries()) {
  const [x, y] = [540 + 75 * (place % 6), 65 + 118 * Math.floor(place / 6)];
  await picture.pixels([x, y, 68, 68], {
    data: images.subarray(784 * i, 784 * (i + 1)),
    columns: 28,
    rows: 28,
  });
  picture.text(x + 34, y + 82, kinds[validation.predictions[i]], { size: 11, anchor: 'middle' });
  picture.text(x + 34, y + 95, `(${kinds[labels[i]]})`, { size: 11, anchor: 'middle', colour: '#888' });
}
await picture.save(out);
