// EfficientNet (Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019): inverted
// residuals with squeeze-and-excitation (Hu et al., 2018), and stochastic depth (Huang et al., 2016) while training.
// Keys and first weights are torchvision's.

import { Conv2d, Dropout, Flatten, GlobalAvgPool, Linear, Module, Sequential, SiLU } from '../nn/index.ts';
import { uniform } from '../nn/init/index.ts';
import { dropout as drop, mul } from '../ops/index.ts';
import { ones, type Tensor } from '../tensor/tensor.ts';
import { Block, convNorm, Skip, scaleChannels } from './blocks.ts';
import { heOutputs, startWith } from './initialise.ts';
import { type ClassifierOptions, factor, withDefaults } from './options.ts';

/** Size and regularisation of `efficientnetB0`; width and depth make the larger networks of it. */
export interface EfficientNetOptions extends ClassifierOptions {
  /** Multiplies the channels of every layer. Default 1, B0's. */
  width?: number | undefined;
  /** Multiplies the blocks of every stage. Default 1, B0's. */
  depth?: number | undefined;
  /** Probability of dropout before the classifier. Default 0.2. */
  dropout?: number | undefined;
  /** Probability that the last block is skipped in training; earlier ones are skipped less. Default 0.2. */
  stochasticDepth?: number | undefined;
}

/** The paper's table 1: expansion, kernel, stride of the first block, output channels, blocks. */
const table = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, repeats: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, repeats: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, repeats: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, repeats: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, repeats: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, repeats: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, repeats: 1 },
];

/** Weighs each channel with a number from 0 to 1 that depends on the means of all. */
class SqueezeExcitation extends Block {
  constructor(channels: number, squeezed: number) {
    super({
      avgpool: new GlobalAvgPool(),
      fc1: new Conv2d(channels, squeezed, 1, { activation: 'silu' }),
      fc2: new Conv2d(squeezed, channels, 1, { activation: 'sigmoid' }),
    });
  }

  protected override join(weights: Tensor, x: Tensor): Tensor {
    return mul(x, weights);
  }
}

/** In training, zeroes whole samples with probability p and scales up the others. */
class StochasticDepth extends Module {
  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x;
    return mul(x, drop(ones(x.shape.map((n, d) => (d === 0 ? n : 1))), { p: this.p }));
  }

  override describe(): string {
    return `p ${this.p.toFixed(3)}`;
  }
}

interface ResidualShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  /** How many blocks come before. */
  readonly index: number;
}

function invertedResidual(shape: ResidualShape, skipped: number): Module {
  const { inChannels, outChannels, kernel, stride } = shape;
  const inner = inChannels * shape.expansion;
  const block = new Sequential(
    ...(shape.expansion === 1 ? [] : [convNorm(inChannels, inner, 1, { activation: new SiLU() })]),
    convNorm(inner, inner, kernel, { stride, groups: inner, activation: new SiLU() }),
    new SqueezeExcitation(inner, Math.max(1, Math.floor(inChannels / 4))),
    convNorm(inner, outChannels, 1),
  );
  const skips = stride === 1 && inChannels === outChannels;
  return skips
    ? new Skip({ block, stochasticDepth: new StochasticDepth(skipped) })
    : new Sequential({ block });
}

/** The blocks of each stage for a width and a depth. */
function stagesOf(width: number, depth: number): ResidualShape[][] {
  let index = 0;
  let inChannels = scaleChannels(32, width);
  return table.map((row) => {
    const outChannels = scaleChannels(row.channels, width);
    return Array.from({ length: Math.ceil(row.repeats * depth) }, (_, i) => {
      const shape = { ...row, inChannels, outChannels, stride: i === 0 ? row.stride : 1, index: index++ };
      inChannels = outChannels;
      return shape;
    });
  });
}

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 5,288,548 parameters. Wider and deeper ones are B1 … B7. */
export function efficientnetB0(options: EfficientNetOptions = {}): Module {
  const defaults = { classes: 1000, inChannels: 3, width: 1, depth: 1, dropout: 0.2, stochasticDepth: 0.2 };
  const all = withDefaults('efficientnetB0', options, defaults, { width: factor, depth: factor });
  const stages = stagesOf(all.width, all.depth);
  const skipped = ({ index }: ResidualShape): number => (all.stochasticDepth * index) / stages.flat().length;
  const blocks = (): Module[] =>
    stages.map((stage) => new Sequential(...stage.map((shape) => invertedResidual(shape, skipped(shape)))));
  const [first, last] = [scaleChannels(32, all.width), scaleChannels(320, all.width)];
  const build = (): Module =>
    new Sequential({
      features: new Sequential(
        convNorm(all.inChannels, first, 3, { stride: 2, activation: new SiLU() }),
        ...blocks(),
        convNorm(last, 4 * last, 1, { activation: new SiLU() }),
      ),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      classifier: new Sequential(new Dropout(all.dropout), new Linear(4 * last, all.classes)),
    });
  const bound = 1 / Math.sqrt(all.classes);
  return startWith({ convolutions: heOutputs, linear: (weight) => uniform(weight, -bound, bound) }, build);
}
