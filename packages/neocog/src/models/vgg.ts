// VGG (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015): nothing
// but 3×3 convolutions and pooling. Keys and first weights are torchvision's.

import { flag } from '../arguments/field.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { gaussian, heOutputs, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Size and regularisation of every VGG here. */
export interface VGGOptions extends ClassifierOptions {
  /** Normalise after every convolution. Default false. */
  batchNorm?: boolean | undefined;
  /** Channels of the first stage; later ones are 2, 4, 8 and 8 times as wide. Default 64. */
  width?: number | undefined;
  /** Units of the two hidden linear layers. Default 4096. */
  hidden?: number | undefined;
  /** Probability of dropout after each of them. Default 0.5. */
  dropout?: number | undefined;
}

/** Convolutions in each of the five stages: columns A and D of the paper's table 1. */
const depths = { vgg11: [1, 1, 2, 2, 2], vgg16: [2, 2, 3, 3, 3] };
/** Channels of each stage, as multiples of the first's. */
const growth = [1, 2, 4, 8, 8];

function stage(
  inChannels: number,
  outChannels: number,
  { depth, batchNorm }: { depth: number; batchNorm: boolean },
): Module[] {
  const convolutions = Array.from({ length: depth }, (_, i) => [
    new Conv2d(i === 0 ? inChannels : outChannels, outChannels, 3, { padding: 1 }),
    ...(batchNorm ? [new BatchNorm2d(outChannels)] : []),
    new ReLU(),
  ]);
  return [...convolutions.flat(), new MaxPool2d(2)];
}

function vgg(name: keyof typeof depths, options: VGGOptions): Module {
  const defaults = {
    classes: 1000,
    inChannels: 3,
    batchNorm: false,
    width: 64,
    hidden: 4096,
    dropout: 0.5,
  };
  const { classes, inChannels, batchNorm, width, hidden, dropout } = withDefaults(name, options, defaults, {
    batchNorm: flag,
  });
  const channels = [inChannels, ...growth.map((factor) => factor * width)];
  const stages = (): Module[] =>
    depths[name].flatMap((depth, i) => stage(channels[i], channels[i + 1], { depth, batchNorm }));
  const build = (): Module =>
    new Sequential({
      features: new Sequential(...stages()),
      avgpool: new AdaptiveAvgPool2d(7),
      flatten: new Flatten(),
      classifier: new Sequential(
        new Linear(8 * width * 7 * 7, hidden),
        new ReLU(),
        new Dropout(dropout),
        new Linear(hidden, hidden),
        new ReLU(),
        new Dropout(dropout),
        new Linear(hidden, classes),
      ),
    });
  return startWith({ convolutions: heOutputs, linear: gaussian(0.01) }, build);
}

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 132,863,336 parameters, 132,868,840 with `batchNorm`. */
export const vgg11 = (options: VGGOptions = {}): Module => vgg('vgg11', options);

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 138,357,544 parameters, 138,365,992 with `batchNorm`. */
export const vgg16 = (options: VGGOptions = {}): Module => vgg('vgg16', options);
