// ResNet (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016) and ResNeXt (Xie et al.,
// "Aggregated residual transformations for deep neural networks", 2017), which is the former with grouped convolutions.
// Keys and first weights are torchvision's; as there, a bottleneck's stride is in its 3×3 convolution.

import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  GlobalAvgPool,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { add, relu } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Block, convNorm } from './blocks.ts';
import { heOutputs, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';

/** Classes and width of every ResNet here. */
export interface ResNetOptions extends ClassifierOptions {
  /** Channels of the first stage, doubled in each later one. Default 64. */
  width?: number | undefined;
}

/** relu(body(x) + x), or + downsample(x) where the shape changes. The body's layers are the block's own children. */
class ResidualBlock extends Block {
  readonly downsample: Module | null;

  constructor(body: Record<string, Module>, downsample: Module | null) {
    super(body);
    this.downsample = downsample;
  }

  protected override join(y: Tensor, x: Tensor): Tensor {
    return relu(add(y, this.downsample ? this.downsample.forward(x) : x));
  }
}

/** What the networks of this family differ in. */
interface Design {
  readonly block: (inChannels: number, width: number, window: Window) => ResidualBlock;
  /** Blocks in each of the four stages. */
  readonly depths: readonly number[];
  /** Channels that leave a block, as a multiple of its width. */
  readonly expansion: number;
}

interface Window {
  readonly stride: number;
  readonly dilation: number;
  readonly groups?: number;
}

const conv = (inChannels: number, outChannels: number, kernel: number, window: Window): Conv2d => {
  const { stride, dilation, groups = 1 } = window;
  const padding = ((kernel - 1) / 2) * dilation;
  return new Conv2d(inChannels, outChannels, kernel, { stride, dilation, padding, groups, bias: false });
};

const plain: Window = { stride: 1, dilation: 1 };

function shortcut(inChannels: number, outChannels: number, stride: number): Module | null {
  if (stride === 1 && inChannels === outChannels) return null;
  return convNorm(inChannels, outChannels, 1, { stride });
}

function basicBlock(inChannels: number, width: number, window: Window): ResidualBlock {
  const body = {
    conv1: conv(inChannels, width, 3, window),
    bn1: new BatchNorm2d(width),
    relu: new ReLU(),
    conv2: conv(width, width, 3, plain),
    bn2: new BatchNorm2d(width),
  };
  return new ResidualBlock(body, shortcut(inChannels, width, window.stride));
}

const bottleneckExpansion = 4;

/** `groups` of the 3×3 convolution, and its channels as a multiple of the block's width. */
const bottleneck =
  (groups: number, widening: number): Design['block'] =>
  (inChannels, width, window) => {
    const inner = width * widening;
    const outChannels = width * bottleneckExpansion;
    const body = {
      conv1: conv(inChannels, inner, 1, plain),
      bn1: new BatchNorm2d(inner),
      relu1: new ReLU(),
      conv2: conv(inner, inner, 3, { ...window, groups }),
      bn2: new BatchNorm2d(inner),
      relu2: new ReLU(),
      conv3: conv(inner, outChannels, 1, plain),
      bn3: new BatchNorm2d(outChannels),
    };
    return new ResidualBlock(body, shortcut(inChannels, outChannels, window.stride));
  };

const basic = { block: basicBlock, expansion: 1 };
const deep = { depths: [3, 4, 6, 3], expansion: bottleneckExpansion };

const design50 = (): Design => ({ ...deep, block: bottleneck(1, 1) });

/** Strides of the four stages, after a stride of 4, and their dilations: for 8 as DeepLab's backbone has them. */
const strides = { 8: [1, 2, 1, 1], 32: [1, 2, 2, 2] };
const dilations = { 8: [1, 1, 2, 4], 32: [1, 1, 1, 1] };

/** What `resnetLayers` makes of images, besides the design. */
interface Sizes {
  readonly inChannels: number;
  readonly width: number;
  /** How much smaller than the image the result is. */
  readonly outputStride: 8 | 32;
}

/** Everything before the classifier, by name. */
function resnetLayers(design: Design, { inChannels, width, outputStride }: Sizes): Record<string, Module> {
  let from = width;
  const stage = (depth: number, index: number): Module => {
    const own = width * 2 ** index;
    const dilation = dilations[outputStride][index];
    // Where a dilation replaces a stride, it begins after the convolution that would have had the stride.
    const first = { stride: strides[outputStride][index], dilation: dilations[outputStride][index - 1] ?? 1 };
    const blocks = Array.from({ length: depth }, (_, i) => {
      const block = design.block(from, own, i === 0 ? first : { stride: 1, dilation });
      from = own * design.expansion;
      return block;
    });
    return new Sequential(...blocks);
  };
  return {
    conv1: new Conv2d(inChannels, width, 7, { stride: 2, padding: 3, bias: false }),
    bn1: new BatchNorm2d(width),
    relu: new ReLU(),
    maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    ...Object.fromEntries(design.depths.map((depth, index) => [`layer${index + 1}`, stage(depth, index)])),
  };
}

/** ResNet-50 without its classifier: 32·width maps, `outputStride` times smaller than the image. */
export const resnet50Layers = (
  inChannels: number,
  width: number,
  outputStride: 8 | 32,
): Record<string, Module> => resnetLayers(design50(), { inChannels, width, outputStride });

function resnet(fn: string, design: Design, options: ResNetOptions): Module {
  const { classes, inChannels, width } = withDefaults(fn, options, {
    classes: 1000,
    inChannels: 3,
    width: 64,
  });
  const build = (): Module =>
    new Sequential({
      ...resnetLayers(design, { inChannels, width, outputStride: 32 }),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      fc: new Linear(8 * width * design.expansion, classes),
    });
  return startWith({ convolutions: heOutputs }, build);
}

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 11,689,512 parameters. */
export const resnet18 = (options: ResNetOptions = {}): Module =>
  resnet('resnet18', { ...basic, depths: [2, 2, 2, 2] }, options);

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 21,797,672 parameters. */
export const resnet34 = (options: ResNetOptions = {}): Module =>
  resnet('resnet34', { ...basic, depths: [3, 4, 6, 3] }, options);

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 25,557,032 parameters. */
export const resnet50 = (options: ResNetOptions = {}): Module => resnet('resnet50', design50(), options);

/** ResNeXt-50 32×4d: logits `[n, classes]` of images `[n, 3, h, w]`; 25,028,904 parameters. */
export const resnext50 = (options: ResNetOptions = {}): Module =>
  resnet('resnext50', { ...deep, block: bottleneck(32, 2) }, options);
