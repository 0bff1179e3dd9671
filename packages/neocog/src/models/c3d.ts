// C3D (Tran, Bourdev, Fergus, Torresani and Paluri, "Learning spatiotemporal features with 3D convolutional networks",
// 2015): 3×3×3 convolutions throughout; the first pooling leaves time alone.

import { Conv3d, Dropout, Flatten, Linear, MaxPool3d, type Module, ReLU, Sequential } from '../nn/index.ts';
import { gaussian, heInputs, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Size and regularisation of `c3d`. */
export interface C3DOptions extends ClassifierOptions {
  /** Channels of the first convolution; later ones are 2, 4, 8 and 8 times as wide. Default 64. */
  width?: number | undefined;
  /** Units of the two hidden linear layers. Default 4096. */
  hidden?: number | undefined;
  /** Probability of dropout after each of them. Default 0.5. */
  dropout?: number | undefined;
}

const conv = (inChannels: number, outChannels: number): Conv3d =>
  new Conv3d(inChannels, outChannels, 3, { padding: 1, activation: 'relu' });

/** Logits `[n, 487]` of the sports in clips `[n, 3, 16, 112, 112]`: channels, frames, height, width; 79,991,015 parameters. */
export function c3d(options: C3DOptions = {}): Module {
  const defaults = { classes: 487, inChannels: 3, width: 64, hidden: 4096, dropout: 0.5 };
  const { classes, inChannels, width, hidden, dropout } = withDefaults('c3d', options, defaults);
  const build = (): Module =>
    new Sequential({
      conv1a: conv(inChannels, width),
      pool1: new MaxPool3d([1, 2, 2]),
      conv2a: conv(width, 2 * width),
      pool2: new MaxPool3d(2),
      conv3a: conv(2 * width, 4 * width),
      conv3b: conv(4 * width, 4 * width),
      pool3: new MaxPool3d(2),
      conv4a: conv(4 * width, 8 * width),
      conv4b: conv(8 * width, 8 * width),
      pool4: new MaxPool3d(2),
      conv5a: conv(8 * width, 8 * width),
      conv5b: conv(8 * width, 8 * width),
      // 2×7×7 → 1×4×4: the last column and row are windows that fit in part.
      pool5: new MaxPool3d(2, { ceilMode: true }),
      flatten: new Flatten(),
      fc6: new Linear(8 * width * 4 * 4, hidden),
      relu6: new ReLU(),
      drop6: new Dropout(dropout),
      fc7: new Linear(hidden, hidden),
      relu7: new ReLU(),
      drop7: new Dropout(dropout),
      fc8: new Linear(hidden, classes),
    });
  return startWith({ convolutions: heInputs, linear: gaussian(0.01) }, build);
}
