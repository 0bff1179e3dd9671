// Layers that change the resolution, without weights.

import { count, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { pixelShuffle, pixelUnshuffle, type ResizeOptions, resize } from '../ops/index.ts';
import { resizeFields } from '../ops/resize.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { describeOptions } from './describe.ts';
import { Module } from './module.ts';

/** Resizes the spatial axes of `[n, c, …]`; see `resize`. */
export class Upsample extends Module {
  /** As they were given: `size` or `scale`, and how to get there. */
  readonly options: ResizeOptions;

  constructor(options: ResizeOptions) {
    super();
    needOptions('Upsample', options, resizeFields);
    if (options.size === undefined && options.scale === undefined)
      throw new ShapeError('Upsample: neither size nor scale is given; give one of them');
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return resize(x, this.options);
  }

  override describe(): string {
    return describeOptions(this.options).join(', ');
  }
}

/** A layer that moves elements between channels and space, `factor` per spatial axis. */
abstract class Shuffle extends Module {
  /** Side of the block of cells that channels become, or that becomes channels. */
  readonly factor: number;

  constructor(factor: number) {
    super();
    need(new.target.name, 'factor', factor, count);
    this.factor = factor;
  }

  override describe(): string {
    return String(this.factor);
  }
}

/** Spreads channels over space: `[n, c·f², h, w]` → `[n, c, h·f, w·f]`; see `pixelShuffle`. */
export class PixelShuffle extends Shuffle {
  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

/** Gathers space into channels: `[n, c, h·f, w·f]` → `[n, c·f², h, w]`; see `pixelUnshuffle`. */
export class PixelUnshuffle extends Shuffle {
  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}
