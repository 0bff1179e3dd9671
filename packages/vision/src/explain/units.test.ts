// What units answer, and to what, of networks that are small enough to be known.

import { Generator, models, nn, rand, reshape, Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { activations } from './activations.ts';
import { forPictures } from './forPictures.ts';
import { gradCam } from './gradCam.ts';
import { optimalPicture } from './optimalPicture.ts';
import { strongestPatches } from './strongestPatches.ts';

/** Unit 0 answers a bright pixel left of a dark one, unit 1 never. */
function edges(): nn.Sequential {
  const net = new nn.Sequential({
    conv: new nn.Conv2d(1, 2, [1, 2]),
    relu: new nn.ReLU(),
    pool: new nn.MaxPool2d(2),
    flatten: new nn.Flatten(),
    fc: new nn.Linear(8, 2),
  });
  net.loadStateDict({
    ...net.stateDict(),
    'conv.weight': tensor([1, -1, 0, 0], [2, 1, 1, 2]),
    'conv.bias': tensor([0, -1]),
  });
  return net;
}

/** [n, 1, 4, 5] with one bright pixel in each picture. */
function spots(...places: [row: number, column: number, value: number][]): Tensor {
  const x = zeros([places.length, 1, 4, 5]);
  places.forEach(([row, column, value], i) => {
    x.data[20 * i + 5 * row + column] = value;
  });
  return x;
}

describe('activations', () => {
  it('tells what the values of a layer are like, and which units are dead', () => {
    const { relu, fc } = activations(edges(), spots([1, 2, 3], [0, 0, 5]), { bins: 5 });
    expect(relu).toMatchObject({ shape: [2, 2, 4, 4], min: 0, max: 5, dead: [1], strongest: [5, 0] });
    expect(relu.mean).toBeCloseTo(8 / 64, 6);
    expect(relu.std).toBeCloseTo(Math.sqrt(34 / 64 - (8 / 64) ** 2), 6);
    expect(relu.zeros).toBe(62 / 64);
    expect(relu.histogram).toEqual([62, 0, 0, 1, 1]);
    expect(fc.strongest).toHaveLength(2);
  });

  it('leaves out what is not finite, and takes one picture', () => {
    const x = spots([1, 2, Number.NaN]);
    const { conv } = activations(edges(), reshape(x, [1, 4, 5]), { layers: ['conv'] });
    expect(conv.notFinite).toBe(4);
    expect([conv.min, conv.max]).toEqual([-1, 0]);
    expect(() => activations(edges(), x, { layers: ['last'] })).toThrow("no layer 'last' ran");
  });
});

describe('strongestPatches', () => {
  it('gives places and what is seen from there, the strongest first', () => {
    const pictures = spots([1, 2, 3], [0, 0, 5], [3, 4, 9]);
    expect(strongestPatches(edges(), pictures, { layer: 'pool', unit: 0, count: 2 })).toEqual([
      { picture: 1, value: 5, cell: [0, 0], box: [0, 0, 3, 2] },
      { picture: 0, value: 3, cell: [0, 1], box: [2, 0, 5, 2] },
    ]);
    const [{ cell, box }] = strongestPatches(edges(), pictures, { layer: 'fc', unit: 1 });
    expect([cell, box]).toEqual([null, [0, 0, 5, 4]]);
    expect(() => strongestPatches(edges(), pictures, { layer: 'conv', unit: 2 })).toThrow('unit is 2');
  });
});

let runs = 0;
class Counted extends nn.Module {
  forward(x: Tensor): Tensor {
    runs++;
    return x;
  }
}

describe('optimalPicture', () => {
  it('makes the unit answer more with every few steps, and stops at its layer', () => {
    const net = models.lenet5();
    const answers: number[] = [];
    runs = 0;
    net.replaceChild('relu2', new Counted());
    const options = { layer: 'conv2', unit: 3, shape: [1, 28, 28], steps: 12 };
    const x = optimalPicture(net, { ...options, onStep: (_, answer) => answers.push(answer) });
    expect([x.shape, answers.length, runs]).toEqual([[1, 28, 28], 12, 0]);
    expect(answers[11]).toBeGreaterThan(answers[3]);
    expect(answers[3]).toBeGreaterThan(answers[0]);
    expect(x.data.every((value) => Math.abs(value) <= 2)).toBe(true);
    expect(optimalPicture(net, options).data).toEqual(x.data);
  });

  it('knows the best picture of an edge, and leaves noise where nothing helps', () => {
    const shape = [1, 4, 5];
    const bounds = { least: -1, most: 1 };
    const x = optimalPicture(edges(), { layer: 'conv', unit: 0, shape, jitter: 0, steps: 100, ...bounds });
    const { conv } = activations(edges(), x, { layers: ['conv'] });
    expect(conv.strongest[0]).toBe(2);
    const dead = optimalPicture(edges(), { layer: 'relu', unit: 1, shape, steps: 2 });
    expect(dead.data.every(Number.isFinite)).toBe(true);
    expect(() => optimalPicture(edges(), { layer: 'x', unit: 0, shape })).toThrow("no layer 'x' ran");
  });
});

describe('forPictures', () => {
  class Last extends nn.NamedModule {
    readonly inputs = [
      { name: 'flag', shape: ['n', 1], dtype: 'float32' },
      { name: 'x', shape: ['n', 'h', 8, 3], dtype: 'float32' },
    ] as const;
    readonly outputs = [{ name: 'y', shape: ['n', 1, 1, 4], dtype: 'float32' }] as const;
    readonly conv = new nn.Conv2d(3, 4, 3, { layout: 'channels-last' });
    run({ x, flag }: nn.NamedTensors): Record<string, Tensor> {
      const maps = this.conv.forward(x);
      const [n, h, w, c] = maps.shape;
      const rows = reshape(maps, [n, h * w, c]);
      const means = new Float32Array(n * c);
      rows.data.forEach((value, i) => {
        means[Math.floor(i / (h * w * c)) * c + (i % c)] += value + flag.data[0];
      });
      return { y: new Tensor(means, [n, 1, 1, c]) };
    }
  }

  it('turns channels-last inputs, fills the others, and gives rows of scores', () => {
    const given = forPictures(new Last());
    expect(given).toMatchObject({ channels: 3, size: [null, 8], layout: 'channels-last' });
    const x = rand([2, 3, 6, 8], { generator: new Generator(1) });
    expect(given.net.forward(x).shape).toEqual([2, 4]);
    expect(given.net.namedModules().map(([path]) => path)).toEqual(['', 'conv']);
  });

  it('lets modules of the library as they are', () => {
    const own = edges();
    const { net, channels, layout } = forPictures(own);
    expect([channels, layout]).toEqual([null, 'channels-first']);
    const x = spots([1, 2, 3]);
    expect(gradCam(net, x, { class: 0 }).data).toEqual(gradCam(own, x, { class: 0 }).data);
  });

  it('runs several pictures one by one where a file states a batch of one', () => {
    class One extends nn.NamedModule {
      readonly inputs = [{ name: 'x', shape: [1, 1, 4, 5], dtype: 'float32' }] as const;
      readonly outputs = [{ name: 'y', shape: [1, 2], dtype: 'float32' }] as const;
      readonly body = edges();
      run({ x }: nn.NamedTensors): Record<string, Tensor> {
        expect(x.shape[0]).toBe(1);
        return { y: this.body.forward(x) };
      }
    }
    const one = new One();
    const x = spots([1, 2, 3], [0, 0, 5]);
    expect(forPictures(one).net.forward(x).data).toEqual(one.body.forward(x).data);
  });

  it('refuses a network without pictures', () => {
    class Words extends nn.NamedModule {
      readonly inputs = [{ name: 'words', shape: ['n', 7], dtype: 'int32' }] as const;
      readonly outputs = [];
      run = (): Record<string, Tensor> => ({});
    }
    expect(() => forPictures(new Words())).toThrow(/no input of the network can be a picture \(words/);
  });
});
