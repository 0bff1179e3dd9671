// MobileNet (Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications",
// 2017): every convolution but the first is depthwise separable, a 3×3 per channel and then a 1×1 across channels.

import { Dropout, Flatten, GlobalAvgPool, Linear, type Module, ReLU, Sequential } from '../nn/index.ts';
import { convNorm, scaleChannels } from './blocks.ts';
import { gaussian, heOutputs, startWith } from './initialise.ts';
import { type ClassifierOptions, factor, withDefaults } from './options.ts';

/** Size and regularisation of `mobilenetV1` and `mobilenetV2`. */
export interface MobileNetOptions extends ClassifierOptions {
  /** Multiplies the channels of every layer; the papers' α. Default 1. */
  width?: number | undefined;
  /** Probability of dropout before the classifier. Default 0.001 in version 1, 0.2 in version 2. */
  dropout?: number | undefined;
}

/** Output channels and stride of each separable convolution: the paper's table 1. */
const table = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

const separable = (inChannels: number, outChannels: number, stride: number): Module =>
  new Sequential(
    convNorm(inChannels, inChannels, 3, { stride, groups: inChannels, activation: new ReLU() }),
    convNorm(inChannels, outChannels, 1, { activation: new ReLU() }),
  );

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 4,231,976 parameters. */
export function mobilenetV1(options: MobileNetOptions = {}): Module {
  const defaults = { classes: 1000, inChannels: 3, width: 1, dropout: 0.001 };
  const { classes, inChannels, width, dropout } = withDefaults('mobilenetV1', options, defaults, {
    width: factor,
  });
  const outputs = [32, ...table.map(([channels]) => channels)].map((n) => scaleChannels(n, width));
  const build = (): Module =>
    new Sequential({
      features: new Sequential(
        convNorm(inChannels, outputs[0], 3, { stride: 2, activation: new ReLU() }),
        ...table.map(([, stride], i) => separable(outputs[i], outputs[i + 1], stride)),
      ),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      classifier: new Sequential(new Dropout(dropout), new Linear(outputs[table.length], classes)),
    });
  return startWith({ convolutions: heOutputs, linear: gaussian(0.01) }, build);
}
