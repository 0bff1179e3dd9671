// Networks: published parameter counts, torchvision's keys and numbers, and gradients that train. The large ones are in
// models.nodes.test.ts.
//
// Keys, shapes and numbers of torchvision are those of version 0.14.1, computed in float64.

import { init, models, mse, type nn, noGrad, optim } from 'neocog';
import { describe, expect, it } from 'vitest';
import { some } from '../../../../test/draws.ts';
import {
  countParameters,
  expectValues,
  fill,
  keyLines,
  noise,
  type Values,
  values,
} from '../../../../test/models.samples.ts';

describe('parameters', () => {
  const counts: [name: string, build: () => nn.Module, count: number][] = [
    ['lenet5', () => models.lenet5(), 61_706],
    ['mobilenetV1', () => models.mobilenetV1(), 4_231_976],
    ['mobilenetV1 of width 0.75', () => models.mobilenetV1({ width: 0.75 }), 2_585_560],
    ['mobilenetV1 of width 0.5', () => models.mobilenetV1({ width: 0.5 }), 1_331_592],
    ['mobilenetV1 of width 0.25', () => models.mobilenetV1({ width: 0.25 }), 470_072],
    ['efficientnetB0 as B1', () => models.efficientnetB0({ depth: 1.1 }), 7_794_184],
    ['dcganGenerator', () => models.dcganGenerator(), 3_576_704],
    ['dcganDiscriminator', () => models.dcganDiscriminator(), 2_765_568],
    ['textCnn', () => models.textCnn(), 360_902],
    ['textCnn with 1000 words', () => models.textCnn({ vocabulary: 1000 }), 660_902],
    ['wavenet', () => models.wavenet(), 556_864],
  ];
  it.each(counts)('%s', (_, build, count) => {
    expect(countParameters(init.skip(build))).toBe(count);
  });
});

describe('keys are torchvision’s', () => {
  const some: [name: string, build: () => nn.Module, count: number, keys: string[]][] = [
    [
      'resnet18',
      () => models.resnet18(),
      122,
      [
        'conv1.weight [64,3,7,7]',
        'bn1.num_batches_tracked []',
        'layer1.0.conv1.weight [64,64,3,3]',
        'layer2.0.downsample.1.running_var [128]',
        'fc.bias [1000]',
      ],
    ],
    [
      'googlenet',
      () => models.googlenet(),
      344,
      ['inception3a.branch1.conv.weight [64,192,1,1]', 'inception5b.branch4.1.bn.weight [128]'],
    ],
    [
      'mobilenetV2',
      () => models.mobilenetV2(),
      314,
      ['features.1.conv.0.0.weight [32,1,3,3]', 'classifier.1.bias [1000]'],
    ],
    [
      'squeezenet',
      () => models.squeezenet(),
      52,
      ['features.3.squeeze.weight [16,64,1,1]', 'classifier.1.bias [1000]'],
    ],
    [
      'efficientnetB0',
      () => models.efficientnetB0(),
      360,
      ['features.1.0.block.0.0.weight [32,1,3,3]', 'features.1.0.block.1.fc1.weight [8,32,1,1]'],
    ],
    [
      'vgg11',
      () => models.vgg11({ hidden: 8 }),
      22,
      ['features.18.bias [512]', 'classifier.0.weight [8,25088]', 'classifier.6.weight [1000,8]'],
    ],
  ];
  it.each(some)('%s', (_, build, count, keys) => {
    const lines = keyLines(init.skip(build));
    expect(lines.length).toBe(count);
    expect(lines).toEqual(expect.arrayContaining(keys));
  });
});

describe('results and gradients are torchvision’s', () => {
  const images = [2, 3, 64, 64];
  const ten = { classes: 10 };
  const check = (build: () => nn.Module, input: number[], want: Values): void =>
    expectValues(values(init.skip(build), input), want);

  it('squeezenet', () =>
    check(() => models.squeezenet(ten), images, {
      shape: [2, 10],
      result: [0.4274951, 0.4478185, 0.1669018],
      gradient: 60.93374,
    }));

  it('mobilenetV2', () =>
    check(() => models.mobilenetV2(ten), images, {
      shape: [2, 10],
      result: [0.2726275, 0.2217254, 5.407975],
      gradient: 9800.556,
    }));

  it('efficientnetB0', () =>
    check(() => models.efficientnetB0(ten), images, {
      shape: [2, 10],
      result: [-0.1673233, -0.1675449, -0.227977],
      gradient: 0.1763923,
    }));

  it('googlenet', () =>
    check(() => models.googlenet(ten), images, {
      shape: [2, 10],
      result: [-4.303762, -3.933272, -8.943488],
      gradient: 3590.752,
    }));

  it('resnet18', () =>
    check(() => models.resnet18(ten), images, {
      shape: [2, 10],
      result: [-23.35659, -23.10113, -42.24251],
      gradient: 13746.55,
    }));

  it('deeplabHead', () =>
    check(() => models.deeplabHead({ inChannels: 32, classes: 5 }), [2, 32, 9, 9], {
      shape: [2, 5, 9, 9],
      result: [0.1725799, 0.06096382, 0.008678063],
      gradient: 1896.716,
    }));
});

/** Networks small enough to train for a few steps, with an input for each. */
const small: [name: models.ModelName, build: () => nn.Module, input: number[]][] = [
  ['lenet5', () => models.lenet5(), [4, 1, 28, 28]],
  ['alexnet', () => models.alexnet({ hidden: 16, dropout: 0, classes: 5 }), [2, 3, 63, 63]],
  ['alexnet', () => models.alexnet({ hidden: 16, dropout: 0, classes: 5, groups: 2 }), [1, 3, 63, 63]],
  ['vgg11', () => models.vgg11({ width: 4, hidden: 16, dropout: 0, classes: 5 }), [2, 3, 32, 32]],
  [
    'vgg16',
    () => models.vgg16({ batchNorm: true, width: 4, hidden: 16, dropout: 0, classes: 5 }),
    [4, 3, 32, 48],
  ],
  ['googlenet', () => models.googlenet({ dropout: 0, classes: 5 }), [3, 3, 32, 32]],
  ['resnet18', () => models.resnet18({ width: 8, classes: 5 }), [4, 3, 33, 35]],
  ['resnet34', () => models.resnet34({ width: 8, classes: 5 }), [4, 3, 32, 32]],
  ['resnet50', () => models.resnet50({ width: 8, classes: 5 }), [4, 3, 32, 32]],
  ['resnext50', () => models.resnext50({ width: 16, classes: 5 }), [4, 3, 32, 32]],
  ['mobilenetV1', () => models.mobilenetV1({ width: 0.25, dropout: 0, classes: 5 }), [4, 3, 32, 32]],
  ['mobilenetV2', () => models.mobilenetV2({ width: 0.25, dropout: 0, classes: 5 }), [4, 3, 32, 32]],
  ['squeezenet', () => models.squeezenet({ dropout: 0, classes: 5 }), [2, 3, 33, 33]],
  [
    'efficientnetB0',
    () => models.efficientnetB0({ width: 0.25, dropout: 0, stochasticDepth: 0, classes: 5 }),
    [4, 3, 32, 32],
  ],
  ['unet', () => models.unet({ width: 4, depth: 2, dropout: 0 }), [1, 1, 44, 48]],
  ['unet', () => models.unet({ width: 4, depth: 2, dropout: 0, padding: 'same' }), [1, 1, 12, 20]],
  ['deeplabHead', () => models.deeplabHead({ inChannels: 8, width: 8, dropout: 0 }), [2, 8, 9, 11]],
  ['deeplabV3', () => models.deeplabV3({ width: 4, headWidth: 8, dropout: 0, classes: 5 }), [2, 3, 33, 40]],
  ['dcganGenerator', () => models.dcganGenerator({ latent: 8, width: 4 }), [3, 8, 1, 1]],
  ['dcganDiscriminator', () => models.dcganDiscriminator({ width: 4 }), [3, 3, 64, 64]],
  [
    'wavenet',
    () => models.wavenet({ inChannels: 1, classes: 8, width: 6, skipWidth: 10, layers: 4, stacks: 2 }),
    [2, 1, 50],
  ],
  ['textCnn', () => models.textCnn({ inChannels: 6, width: 4, dropout: 0 }), [3, 6, 9]],
  ['c3d', () => models.c3d({ width: 2, hidden: 16, dropout: 0, classes: 5 }), [1, 3, 16, 112, 112]],
];

describe('small networks', () => {
  it.each(some(small))('%s trains: every parameter has a gradient, and the loss falls', (_, build, input) => {
    const net = fill(init.skip(build)).train();
    const x = noise(1, input);
    const target = noise(2, net.forward(x).shape);
    const descent = new optim.SGD(net.parameters(), { lr: 1 });
    const losses = [0, 1, 2, 3].map(() => {
      descent.zeroGrad();
      const loss = mse(net.forward(x), target);
      loss.backward();
      // A step that would take away 2 % of the loss if it were straight.
      descent.lr = (0.02 * loss.item()) / squaredGradient(net);
      descent.step();
      return loss.item();
    });
    const [first, , , last] = losses;
    expect(last / first).toBeLessThan(0.97);
    expect(last / first).toBeGreaterThan(0.9);
  });

  it.each(some(small))('%s repeats itself in evaluation', (_, build, input) => {
    const net = build().eval();
    const [first, second] = noGrad(() => [net.forward(noise(1, input)), net.forward(noise(1, input))]);
    expect(second.data).toEqual(first.data);
    expect(first.data.every(Number.isFinite)).toBe(true);
  });

  it('are there for every name', () => {
    const named = Object.keys(models.inputShapes).sort();
    expect([...new Set(small.map(([name]) => name))].sort()).toEqual(named);
    const functions = Object.entries(models).filter(([, value]) => typeof value === 'function');
    expect(functions.map(([name]) => name).sort()).toEqual(named);
  });
});

/** Σ g² over all parameters, each of which must have a gradient. */
function squaredGradient(net: nn.Module): number {
  return net.namedParameters().reduce((total, [key, { grad }]) => {
    const numbers = Array.from(grad?.data ?? [Number.NaN]);
    if (!numbers.every(Number.isFinite)) throw new Error(`${key} has no finite gradient`);
    return numbers.reduce((squares, g) => squares + g * g, total);
  }, 0);
}

describe('first weights', () => {
  /** Root of the mean square of a parameter. */
  const spread = (net: nn.Module, key: string): number => {
    const { data } = net.stateDict()[key];
    return Math.sqrt(Array.from(data).reduce((total, v) => total + v * v, 0) / data.length);
  };

  it('of convolutions keep the variance under ReLU', () => {
    expect(spread(models.resnet18({ width: 32 }), 'layer1.0.conv1.weight')).toBeCloseTo(
      Math.sqrt(2 / (32 * 9)),
      2,
    );
    expect(spread(models.squeezenet(), 'features.6.squeeze.weight')).toBeCloseTo(Math.sqrt(2 / 128), 2);
    expect(spread(models.unet({ depth: 1 }), 'levels.encode.2.weight')).toBeCloseTo(
      Math.sqrt(2 / (64 * 9)),
      3,
    );
  });

  it('of classifiers and adversaries are small', () => {
    const vgg = models.vgg11({ width: 8, hidden: 64 });
    expect(spread(vgg, 'classifier.0.weight')).toBeCloseTo(0.01, 3);
    expect([spread(vgg, 'classifier.0.bias'), spread(vgg, 'features.0.bias')]).toEqual([0, 0]);
    expect(spread(models.squeezenet(), 'classifier.1.weight')).toBeCloseTo(0.01, 3);
    const generator = models.dcganGenerator({ width: 16 });
    expect(spread(generator, 'main.3.weight')).toBeCloseTo(0.02, 3);
    expect(spread(generator, 'main.1.weight')).toBeCloseTo(1, 2);
  });
});

describe('natural inputs', () => {
  const outputs: [name: 'lenet5' | 'squeezenet' | 'mobilenetV1' | 'mobilenetV2', output: number[]][] = [
    ['lenet5', [1, 10]],
    ['squeezenet', [1, 1000]],
    ['mobilenetV1', [1, 1000]],
    ['mobilenetV2', [1, 1000]],
  ];
  it.each(outputs)('%s', (name, output) => {
    const net = init.skip(() => models[name]()).eval();
    expect(noGrad(() => net.forward(noise(1, models.inputShapes[name]))).shape).toEqual(output);
  });

  it('textCnn, dcganGenerator and dcganDiscriminator', () => {
    const shapes = (['textCnn', 'dcganGenerator', 'dcganDiscriminator'] as const).map((name) => {
      const net = init.skip(() => models[name]()).eval();
      return noGrad(() => net.forward(noise(1, models.inputShapes[name]))).shape;
    });
    expect(shapes).toEqual([
      [1, 2],
      [1, 3, 64, 64],
      [1, 1],
    ]);
  });
});

describe('options', () => {
  it('that are unknown are refused', () => {
    const misspelt = { numClasses: 10 } as object;
    expect(() => models.resnet18(misspelt)).toThrow(
      "resnet18: option 'numClasses' is unknown; choose from classes, inChannels, width",
    );
  });

  it('that no network has are refused', () => {
    expect(() => models.alexnet({ groups: 3 as 1 })).toThrow('alexnet: groups is 3; give one of 1, 2');
    expect(() => models.resnext50({ width: 8 })).toThrow('groups is 32 for 16');
    expect(() => models.mobilenetV2({ width: 0 })).toThrow(
      'mobilenetV2: width is 0; give a number above 0 and at most 100',
    );
    expect(() => models.unet({ padding: 'causal' as 'same' })).toThrow("unet: padding is 'causal'");
    expect(() => models.wavenet({ stacks: 0 })).toThrow('wavenet: stacks is 0');
    expect(() => models.textCnn({ vocabulary: -1 })).toThrow('textCnn: vocabulary is -1');
  });
});
