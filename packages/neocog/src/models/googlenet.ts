// GoogLeNet (Szegedy et al., "Going deeper with convolutions", 2015), the Inception network, as torchvision has it:
// batch normalisation after every convolution, 3×3 where the paper's third branch has 5×5, and no auxiliary
// classifiers (load torchvision's weights with `strict: false`). Keys and first weights are torchvision's.

import {
  BatchNorm2d,
  Conv2d,
  type ConvLayerOptions,
  Dropout,
  Flatten,
  GlobalAvgPool,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import type { FirstWeights } from '../nn/init/first.ts';
import { layerDefault, normal } from '../nn/init/index.ts';
import { Parallel } from './blocks.ts';
import { gaussian, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Classes and regularisation of `googlenet`. */
export interface GoogLeNetOptions extends ClassifierOptions {
  /** Probability of dropout before the classifier. Default 0.2. */
  dropout?: number | undefined;
}

const conv = (inChannels: number, outChannels: number, kernel: number, options?: ConvLayerOptions): Module =>
  new Sequential({
    conv: new Conv2d(inChannels, outChannels, kernel, { ...options, bias: false }),
    bn: new BatchNorm2d(outChannels, { eps: 0.001 }),
    relu: new ReLU(),
  });

const pool = (kernel: number, stride: number): MaxPool2d =>
  new MaxPool2d(kernel, { stride, padding: stride === 1 ? 1 : 0, ceilMode: true });

/** The branches' channels, in the columns of the paper's table 1: of the two in the middle before the 3×3 convolution and after. */
type Columns = readonly [
  one: number,
  two: readonly [number, number],
  three: readonly [number, number],
  pooled: number,
];

/** Four views of the same maps side by side. */
function inception(inChannels: number, [one, two, three, pooled]: Columns): Parallel {
  const narrowed = ([reduced, out]: readonly [number, number]): Module =>
    new Sequential(conv(inChannels, reduced, 1), conv(reduced, out, 3, { padding: 1 }));
  return new Parallel({
    branch1: conv(inChannels, one, 1),
    branch2: narrowed(two),
    branch3: narrowed(three),
    branch4: new Sequential(pool(3, 1), conv(inChannels, pooled, 1)),
  });
}

/** torchvision's classifier keeps the bias that layers start with. */
const classifierStart: FirstWeights = (weight, bias) => {
  layerDefault(weight, bias);
  normal(weight, 0, 0.01);
};

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 6,624,904 parameters. */
export function googlenet(options: GoogLeNetOptions = {}): Module {
  const defaults = { classes: 1000, inChannels: 3, dropout: 0.2 };
  const { classes, inChannels, dropout } = withDefaults('googlenet', options, defaults);
  const build = (): Module =>
    new Sequential({
      conv1: conv(inChannels, 64, 7, { stride: 2, padding: 3 }),
      maxpool1: pool(3, 2),
      conv2: conv(64, 64, 1),
      conv3: conv(64, 192, 3, { padding: 1 }),
      maxpool2: pool(3, 2),
      inception3a: inception(192, [64, [96, 128], [16, 32], 32]),
      inception3b: inception(256, [128, [128, 192], [32, 96], 64]),
      maxpool3: pool(3, 2),
      inception4a: inception(480, [192, [96, 208], [16, 48], 64]),
      inception4b: inception(512, [160, [112, 224], [24, 64], 64]),
      inception4c: inception(512, [128, [128, 256], [24, 64], 64]),
      inception4d: inception(512, [112, [144, 288], [32, 64], 64]),
      inception4e: inception(528, [256, [160, 320], [32, 128], 128]),
      maxpool4: pool(2, 2),
      inception5a: inception(832, [256, [160, 320], [32, 128], 128]),
      inception5b: inception(832, [384, [192, 384], [48, 128], 128]),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(1024, classes),
    });
  return startWith({ convolutions: gaussian(0.01), linear: classifierStart }, build);
}
