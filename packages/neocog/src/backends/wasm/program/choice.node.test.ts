// Which algorithm runs each of some well-known layers, and what every algorithm is thought to cost there: a change of a cost, of a
// tile or of how work is divided shows here, to be looked at and measured. `npx vitest run --project node -u choice` accepts it.

import { describe, expect, it } from 'vitest';
import { parseConv } from '../../../geometry/text.ts';
import type { ConvGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import { type ConvKernel, convWork } from '../../work.ts';
import { graphOfConv } from '../eager/explain.ts';
import { lowerExactly } from '../eager/routine.ts';
import type { Engine } from '../engine.ts';
import { plainEpilogue } from '../kernels/epilogue.ts';
import { Chooser, type ConvChoice } from './choose.ts';
import { pitchFor } from './form.ts';

const engines: Readonly<Record<string, Engine>> = {
  fma: { fma: true, wide: false, keepsOrder: true },
  'mul+add': { fma: false, wide: false, keepsOrder: true },
  'wide fma': { fma: true, wide: true, keepsOrder: true },
};

/** Layers by where they come from. */
const layers: Readonly<Record<string, string>> = {
  'LeNet-5, first': 'n64 g1 c1>6 28x28 k5x5 s1 d1 p2',
  'LeNet-5, second': 'n64 g1 c6>16 14x14 k5x5 s1 d1 p0',
  'LeNet-5, linear': 'n64 g1 c400>120 1 k1 s1 d1 p0',
  'AlexNet, first': 'n1 g1 c3>64 224x224 k11x11 s4 d1 p2',
  'VGG, first': 'n1 g1 c3>64 224x224 k3x3 s1 d1 p1',
  'VGG, middle': 'n1 g1 c256>256 56x56 k3x3 s1 d1 p1',
  'VGG, last': 'n1 g1 c512>512 14x14 k3x3 s1 d1 p1',
  'ResNet, first': 'n1 g1 c3>64 224x224 k7x7 s2 d1 p3',
  'ResNet-18, stage 1': 'n1 g1 c64>64 56x56 k3x3 s1 d1 p1',
  'ResNet-18, to stage 2': 'n1 g1 c64>128 56x56 k3x3 s2 d1 p1',
  'ResNet-18, stage 4': 'n1 g1 c512>512 7x7 k3x3 s1 d1 p1',
  'ResNet-18, shortcut': 'n1 g1 c64>128 56x56 k1x1 s2 d1 p0',
  'ResNet-50, to narrow': 'n1 g1 c256>64 56x56 k1x1 s1 d1 p0',
  'ResNet-50, to wide': 'n1 g1 c512>2048 7x7 k1x1 s1 d1 p0',
  'ResNet-50, linear': 'n1 g1 c2048>1000 1 k1 s1 d1 p0',
  'ResNeXt-50, stage 1': 'n1 g32 c128>128 56x56 k3x3 s1 d1 p1',
  'ResNeXt-50, stage 3': 'n1 g32 c512>512 14x14 k3x3 s1 d1 p1',
  'GoogLeNet, 5×5': 'n1 g1 c16>32 28x28 k5x5 s1 d1 p2',
  'Inception v3, 1×7': 'n1 g1 c192>192 17x17 k1x7 s1 d1 p0x3',
  'Inception v3, 7×1': 'n1 g1 c160>192 17x17 k7x1 s1 d1 p3x0',
  'MobileNet, first': 'n1 g1 c3>32 224x224 k3x3 s2 d1 p1',
  'MobileNetV2, depthwise, large': 'n1 g32 c32>32 112x112 k3x3 s1 d1 p1',
  'MobileNetV2, depthwise, strided': 'n1 g144 c144>144 56x56 k3x3 s2 d1 p1',
  'MobileNetV2, depthwise, small': 'n1 g960 c960>960 7x7 k3x3 s1 d1 p1',
  'MobileNetV2, pointwise': 'n1 g1 c24>144 56x56 k1x1 s1 d1 p0',
  'EfficientNet, depthwise 5×5': 'n1 g672 c672>672 14x14 k5x5 s1 d1 p2',
  'EfficientNet, depthwise 5×5, strided': 'n1 g240 c240>240 28x28 k5x5 s2 d1 p2',
  'EfficientNet, squeeze': 'n1 g1 c96>4 1x1 k1x1 s1 d1 p0',
  'ShuffleNet, grouped pointwise': 'n1 g3 c240>240 28x28 k1x1 s1 d1 p0',
  'ConvNeXt, depthwise 7×7': 'n1 g96 c96>96 56x56 k7x7 s1 d1 p3',
  'ViT, patches': 'n1 g1 c3>192 224x224 k16x16 s16 d1 p0',
  'U-Net, first': 'n1 g1 c1>32 256x256 k3x3 s1 d1 p1',
  'U-Net, deep': 'n1 g1 c128>256 32x32 k3x3 s1 d1 p1',
  'DeepLab, ASPP 12': 'n1 g1 c512>256 28x28 k3x3 s1 d12 p12',
  'DeepLab, ASPP 24': 'n1 g1 c512>256 28x28 k3x3 s1 d24 p24',
  'super-resolution': 'n1 g1 c64>32 224x224 k3x3 s1 d1 p1',
  'TextCNN, width 3': 'n8 g1 c300>100 50 k3 s1 d1 p0',
  'WaveNet, dilation 8': 'n1 g1 c32>64 4000 k2 s1 d8 p8:0',
  'WaveNet, dilation 512': 'n1 g1 c32>64 4000 k2 s1 d512 p512:0',
  'speech, width 9': 'n1 g1 c256>256 400 k9 s1 d1 p4',
  'C3D, first': 'n1 g1 c3>64 16x112x112 k3x3x3 s1 d1 p1',
  'C3D, last': 'n1 g1 c512>512 2x14x14 k3x3x3 s1 d1 p1',
  'ResNet-18 on CIFAR-10': 'n32 g1 c64>64 32x32 k3x3 s1 d1 p1',
};

/** Transposed convolutions by the geometry of the convolution whose gradient they are. */
const transposed: Readonly<Record<string, string>> = {
  'U-Net, up': 'n1 g1 c64>128 128x128 k2x2 s2 d1 p0',
  'DCGAN, first': 'n16 g1 c512>100 4x4 k4x4 s1 d1 p0',
  'DCGAN, middle': 'n16 g1 c128>256 16x16 k4x4 s2 d1 p1',
  'DCGAN, last': 'n16 g1 c3>64 64x64 k4x4 s2 d1 p1',
  'FCN, up by 8': 'n1 g1 c21>21 224x224 k16x16 s8 d1 p4',
};

/** Layers whose training is looked at too. */
const trained = [
  'LeNet-5, first',
  'LeNet-5, linear',
  'ResNet, first',
  'ResNet-18, to stage 2',
  'ResNet-18, shortcut',
  'ResNet-18 on CIFAR-10',
  'ResNeXt-50, stage 1',
  'Inception v3, 1×7',
  'MobileNetV2, depthwise, large',
  'MobileNetV2, depthwise, strided',
  'MobileNetV2, pointwise',
  'TextCNN, width 3',
  'WaveNet, dilation 8',
  'C3D, last',
];

/** Within a network: pixels come in and go out, and any algorithm will do. */
function within(geometry: ConvGeometry, kernel: ConvKernel, engine: Engine): ConvChoice {
  const plane = (side: 'input' | 'output') => product(geometry.axes.map((axis) => axis[side]));
  const task = {
    ...{ geometry, kernel, engine, epilogue: plainEpilogue },
    xPitch: pitchFor(geometry.inChannels, plane('input')),
    yPitch: pitchFor(geometry.outChannels, plane('output')),
  };
  return new Chooser({ exact: false }).choose([{ task, moving: 0 }]);
}

/** At once: tensors come in and go out, plain sums only. */
function alone(geometry: ConvGeometry, kernel: ConvKernel, engine: Engine): ConvChoice {
  const { entries } = lowerExactly(graphOfConv(convWork(kernel, geometry)), engine);
  return entries.find(({ choice }) => choice)?.choice as ConvChoice;
}

/** Millions of multiply-adds, to three digits. */
const rounded = (cost: number): string => (cost / 1e6).toPrecision(3);

/** What runs, with its tile and division of work; then all that could run, cheapest first. */
function describeChoice({ algorithm, plan, candidates }: ConvChoice): string {
  const costs = candidates
    .flatMap(({ name, cost }) => (cost === null ? [] : [{ name, cost }]))
    .sort((a, b) => a.cost - b.cost)
    .map(({ name, cost }) => `${name} ${rounded(cost)}`);
  return `${algorithm}: ${plan.description} | ${costs.join(', ')}`;
}

const choices = (text: string, kernel: ConvKernel, engine: Engine) => {
  const geometry = parseConv(text);
  return {
    'in a network': describeChoice(within(geometry, kernel, engine)),
    alone: describeChoice(alone(geometry, kernel, engine)),
  };
};

describe.each(Object.entries(engines))('%s', (_, engine) => {
  it('runs layers', () => {
    const all = Object.entries(layers).map(([name, text]) => [name, choices(text, 'conv', engine)]);
    expect(Object.fromEntries(all)).toMatchSnapshot();
  });

  it('runs transposed layers', () => {
    const all = Object.entries(transposed).map(([name, text]) => [name, choices(text, 'inputGrad', engine)]);
    expect(Object.fromEntries(all)).toMatchSnapshot();
  });

  it.each(['inputGrad', 'weightGrad'] as const)('trains layers: %s', (kernel) => {
    const all = trained.map((name) => [name, choices(layers[name] as string, kernel, engine)]);
    expect(Object.fromEntries(all)).toMatchSnapshot();
  });
});

/** What everybody expects of these, whatever is cheapest today. */
it.each([
  ['VGG, middle', 'conv', /^winograd/],
  ['ResNet-50, to narrow', 'conv', /^(pointwise|direct)$/],
  ['MobileNetV2, depthwise, large', 'conv', /^depthwise/],
  ['MobileNetV2, depthwise, large', 'weightGrad', /^depthwise/],
  ['C3D, last', 'conv', /^winograd/],
  ['ResNet-18 on CIFAR-10', 'weightGrad', /winograd|direct/],
] as const)('%s, %s: its own algorithm on every engine', (name, kernel, expected) => {
  for (const engine of Object.values(engines))
    expect(within(parseConv(layers[name]), kernel, engine).algorithm).toMatch(expected);
});
