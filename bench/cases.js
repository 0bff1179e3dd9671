// What is measured: single layers, whole networks at 224², and training steps. Weights are random but the same in every
// process, as the library's seeded generator makes them.

import { manualSeed, models, nn } from '../packages/neocog/dist/index.js';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {number[]} input shape, with the batch
 * @property {() => import('../packages/neocog/dist/index.js').nn.Module} build
 */

/**
 * A layer on a batch of one.
 *
 * @param {string} name
 * @param {number[]} input `[channels, …space]`
 * @param {() => nn.Module} build
 * @returns {Case}
 */
const layer = (name, input, build) => ({ name, input: [1, ...input], build });

const { Conv1d, Conv2d, Conv3d, ConvTranspose2d } = nn;

export const layers = [
  layer('7×7 s2 3→64, 224²', [3, 224, 224], () => new Conv2d(3, 64, 7, { stride: 2, padding: 3 })),
  layer('3×3 64→64, 56²', [64, 56, 56], () => new Conv2d(64, 64, 3, { padding: 1 })),
  layer('1×1 64→256, 56²', [64, 56, 56], () => new Conv2d(64, 256, 1)),
  layer('3×3 128→128, 28²', [128, 28, 28], () => new Conv2d(128, 128, 3, { padding: 1 })),
  layer('3×3 256→256, 14²', [256, 14, 14], () => new Conv2d(256, 256, 3, { padding: 1 })),
  layer('3×3 512→512, 7²', [512, 7, 7], () => new Conv2d(512, 512, 3, { padding: 1 })),
  layer('depthwise 3×3 144, 56²', [144, 56, 56], () => new Conv2d(144, 144, 3, { padding: 1, groups: 144 })),
  layer(
    'depthwise 3×3 s2 144, 56²',
    [144, 56, 56],
    () => new Conv2d(144, 144, 3, { stride: 2, padding: 1, groups: 144 }),
  ),
  layer('3×3 groups 32 128, 56²', [128, 56, 56], () => new Conv2d(128, 128, 3, { padding: 1, groups: 32 })),
  layer(
    '3×3 dilation 6 256→256, 28²',
    [256, 28, 28],
    () => new Conv2d(256, 256, 3, { padding: 6, dilation: 6 }),
  ),
  layer('3×3 64→64, 224²', [64, 224, 224], () => new Conv2d(64, 64, 3, { padding: 1 })),
];

/** Shapes that popular networks do not have, or hardly. */
export const otherLayers = [
  layer('3×3 37→53, 45×31', [37, 45, 31], () => new Conv2d(37, 53, 3, { padding: 1 })),
  layer('5×5 32→64, 28²', [32, 28, 28], () => new Conv2d(32, 64, 5, { padding: 2 })),
  layer('1-D k9 64→64, 4096', [64, 4096], () => new Conv1d(64, 64, 9, { padding: 4 })),
  layer('3-D 3×3×3 16→32, 16³', [16, 16, 16, 16], () => new Conv3d(16, 32, 3, { padding: 1 })),
  layer(
    '3×3 dilation 12 256→256, 28²',
    [256, 28, 28],
    () => new Conv2d(256, 256, 3, { padding: 12, dilation: 12 }),
  ),
  layer(
    'transposed 4×4 s2 64→32, 28²',
    [64, 28, 28],
    () => new ConvTranspose2d(64, 32, 4, { stride: 2, padding: 1 }),
  ),
  layer('1×1 960→320, 7²', [960, 7, 7], () => new Conv2d(960, 320, 1)),
];

/** @param {string} name @param {() => nn.Module} build @returns {Case} */
const network = (name, build) => ({ name, input: [1, 3, 224, 224], build });

export const networks = [
  network('MobileNetV2', () => models.mobilenetV2()),
  network('ResNet-18', () => models.resnet18()),
  network('ResNet-50', () => models.resnet50()),
  network('ResNeXt-50', () => models.resnext50()),
  network('SqueezeNet 1.1', () => models.squeezenet()),
  network('EfficientNet-B0', () => models.efficientnetB0()),
];

/** The network of PyTorch's example `mnist`. */
const mnistNet = () =>
  new nn.Sequential(
    new Conv2d(1, 32, 3),
    new nn.ReLU(),
    new Conv2d(32, 64, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout(0.25),
    new nn.Flatten(),
    new nn.Linear(9216, 128),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(128, 10),
  );

/**
 * A residual network for images of 32²: a stem of 3×3 without pooling, and `depth` blocks of each of the first `stages`
 * stages of a network for images of 224².
 *
 * @param {nn.Module} large
 * @param {number} width
 * @param {number} stages
 * @param {number} depth
 */
function smallResNet(large, width, stages, depth) {
  const parts = Object.fromEntries(large.children());
  const blocks = Array.from({ length: stages }, (_, i) => parts[`layer${i + 1}`].children().slice(0, depth));
  return new nn.Sequential(
    new Conv2d(3, width, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(width),
    new nn.ReLU(),
    ...blocks.flat().map(([, block]) => block),
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(width * 2 ** (stages - 1), 10),
  );
}

/** Ten classes each. Where a ResNet-20's shape changes, its shortcut is a 1×1 convolution (He et al., 2016, option B). */
export const trainings = [
  { name: 'LeNet-5, batch 64', input: [64, 1, 28, 28], build: () => models.lenet5() },
  { name: 'MNIST example net, batch 64', input: [64, 1, 28, 28], build: mnistNet },
  {
    name: 'ResNet-20, 32², batch 32',
    input: [32, 3, 32, 32],
    build: () => smallResNet(models.resnet34({ width: 16 }), 16, 3, 3),
  },
  {
    name: 'ResNet-18, 32², batch 32',
    input: [32, 3, 32, 32],
    build: () => smallResNet(models.resnet18(), 64, 4, 2),
  },
];

/** @type {Record<string, Case[]>} */
export const cases = { layers: [...layers, ...otherLayers], networks, training: trainings };

/** Whole numbers from 0 to 9, one per image. @param {number} batch */
export const labelsOf = (batch) => Array.from({ length: batch }, (_, i) => (i * 7) % 10);

/**
 * A case's module with its weights. Running statistics differ from 0 and 1, so that leaving them out is seen.
 *
 * @param {Case} each
 * @param {'layers' | 'networks' | 'training'} kind training starts as a new network does
 */
export function buildModule({ build }, kind) {
  const generator = manualSeed(1);
  const module = build();
  if (kind === 'training') return module;
  for (const [key, t] of Object.entries(module.stateDict())) {
    if (key.endsWith('running_mean')) t.data.forEach((_, i) => (t.data[i] = 0.2 * generator.uniform() - 0.1));
    if (key.endsWith('running_var')) t.data.forEach((_, i) => (t.data[i] = 0.75 + 0.5 * generator.uniform()));
  }
  return module.eval();
}

/** Switches every dropout off, so that training has one outcome. @param {nn.Module} module */
export function withoutDropout(module) {
  for (const [, part] of module.namedModules()) if (part instanceof nn.Dropout) Object.assign(part, { p: 0 });
  return module;
}
