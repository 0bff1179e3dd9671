// Transfer learning: bird, mammal, fruit, vegetable, flower, vehicle or tool, from eight photographs of each? A MobileNetV2
// that was trained for something else is loaded, loses its head, is frozen, and gets a new head, which alone is trained.
//
//   node examples/transfer.js [--quick] [--data FOLDER] [-o PICTURE.svg]
//
// Network: image moderation of the npm package nsfwjs (TensorFlow.js layers, 8-bit weights). Photographs: the Debian package
// tuxpaint-stamps-default (Tux Paint's contributors, GPL 2), or the folder with its stamps.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { loadTfjs } from '@neocog/formats';
import { BatchLoader, flipAxis, Generator, manualSeed, nn, optim } from 'neocog';
import sharp from 'sharp';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out, data: folder = '/usr/share/tuxpaint/stamps' } = readOptions('transfer');
if (!existsSync(folder)) {
  console.error(
    `${folder} is missing: apt-get install tuxpaint-stamps-default, or name its folder with --data`,
  );
  process.exit(1);
}

const kinds = {
  bird: 'animals/birds',
  mammal: 'animals/mammals',
  fruit: 'food/fruit',
  vegetable: 'food/vegetables',
  flower: 'plants/flowers',
  vehicle: 'vehicles',
  tool: 'household/tools',
};
const names = Object.keys(kinds);

/** Photographs of a kind in an order by chance, without drawings. */
function find(kind, random) {
  const files = readdirSync(join(folder, kinds[kind]), { recursive: true }).sort();
  const photographs = files.filter((file) => file.endsWith('.png') && !file.includes('cartoon'));
  return Array.from(random.permutation(photographs.length), (i) => join(folder, kinds[kind], photographs[i]));
}

const random = new Generator(5);
const found = names.map((kind) => find(kind, random));
const each = 8;
const pick = (from, to) =>
  found.flatMap((paths, label) => paths.slice(from, to).map((path) => ({ path, label })));
const [known, unknown] = [pick(0, each), pick(each, quick ? each + 4 : undefined)];

/** Photographs on white, 224×224, as the network takes them: `[n, 224, 224, 3]` in bytes. */
async function read(list) {
  const background = 'white';
  const images = await Promise.all(
    list.map(({ path }) =>
      sharp(path)
        .flatten({ background })
        .toColourspace('srgb')
        .resize(224, 224, { fit: 'contain', background })
        .raw()
        .toBuffer(),
    ),
  );
  const labels = Int32Array.from(list, ({ label }) => label);
  return [
    { shape: [list.length, 224, 224, 3], data: new Uint8Array(Buffer.concat(images)) },
    { shape: [list.length], data: labels },
  ];
}

const scale = { std: 255, batchSize: 14 };
const mirror = (image, draw) => {
  if (draw.uniform() < 0.5) flipAxis(image, [224, 224, 3], 1);
};
const training = new BatchLoader(...(await read(known)), {
  ...scale,
  shuffle: true,
  seed: 1,
  transform: mirror,
});
const photographs = await read(unknown);
const testing = new BatchLoader(...photographs, scale);

// The network up to its 13th block: what follows knows too much of the task that it was trained for. Of the 576 maps there, the
// head gets the mean of each.
const require = createRequire(import.meta.url);
const model = join(dirname(require.resolve('nsfwjs')), '../models/mobilenet_v2');
const modelJson = require(join(model, 'model.min.js'));
const weights = Buffer.from(require(join(model, 'group1-shard1of1.min.js')), 'base64');
const backbone = await loadTfjs({ modelJson, weights }, { outputs: ['block_13_expand_relu'] });
for (const parameter of backbone.parameters()) parameter.requiresGrad = false;
backbone.eval();

manualSeed(1);
const head = new nn.Sequential(
  new nn.GlobalAvgPool({ layout: 'channels-last' }),
  new nn.Flatten(),
  new nn.BatchNorm1d(576),
  new nn.Dropout(0.3),
  new nn.Linear(576, names.length),
);
const net = new nn.Sequential({ backbone, head });
const optimizer = new optim.AdamW(head.parameters(), { lr: 0.003, weightDecay: 0.05 });
const { validation } = await train(net, training, testing, {
  epochs: quick ? 6 : 20,
  optimizer,
  maxLr: 0.005,
});
console.log(
  `${percent(validation.accuracy)} of ${unknown.length} other photographs right, from ${known.length}`,
);

const picture = new Picture(
  1000,
  620,
  `Seven kinds from ${known.length} photographs: ${percent(validation.accuracy)} of ${unknown.length} others right`,
);
picture.confusion(90, 60, 320, validation.confusion, names);
picture.text(480, 52, 'Photographs it had not seen; red where it is wrong');
const order = new Generator(2).permutation(unknown.length);
for (const [place, i] of [...order].slice(0, 24).entries()) {
  const [x, y] = [480 + 85 * (place % 6), 62 + 110 * Math.floor(place / 6)];
  const small = await sharp(photographs[0].data.subarray(150_528 * i, 150_528 * (i + 1)), {
    raw: { width: 224, height: 224, channels: 3 },
  })
    .resize(56, 56)
    .raw()
    .toBuffer();
  await picture.pixels([x, y, 80, 80], { data: small, columns: 56, rows: 56, channels: 3 });
  const right = validation.predictions[i] === unknown[i].label;
  picture.text(x + 40, y + 95, names[validation.predictions[i]], {
    size: 11,
    anchor: 'middle',
    colour: right ? '#2b8a3e' : '#c92a2a',
  });
}
console.log(
  `wrong: ${unknown
    .filter(({ label }, i) => validation.predictions[i] !== label)
    .map(({ path }) => basename(path, '.png'))
    .join(', ')}`,
);
await picture.save(out);
