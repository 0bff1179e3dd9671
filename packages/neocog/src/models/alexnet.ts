// AlexNet (Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012).
// One group is the form of Krizhevsky's "One weird trick" (2014), with torchvision's keys; two groups are the paper's
// form, split over two processors. Neither has local response normalisation, which VGG found to be of no use.

import { oneOf } from '../arguments/field.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Size and regularisation of `alexnet`. */
export interface AlexNetOptions extends ClassifierOptions {
  /** 1 (default), or 2 for the paper's network, whose second, fourth and fifth convolution see half of the maps. */
  groups?: 1 | 2 | undefined;
  /** Units of the two hidden linear layers. Default 4096. */
  hidden?: number | undefined;
  /** Probability of dropout before each of them. Default 0.5. */
  dropout?: number | undefined;
}

/** Output channels of the five convolutions, by groups. */
const channels = { 1: [64, 192, 384, 256, 256], 2: [96, 256, 384, 384, 256] };

/** Logits `[n, classes]` of images `[n, 3, 224, 224]`; 61,100,840 parameters, or 60,965,224 with two groups. */
export function alexnet(options: AlexNetOptions = {}): Module {
  const own = { groups: oneOf(1, 2) };
  const defaults = { classes: 1000, inChannels: 3, groups: 1 as 1 | 2, hidden: 4096, dropout: 0.5 };
  const { classes, inChannels, groups, hidden, dropout } = withDefaults('alexnet', options, defaults, own);
  const [c1, c2, c3, c4, c5] = channels[groups];
  return new Sequential({
    features: new Sequential(
      new Conv2d(inChannels, c1, 11, { stride: 4, padding: 2 }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
      new Conv2d(c1, c2, 5, { padding: 2, groups }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
      new Conv2d(c2, c3, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(c3, c4, 3, { padding: 1, groups }),
      new ReLU(),
      new Conv2d(c4, c5, 3, { padding: 1, groups }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
    ),
    avgpool: new AdaptiveAvgPool2d(6),
    flatten: new Flatten(),
    classifier: new Sequential(
      new Dropout(dropout),
      new Linear(c5 * 6 * 6, hidden),
      new ReLU(),
      new Dropout(dropout),
      new Linear(hidden, hidden),
      new ReLU(),
      new Linear(hidden, classes),
    ),
  });
}
