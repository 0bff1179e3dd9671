// SqueezeNet 1.1 (Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer
// parameters", 2016; version 1.1 is the authors' later release). Keys and first weights are torchvision's.

import { Conv2d, Dropout, Flatten, GlobalAvgPool, MaxPool2d, Module, ReLU, Sequential } from '../nn/index.ts';
import { kaimingUniform } from '../nn/init/index.ts';
import { concat } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { gaussian, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Classes and regularisation of `squeezenet`. */
export interface SqueezeNetOptions extends ClassifierOptions {
  /** Probability of dropout before the classifier. Default 0.5. */
  dropout?: number | undefined;
}

/** Squeezes to few channels, from which 1×1 and 3×3 convolutions expand to as many each. */
class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;

  constructor(inChannels: number, squeezed: number, expanded: number) {
    super();
    this.squeeze = new Conv2d(inChannels, squeezed, 1, { activation: 'relu' });
    this.expand1x1 = new Conv2d(squeezed, expanded, 1, { activation: 'relu' });
    this.expand3x3 = new Conv2d(squeezed, expanded, 3, { padding: 1, activation: 'relu' });
  }

  forward(x: Tensor): Tensor {
    const squeezed = this.squeeze.forward(x);
    return concat([this.expand1x1.forward(squeezed), this.expand3x3.forward(squeezed)], { axis: 1 });
  }
}

const pool = (): MaxPool2d => new MaxPool2d(3, { stride: 2, ceilMode: true });

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 1,235,496 parameters. */
export function squeezenet(options: SqueezeNetOptions = {}): Module {
  const defaults = { classes: 1000, inChannels: 3, dropout: 0.5 };
  const { classes, inChannels, dropout } = withDefaults('squeezenet', options, defaults);
  const last = startWith({ convolutions: gaussian(0.01) }, () => new Conv2d(512, classes, 1));
  const build = (): Module =>
    new Sequential({
      features: new Sequential(
        new Conv2d(inChannels, 64, 3, { stride: 2 }),
        new ReLU(),
        pool(),
        new Fire(64, 16, 64),
        new Fire(128, 16, 64),
        pool(),
        new Fire(128, 32, 128),
        new Fire(256, 32, 128),
        pool(),
        new Fire(256, 48, 192),
        new Fire(384, 48, 192),
        new Fire(384, 64, 256),
        new Fire(512, 64, 256),
      ),
      classifier: new Sequential(new Dropout(dropout), last, new ReLU(), new GlobalAvgPool()),
      flatten: new Flatten(),
    });
  return startWith({ convolutions: (weight) => kaimingUniform(weight) }, build);
}
