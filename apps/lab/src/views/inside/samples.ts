// The networks that can be opened without a file, and pictures for them. samples/README.md says how the trained ones came to be.

import type { models } from 'neocog';

/** A trained network, with pictures of its own. */
export interface TrainedSample {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  /** Pictures of 28×28 pixels side by side, two of each class. */
  readonly sheet: string;
}

export const trained: readonly TrainedSample[] = [
  {
    id: 'digits',
    name: 'Digits: LeNet-5, trained',
    about:
      'LeNet-5, trained by this library on MNIST (LeCun, Cortes, Burges). It names 99.2 % of the test digits rightly.',
    sheet: 'digits.png',
  },
  {
    id: 'garments',
    name: 'Garments: a residual network, trained',
    about:
      'A small residual network, trained by this library on Fashion-MNIST (Zalando SE, MIT licence). It names 89.0 % of the test garments rightly.',
    sheet: 'garments.png',
  },
];

/** Networks of the library that take pictures; their weights are random. */
export const architectures = [
  ['resnet18', 'ResNet-18'],
  ['resnet34', 'ResNet-34'],
  ['resnet50', 'ResNet-50'],
  ['resnext50', 'ResNeXt-50'],
  ['mobilenetV1', 'MobileNet v1'],
  ['mobilenetV2', 'MobileNet v2'],
  ['efficientnetB0', 'EfficientNet-B0'],
  ['squeezenet', 'SqueezeNet'],
  ['googlenet', 'GoogLeNet'],
  ['alexnet', 'AlexNet'],
  ['vgg11', 'VGG-11'],
  ['deeplabV3', 'DeepLab v3'],
  ['dcganDiscriminator', 'DCGAN’s discriminator'],
] as const satisfies readonly (readonly [models.ModelName, string])[];

export type ArchitectureName = (typeof architectures)[number][0];

/** What can be chosen by an address: `digits`, `resnet18`. */
export const subjects: readonly string[] = [
  ...trained.map(({ id }) => id),
  ...architectures.map(([name]) => name),
];
