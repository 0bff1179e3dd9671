// U-Net (Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015): maps
// are halved and widened four times, then doubled by transposed convolutions, each time joined with the map of that
// size from the way down. Written as the recursion that it is: a level holds the smaller levels.

import { oneOf, whole } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { Conv2d, ConvTranspose2d, Dropout, MaxPool2d, Module, ReLU, Sequential } from '../nn/index.ts';
import { concat, slice } from '../ops/index.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { heInputs, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Size, padding and regularisation of `unet`. */
export interface UNetOptions extends ClassifierOptions {
  /** Channels of the largest maps, doubled at each level. Default 64. */
  width?: number | undefined;
  /** How often maps are halved. Default 4. */
  depth?: number | undefined;
  /** 'valid' (default), the paper's: an output smaller than the input, each of whose cells saw real pixels only. */
  padding?: 'valid' | 'same' | undefined;
  /** Probability of dropout at the smallest maps. Default 0.5. */
  dropout?: number | undefined;
}

type Padding = 'valid' | 'same';

const double = (inChannels: number, outChannels: number, padding: Padding): Module[] => [
  new Conv2d(inChannels, outChannels, 3, { padding }),
  new ReLU(),
  new Conv2d(outChannels, outChannels, 3, { padding }),
  new ReLU(),
];

/** The middle of every plane, as large as another map's. */
function cropTo(x: Tensor, [, , height, width]: readonly number[]): Tensor {
  const [top, left] = [(x.shape[2] - height) / 2, (x.shape[3] - width) / 2].map(Math.floor);
  return slice(x, { start: [null, null, top, left], end: [null, null, top + height, left + width] });
}

/** One size on the way down and up, with everything smaller in between. */
class Level extends Module {
  readonly encode: Module;
  readonly pool = new MaxPool2d(2);
  readonly inner: Module;
  readonly up: ConvTranspose2d;
  readonly decode: Module;

  constructor(inChannels: number, width: number, { inner, padding }: { inner: Module; padding: Padding }) {
    super();
    this.encode = new Sequential(...double(inChannels, width, padding));
    this.inner = inner;
    this.up = new ConvTranspose2d(2 * width, width, 2, { stride: 2 });
    this.decode = new Sequential(...double(2 * width, width, padding));
  }

  forward(x: Tensor): Tensor {
    const skip = this.encode.forward(x);
    if (skip.shape[2] % 2 || skip.shape[3] % 2) {
      throw new ShapeError(
        `unet: maps of shape ${formatShape(skip.shape)} cannot be halved; choose an input whose maps are even at every level, such as 572×572, or a multiple of 2 for each level with padding 'same'`,
      );
    }
    const deep = this.up.forward(this.inner.forward(this.pool.forward(skip)));
    return this.decode.forward(concat([cropTo(skip, deep.shape), deep], { axis: 1 }));
  }
}

/**
 * Logits `[n, classes, h′, w′]` for each pixel of `[n, inChannels, h, w]`; 31,030,658 parameters. With 'valid' padding
 * 572×572 pixels give 388×388, with 'same' the size stays.
 *
 * Forward throws ShapeError for an input that cannot be halved evenly at every level.
 */
export function unet(options: UNetOptions = {}): Module {
  const own = { depth: whole(1, 16), padding: oneOf('valid', 'same') };
  const defaults = {
    classes: 2,
    inChannels: 1,
    width: 64,
    depth: 4,
    padding: 'valid' as Padding,
    dropout: 0.5,
  };
  const { classes, inChannels, width, depth, padding, dropout } = withDefaults(
    'unet',
    options,
    defaults,
    own,
  );
  const level = (channels: number, size: number, below: number): Module =>
    below === 0
      ? new Sequential(...double(channels, size, padding), new Dropout(dropout))
      : new Level(channels, size, { inner: level(size, 2 * size, below - 1), padding });
  const build = (): Module =>
    new Sequential({
      levels: level(inChannels, width, depth),
      classifier: new Conv2d(width, classes, 1),
    });
  return startWith({ convolutions: heInputs }, build);
}
