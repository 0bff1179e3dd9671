// DeepLabv3 (Chen, Papandreou, Schroff and Adam, "Rethinking atrous convolution for semantic image segmentation", 2017):
// atrous spatial pyramid pooling, that is one map seen by convolutions of several dilations and as a whole, on a
// ResNet-50 whose last strides are dilations instead. Keys are torchvision's, without the auxiliary classifier.

import { count, listOf } from '../arguments/field.ts';
import { Conv2d, Dropout, GlobalAvgPool, type Module, ReLU, Sequential } from '../nn/index.ts';
import { add, resize } from '../ops/index.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import { Block, convNorm, convNormLayers, Parallel } from './blocks.ts';
import { heOutputs, startWith } from './initialise.ts';
import { type ClassifierOptions, withDefaults } from './options.ts';
import { resnet50Layers } from './resnet.ts';

/** Branches and regularisation of `deeplabHead`. */
export interface DeepLabHeadOptions extends ClassifierOptions {
  /** Channels of each branch and of the result before the classifier. Default 256. */
  width?: number | undefined;
  /** Dilations of the 3×3 branches. Default 12, 24 and 36, for maps 8 times smaller than the image. */
  dilations?: readonly number[] | undefined;
  /** Probability of dropout where the branches are joined. Default 0.5. */
  dropout?: number | undefined;
}

/** Size and regularisation of `deeplabV3`. */
export interface DeepLabOptions extends ClassifierOptions {
  /** Channels of the backbone's first stage. Default 64. */
  width?: number | undefined;
  /** As for `deeplabHead`. Default 256. */
  headWidth?: number | undefined;
  /** As for `deeplabHead`. Default 0.5. */
  dropout?: number | undefined;
}

/** The mean of every map, mixed by a 1×1 convolution, in every cell. */
class ImagePooling extends Block {
  constructor(inChannels: number, outChannels: number) {
    const conv = convNormLayers(inChannels, outChannels, 1, { activation: new ReLU() });
    super(Object.fromEntries([new GlobalAvgPool(), ...conv].entries()));
  }

  protected override join(mean: Tensor, x: Tensor): Tensor {
    return add(mean, zeros([1, 1, ...x.shape.slice(2)]));
  }
}

/** The result enlarged to the size of the input. */
class InputSize extends Block {
  protected override join(y: Tensor, x: Tensor): Tensor {
    return resize(y, { size: x.shape.slice(2), mode: 'bilinear' });
  }
}

/** Logits `[n, 21, h, w]` of each cell of maps `[n, 2048, h, w]`; 16,130,837 parameters. Training needs 2 images or more. */
export function deeplabHead(options: DeepLabHeadOptions = {}): Module {
  const { classes, inChannels, width, dilations, dropout } = withDefaults(
    'deeplabHead',
    options,
    {
      classes: 21,
      inChannels: 2048,
      width: 256,
      dilations: [12, 24, 36] as readonly number[],
      dropout: 0.5,
    },
    { dilations: listOf('dilations', count) },
  );
  const view = (kernel: number, dilation: number): Module =>
    convNorm(inChannels, width, kernel, { dilation, activation: new ReLU() });
  const pyramid = new Sequential({
    convs: new Parallel([
      view(1, 1),
      ...dilations.map((d) => view(3, d)),
      new ImagePooling(inChannels, width),
    ]),
    project: new Sequential(
      ...convNormLayers((2 + dilations.length) * width, width, 1, { activation: new ReLU() }),
      new Dropout(dropout),
    ),
  });
  return new Sequential(
    pyramid,
    ...convNormLayers(width, width, 3, { activation: new ReLU() }),
    new Conv2d(width, classes, 1),
  );
}

/** Logits `[n, 21, h, w]` of each pixel of images `[n, 3, h, w]`; 39,638,869 parameters. Training needs 2 images or more. */
export function deeplabV3(options: DeepLabOptions = {}): Module {
  const defaults = { classes: 21, inChannels: 3, width: 64, headWidth: 256, dropout: 0.5 };
  const { classes, inChannels, width, headWidth, dropout } = withDefaults('deeplabV3', options, defaults);
  return new InputSize({
    backbone: startWith(
      { convolutions: heOutputs },
      () => new Sequential(resnet50Layers(inChannels, width, 8)),
    ),
    classifier: deeplabHead({ classes, inChannels: 32 * width, width: headWidth, dropout }),
  });
}
