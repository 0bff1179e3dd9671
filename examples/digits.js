// Which digit was spoken? From a second of samples, by voices that the network has never heard. The spectrogram is the first
// layer, so that the compiled network takes sound as it is.
//
//   node examples/digits.js [--quick] [-o PICTURE.svg]
//
// Data: the ten English digits as espeak-ng says them (Debian's espeak-ng), in accents, voices and speeds. Training hears twelve voices in
// five accents, the test five other voices in a sixth.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { audioFolder, MelSpectrogram, spectrogram, transforms } from '@neocog/audio';
import { DataLoader, manualSeed, nn, optim } from 'neocog';
import { Picture } from './shared/picture.js';
import { percent, readOptions, train } from './shared/train.js';

const { quick, out } = readOptions('digits');
const rate = 8000;
const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

const spoken = {
  train: {
    accents: ['en-us', 'en-gb', 'en-gb-scotland', 'en-gb-x-gbclan', 'en-029'],
    voices: quick ? ['m1', 'm3', 'f1', 'f2'] : 'm1 m3 m5 m7 f1 f2 f3 f5 klatt klatt3 Alicia Andy'.split(' '),
    speeds: quick ? [150] : [130, 180],
  },
  test: {
    accents: ['en-gb-x-rp'],
    voices: quick ? ['m6', 'f4'] : ['m6', 'm8', 'f4', 'klatt4', 'Andrea'],
    speeds: quick ? [130, 150] : [110, 130, 150, 170, 200],
  },
};

/** Every digit by every voice, each a file in the folder of its digit. */
async function speak(folder) {
  const calls = Object.entries(spoken).flatMap(([part, { accents, voices, speeds }]) =>
    words.flatMap((word) =>
      accents.flatMap((accent) =>
        voices.flatMap((voice) =>
          speeds.map((speed) => ({ part, word, voice: `${accent}+${voice}`, speed })),
        ),
      ),
    ),
  );
  for (const part of Object.keys(spoken))
    for (const word of words) await mkdir(join(folder, part, word), { recursive: true });
  const run = promisify(execFile);
  const say = async ({ part, word, voice, speed }) => {
    const file = join(folder, part, word, `${voice}-${speed}.wav`);
    await run('espeak-ng', ['-v', voice, '-s', String(speed), '-w', file, word]);
  };
  for (let i = 0; i < calls.length; i += 8) await Promise.all(calls.slice(i, i + 8).map(say));
  return calls.length;
}

const folder = await mkdtemp(join(tmpdir(), 'neocog-digits-'));
try {
  console.log(`${await speak(folder)} words spoken`);
  await learn();
} finally {
  await rm(folder, { recursive: true });
}

async function learn() {
  const sets = await audioFolder(folder, { sampleRate: rate, mono: true });
  const training = new DataLoader(sets.train, {
    batchSize: quick ? 25 : 50,
    shuffle: true,
    seed: 1,
    dropLast: true,
    transform: transforms.compose([
      transforms.speed({ factor: [0.85, 1.15] }),
      transforms.randomCrop(rate),
      transforms.addNoise({ snr: [10, 40] }),
      transforms.gain({ decibels: [-12, 6] }),
    ]),
  });
  const testing = new DataLoader(sets.test, { batchSize: 50, transform: transforms.fitLength(rate) });

  manualSeed(1);
  const block = (from, to) =>
    new nn.Sequential(
      new nn.Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }),
      new nn.BatchNorm2d(to),
      new nn.ReLU(),
    );
  const net = new nn.Sequential(
    // [n, 1, 8000] → [n, 1, 32, 101]
    new MelSpectrogram({ sampleRate: rate, nFft: 256, hopLength: 80, nMels: 32, decibels: true, topDb: 60 }),
    new nn.InstanceNorm2d(1),
    block(1, 16),
    block(16, 32),
    block(32, 64),
    new nn.AdaptiveAvgPool2d([4, 1]), // over time: pitches stay apart
    new nn.Flatten(),
    new nn.Dropout(0.2),
    new nn.Linear(4 * 64, words.length),
  );
  const optimizer = new optim.AdamW(net.parameters(), { lr: 0.01, weightDecay: 0.01 });
  const epochs = quick ? 6 : 8;
  const { validation } = await train(net, training, testing, { epochs, optimizer, maxLr: 0.01 });
  console.log(`${percent(validation.accuracy)} of ${testing.size} words right, by voices never heard`);
  await draw(sets, validation);
}

/** Which digits are taken for which, and what each looks like. */
async function draw({ classes, test }, { accuracy, confusion }) {
  const picture = new Picture(1000, 540, `Digits spoken by voices never heard: ${percent(accuracy)} right`);
  picture.confusion(70, 70, 400, confusion, classes);
  for (const [label, word] of classes.entries()) {
    const { sound } = await test.get(test.labels.indexOf(label));
    const { data, shape } = spectrogram(sound, { nFft: 256, hopLength: 80 });
    const [rows, columns] = shape.slice(1);
    const loudness = Array.from(data, (v) => 10 * Math.log10(v + 1e-10));
    const loudest = Math.max(...loudness);
    const grey = (row, column) => 255 * Math.min(1, (loudest - loudness[row * columns + column]) / 60);
    const [x, y] = [540 + 225 * (label % 2), 70 + 90 * Math.floor(label / 2)];
    picture.text(x, y + 12, word);
    await picture.pixels([x + 50, y, 160, 75], {
      data: Uint8Array.from({ length: rows * columns }, (_, i) =>
        grey(rows - 1 - Math.floor(i / columns), i % columns),
      ),
      columns,
      rows,
    });
  }
  await picture.save(out);
}
