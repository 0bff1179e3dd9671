// Of which class is a picture? From a folder of pictures for each class.

import { gradCam, heatmap, type PictureSample, type PictureSet } from '@neocog/vision';
import { crossEntropy, manualSeed, type nn, ShapeError, type Tensor } from 'neocog';
import type { PictureRecipe } from '../../recipe.ts';
import { type Html, html } from '../../report/html.ts';
import { classReport } from '../classes/report.ts';
import type { Lesson, TaskReport } from '../lesson.ts';
import type { Machine } from '../machine.ts';
import { evenly, type Placed, placeHead } from '../placeHead.ts';
import { imageOf, rowsOf, shown, unscaled } from '../report/pictures.ts';
import { type Reading, type Samples, samplesOf } from '../samples.ts';
import type { FolderSettings } from '../settings.ts';
import type { Task } from '../task.ts';
import { augmentationFor, roomFor } from './augmentation.ts';
import { describeCounts, openPictures, type PictureData } from './data.ts';
import { chooseNetwork } from './network.ts';
import { pictureEndings, trainedPictures } from './trained.ts';

export const pictures: Task<'classify'> = {
  name: 'classify',
  holds: 'a folder of pictures for each class',
  strange: { seconds: 'pictures have a --size' },
  usual: {
    fresh: { augment: 'light', epochs: 40, batch: 16, lr: 0.002 },
    trained: { augment: 'light', epochs: 15, batch: 16, lr: 0.0003 },
    frozen: { augment: 'none', epochs: 60, batch: 16, lr: 0.005 },
  },
  known: 'frozen',
  countIn: (paths) => paths.filter((path) => path.includes('/') && pictureEndings.test(path)).length,
  open,
  trained: trainedPictures,
};

async function open(settings: FolderSettings, machine: Machine): Promise<Lesson> {
  const { seed, holdOut, strict, data: path, augment } = settings;
  const chosen = await chooseNetwork(settings);
  const reading: Reading = { seed, strict, workers: machine.workers };
  const data = await openPictures(path, chosen.input, { ...reading, holdOut, room: roomFor(augment) });
  manualSeed(seed);
  const { recipe } = data;
  const { classes, channels, size } = recipe;
  const input = [channels, ...size];
  const still = samplesOf<PictureSample>(evenly(data.still), augmentationFor('none', recipe), reading);
  const trial = { samples: still, input, classes: classes.length };
  const placed = settings.freeze && chosen.known ? await placeHead(chosen.known, trial, machine) : null;
  const module = placed?.module ?? chosen.build(classes);
  const train = samplesOf<PictureSample>(data.train, augmentationFor(augment, recipe), reading);
  const heldOut = samplesOf<PictureSample>(data.heldOut, undefined, reading);
  return {
    ...{ name: data.name, title: chosen.title, noun: 'picture', input, target: [] },
    ...{ module, placed, batch: chosen.batch },
    about: `on ${data.name} at ${size[1]}×${size[0]}: ${describeCounts(classes, data, 'picture')}`,
    ...{ train, isStill: augment === 'none', heldOut, loss: crossEntropy },
    recipe: { task: 'classify', recipe },
    report: ({ threads }) => reportOf({ data, module, placed, train, heldOut }, threads),
  };
}

interface Reported {
  readonly data: PictureData;
  readonly module: nn.Module;
  readonly placed: Placed | null;
  readonly train: Samples;
  readonly heldOut: Samples;
}

async function reportOf({ data, module, train, heldOut }: Reported, threads: number): Promise<TaskReport> {
  const { recipe } = data;
  const { classes, channels, size } = recipe;
  const pictures = data.heldOut;
  const report = await classReport(
    {
      ...{ network: { module, input: [channels, ...size] }, classes, noun: 'picture' },
      ...{ loader: heldOut.loader({ batchSize: 1 }), labels: labelsOf(pictures), files: pictures.files },
      legend: 'Below each, warm colours show what spoke for the wrong class.',
      show: async ({ index, taken }) => {
        const { image } = await pictures.get(index);
        return withLook({ module, image, recipe, taken });
      },
    },
    threads,
  );
  return { ...report, seen: await seenOf(train, recipe), uses: usesOfPictures };
}

/** Of a folder of classes, each picture has one. */
export const labelsOf = ({ labels }: PictureSet): number[] => labels.map(Number);

const usesOfPictures = [
  ['run', ' picture.jpg', 'what is it?'],
  ['evaluate', ' FOLDER', 'how well does it do on other pictures?'],
  ['build', ' -o page', 'a page that runs it'],
] as const;

interface Look {
  readonly module: nn.Module;
  readonly image: Tensor;
  readonly recipe: PictureRecipe;
  readonly taken: number;
}

/** A picture, and the same with what spoke for a class (Selvaraju et al., "Grad-CAM", 2017). */
async function withLook({ module, image, recipe, taken }: Look): Promise<Html> {
  const name = recipe.classes[taken] ?? '';
  const picture = await imageOf(image, recipe, `taken for ${name}`);
  const map = lookOf(module, image, taken);
  if (!map) return picture;
  const look = heatmap(unscaled(image, recipe), map);
  return html`${picture}${await imageOf(look, { mean: [0], std: [1] }, `what spoke for ${name}`)}`;
}

/** Null for a network without maps. */
export function lookOf(module: nn.Module, x: Tensor, taken: number): Tensor | null {
  try {
    return gradCam(module, x, { class: taken });
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

/** A batch of what the network learned from. */
async function seenOf(train: Samples, recipe: PictureRecipe): Promise<Html> {
  const loader = train.loader({ batchSize: shown, shuffle: true });
  try {
    for await (const { x } of loader)
      return html`${await Promise.all(rowsOf(x).map((row, i) => imageOf(row, recipe, altOf(i))))}`;
    return html``;
  } finally {
    loader.close();
  }
}

const altOf = (i: number): string => `training picture ${i + 1}, as the network saw it`;
