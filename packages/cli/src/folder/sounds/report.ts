// What a report says of a network that tells sounds apart: class by class, and the worst mistakes to see and to hear.

import { melSpectrogram, wavBytes } from '@neocog/audio';
import { heatmap } from '@neocog/vision';
import { type nn, noGrad, reshape, Tensor } from 'neocog';
import { encodeJpeg } from '../../image.ts';
import { type Html, html } from '../../report/html.ts';
import { type ColourMap, greys, magma } from '../../report/pictures.ts';
import { classReport } from '../classes/report.ts';
import type { TaskReport } from '../lesson.ts';
import { lookOf } from '../pictures/task.ts';
import { rowsOf } from '../report/pictures.ts';
import type { Samples } from '../samples.ts';
import type { SoundData } from './data.ts';
import { melOf, SoundNet } from './network.ts';

interface Reported {
  readonly data: SoundData;
  readonly module: nn.Module;
  readonly train: Samples;
  readonly heldOut: Samples;
}

/** Sounds that a page lets hear of each kind; more would make it heavy. */
const heard = 12;

export async function soundReport(
  { data, module, train, heldOut }: Reported,
  threads: number,
): Promise<TaskReport> {
  const { classes, length, sampleRate } = data.recipe;
  const { labels, files } = data.heldOut;
  let shown = 0;
  const report = await classReport(
    {
      ...{ network: { module, input: [1, length] }, classes, noun: 'sound', labels, files },
      loader: heldOut.loader({ batchSize: 1 }),
      legend:
        module instanceof SoundNet
          ? 'Above each is its spectrogram, low pitches at the bottom, and where in it the network heard what spoke for the wrong class.'
          : 'Above each is its spectrogram, low pitches at the bottom.',
      show: async ({ index, taken }) => {
        const { sound } = await data.heldOut.get(index);
        const name = classes[taken] ?? '';
        const look = module instanceof SoundNet ? await withLook(module, sound, taken) : null;
        const player = shown++ < heard ? playerOf(sound, sampleRate) : html``;
        return html`${await spectrumOf(sound, sampleRate, `taken for ${name}`)}${look ?? html``}${player}`;
      },
    },
    threads,
  );
  return { ...report, seen: await seenOf(train, sampleRate), uses };
}

const uses = [
  ['run', ' sound.wav', 'what is it?'],
  ['evaluate', ' FOLDER', 'how well does it do on other sounds?'],
  ['build', ' -o page', 'a page that listens'],
] as const;

const playerOf = (sound: Tensor, sampleRate: number): Html =>
  html`<audio controls preload="none" src="data:audio/wav;base64,${Buffer.from(wavBytes({ sound: quietened(sound), sampleRate })).toString('base64')}"></audio>`;

/** Within full scale, which WAV files of whole numbers do not go beyond. */
function quietened({ data, shape }: Tensor): Tensor {
  const peak = Array.from(data).reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  return new Tensor(
    Float32Array.from(data, (v) => v / peak),
    shape,
  );
}

/** Loudness in decibels, `[1, bands, moments]`, from 0 to 1, the highest pitch in the first row. */
function loudnessOf(sound: Tensor, sampleRate: number): Tensor {
  const { data, shape } = noGrad(() => melSpectrogram(sound, { ...melOf(sampleRate), topDb: 60 }));
  const [, bands, moments] = shape as [number, number, number];
  const values = data as Float32Array; // of floats
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const flipped = values.map((_, i) => {
    const [row, column] = [Math.floor(i / moments), i % moments];
    return Math.max(0, 1 + ((values[(bands - 1 - row) * moments + column] as number) - most) / 60);
  });
  return new Tensor(flipped, [1, bands, moments]);
}

/** A picture [3, h, w] of values from 0 to 1. */
function coloured({ data, shape: [, height, width] }: Tensor, colours: ColourMap): Tensor {
  const area = data.length;
  const values = new Float32Array(3 * area);
  for (let i = 0; i < area; i++)
    colours(data[i] as number).forEach((byte, c) => {
      values[c * area + i] = byte / 255;
    });
  return new Tensor(values, [3, height as number, width as number]);
}

const spectrumOf = (sound: Tensor, sampleRate: number, alt: string): Promise<Html> =>
  pictureOf(coloured(loudnessOf(sound, sampleRate), magma), `spectrogram, ${alt}`);

async function pictureOf(image: Tensor, alt: string): Promise<Html> {
  const [, height, width] = image.shape as [number, number, number];
  const area = width * height;
  const pixels = Uint8Array.from({ length: 4 * area }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round(255 * (image.data[(i % 4) * area + Math.floor(i / 4)] as number)),
  );
  const jpeg = Buffer.from(await encodeJpeg(pixels, width, height)).toString('base64');
  return html`<img class="spectrum" src="data:image/jpeg;base64,${jpeg}" width="132" height="72" alt="${alt}">`;
}

/** Where in the spectrogram the network heard what spoke for a class. */
async function withLook(module: SoundNet, sound: Tensor, taken: number): Promise<Html | null> {
  const spectrum = noGrad(() => module.eval().spectrum.forward(reshape(sound, [1, ...sound.shape])));
  const [, , bands, moments] = spectrum.shape as [number, number, number, number];
  const map = lookOf(module.network, reshape(spectrum, [1, bands, moments]), taken);
  if (!map) return null;
  const grey = coloured(scaled(flipped(reshape(spectrum, [bands, moments]))), greys);
  return pictureOf(heatmap(grey, flipped(map)), 'where it heard what spoke for that');
}

/** The last row first. */
function flipped({ data, shape }: Tensor): Tensor {
  const [height, width] = shape as [number, number];
  const values = Float32Array.from(
    data,
    (_, i) => data[(height - 1 - Math.floor(i / width)) * width + (i % width)] as number,
  );
  return new Tensor(values, [height, width]);
}

/** Values from 0 to 1, as one plane. */
function scaled({ data, shape }: Tensor): Tensor {
  const values = Array.from(data);
  const [low, high] = [Math.min, Math.max].map((of) => values.reduce((a, b) => of(a, b))) as [number, number];
  const range = high - low || 1;
  return new Tensor(
    Float32Array.from(data, (v) => (v - low) / range),
    [1, ...shape],
  );
}

/** Sounds as they came to the network while it learned. */
async function seenOf(train: Samples, sampleRate: number): Promise<Html> {
  const loader = train.loader({ batchSize: heard, shuffle: true });
  try {
    for await (const { x } of loader) {
      const cards = rowsOf(x).map(
        async (sound, i) =>
          html`<div>${await spectrumOf(sound, sampleRate, `training sound ${i + 1}, as the network heard it`)}${playerOf(sound, sampleRate)}</div>`,
      );
      return html`${await Promise.all(cards)}`;
    }
    return html``;
  } finally {
    loader.close();
  }
}
