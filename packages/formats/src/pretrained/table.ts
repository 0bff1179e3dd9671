// Where torchvision publishes the weights of networks that `models` has, by the names there. A file's name ends in the first
// digits of its SHA-256. Source: torchvision.models, the `url` of each Weights; of EfficientNet that of torchvision 0.15.2, which put
// the name right.

import { models, type nn } from 'neocog';

/** A network and the file of its weights. */
export interface PretrainedEntry {
  readonly file: string;
  readonly network: () => nn.Module;
  /** Keys of the file that the network does not have: auxiliary classifiers. */
  readonly without?: RegExp;
}

/** The folder of all files. */
export const publishedAt = 'https://download.pytorch.org/models/';

export const pretrained = {
  alexnet: { file: 'alexnet-owt-7be5be79.pth', network: () => models.alexnet() },
  deeplabV3: {
    file: 'deeplabv3_resnet50_coco-cd0a2569.pth',
    network: () => models.deeplabV3(),
    without: /^aux_classifier\./,
  },
  efficientnetB0: { file: 'efficientnet_b0_rwightman-7f5810bc.pth', network: () => models.efficientnetB0() },
  googlenet: { file: 'googlenet-1378be20.pth', network: () => models.googlenet(), without: /^aux[12]\./ },
  mobilenetV2: { file: 'mobilenet_v2-7ebf99e0.pth', network: () => models.mobilenetV2() },
  resnet18: { file: 'resnet18-f37072fd.pth', network: () => models.resnet18() },
  resnet34: { file: 'resnet34-b627a593.pth', network: () => models.resnet34() },
  resnet50: { file: 'resnet50-11ad3fa6.pth', network: () => models.resnet50() },
  resnext50: { file: 'resnext50_32x4d-1a0047aa.pth', network: () => models.resnext50() },
  squeezenet: { file: 'squeezenet1_1-b8a52dc0.pth', network: () => models.squeezenet() },
  vgg11: { file: 'vgg11-8a719046.pth', network: () => models.vgg11() },
  vgg16: { file: 'vgg16-397923af.pth', network: () => models.vgg16() },
} as const satisfies Readonly<Record<string, PretrainedEntry>>;

/** Networks whose weights are published. */
export type PretrainedName = keyof typeof pretrained;
