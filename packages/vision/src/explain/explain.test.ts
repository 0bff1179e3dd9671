// Explanations of networks that are small enough to be known.

import {
  conv2d,
  Generator,
  manualSeed,
  models,
  nn,
  permute,
  rand,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { featureMaps } from './featureMaps.ts';
import { gradCam } from './gradCam.ts';
import { occlusion } from './occlusion.ts';

/** Scores: the mean of the first channel, and twice that of the second, of the rectified picture. */
function means(): nn.Sequential {
  const net = new nn.Sequential(
    new nn.Conv2d(2, 2, 1, { bias: false }),
    new nn.ReLU(),
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(2, 2, { bias: false }),
  );
  net.loadStateDict({
    '0.weight': tensor([1, 0, 0, 1], [2, 2, 1, 1]),
    '4.weight': tensor([1, 0, 0, 2], [2, 2]),
  });
  return net;
}

const x = tensor(
  Float32Array.from({ length: 24 }, (_, i) => (i % 7) - 2),
  [2, 3, 4],
);
const rectified = (from: number): number[] =>
  [...x.data.subarray(from, from + 12)].map((v) => Math.max(0, v));

describe('gradCam', () => {
  it('weighs the maps of the last layer with more than one cell', () => {
    const maps = gradCam(means(), x, { class: 0 });
    expect(maps.shape).toEqual([3, 4]);
    // The mean has a slope of 1/12 everywhere.
    maps.data.forEach((v, i) => {
      expect(v).toBeCloseTo(rectified(0)[i] / 12, 6);
    });
    const second = gradCam(means(), x, { class: 1, layer: '1' });
    second.data.forEach((v, i) => {
      expect(v).toBeCloseTo((2 * rectified(12)[i]) / 12, 6);
    });
  });

  it('finds the same in a network whose channels are last', () => {
    const first = means();
    const last = new nn.Sequential(
      new nn.Conv2d(2, 2, 1, { bias: false, layout: 'channels-last' }),
      new nn.ReLU(),
      new nn.GlobalAvgPool({ layout: 'channels-last' }),
      new nn.Flatten(),
      new nn.Linear(2, 2, { bias: false }),
    );
    last.loadStateDict(first.stateDict());
    for (const id of [0, 1]) {
      const maps = gradCam(last, permute(x, [1, 2, 0]), { class: id });
      expect(maps.shape).toEqual([3, 4]);
      expect(maps.data).toEqual(gradCam(first, x, { class: id }).data);
    }
    expect(() => gradCam(last, permute(x, [1, 2, 0]), { layer: '4' })).toThrow('gives maps [n, h, w, c]');
  });

  it('takes the class with the highest score of each of several pictures', () => {
    const other = x.data.map((v) => -v) as Float32Array;
    const both = tensor([...x.data, ...other], [2, 2, 3, 4]);
    const maps = gradCam(means(), both);
    expect(maps.shape).toEqual([2, 3, 4]);
    const single = gradCam(means(), tensor(other, [2, 3, 4]));
    expect([...maps.data.subarray(12)]).toEqual([...single.data]);
  });

  it('leaves the network as it was, frozen or not', () => {
    const net = means();
    const frozen = gradCam(net, x);
    for (const parameter of net.parameters()) parameter.requiresGrad = false;
    expect(gradCam(net, x).data).toEqual(frozen.data);
    expect(net.parameters().every(({ grad }) => grad === null)).toBe(true);
    expect(net.training).toBe(true);
    expect(net.children().every(([, layer]) => !Object.hasOwn(layer, 'forward'))).toBe(true);
    const broken = tensor(new Float32Array(9), [1, 3, 3]);
    expect(() => gradCam(net, broken)).toThrow(ShapeError);
    expect(net.children().every(([, layer]) => !Object.hasOwn(layer, 'forward'))).toBe(true);
  });

  it('works on networks with branches', () => {
    manualSeed(1);
    const net = models.resnet18({ width: 4, classes: 3 });
    const maps = gradCam(net, rand([2, 3, 64, 64], { generator: new Generator(2) }), {
      layer: 'layer3',
      class: 1,
    });
    expect(maps.shape).toEqual([2, 4, 4]);
    expect(maps.data.every((v) => v >= 0)).toBe(true);
    expect(maps.data.some((v) => v > 0)).toBe(true);
    const pictures = rand([1, 3, 64, 64], { generator: new Generator(2) });
    const last = gradCam(net, pictures, { layer: 'layer4', class: 1 });
    expect(last.shape).toEqual([1, 2, 2]);
    expect(gradCam(net, pictures, { class: 1 }).data).toEqual(last.data);
  });

  it.each<[string, () => unknown]>([
    [
      "gradCam: the layer '9' gives maps [n, c, h, w]; there are 0, 1",
      () => gradCam(means(), x, { layer: '9' }),
    ],
    ["the layer '3' gives maps", () => gradCam(means(), x, { layer: '3' })],
    ['gradCam: class is 2, the network knows 2', () => gradCam(means(), x, { class: 2 })],
    [
      'gradCam: the network gives [1,2,3,4]; scores of classes',
      () => gradCam(new nn.Sequential(new nn.ReLU()), x),
    ],
    ['gradCam: x has shape [3,4]', () => gradCam(means(), zeros([3, 4]))],
    ['gradCam: net is {}; give a network', () => gradCam({} as never, x)],
  ])('%s', (message, attempt) => {
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(ShapeError);
  });
});

describe('featureMaps', () => {
  it('gives what layers give, in their order', () => {
    const maps = featureMaps(means(), x);
    expect(Object.keys(maps)).toEqual(['0', '1', '2']);
    expect([...maps['0'].data]).toEqual([...x.data]);
    expect([...maps['1'].data]).toEqual([...rectified(0), ...rectified(12)]);
    expect(maps['2'].shape).toEqual([2, 1, 1]);
    const several = featureMaps(means(), zeros([5, 2, 3, 4]), { layers: ['1'] });
    expect(Object.keys(several)).toEqual(['1']);
    expect(several['1'].shape).toEqual([5, 2, 3, 4]);
    expect(() => featureMaps(means(), x, { layers: ['4'] })).toThrow(
      "featureMaps: the layer '4' gives no maps",
    );
  });

  it('sees layers within layers', () => {
    class Twice extends nn.Module {
      inner = new nn.Sequential(new nn.Conv2d(2, 2, 1), new nn.ReLU());
      forward(given: Tensor): Tensor {
        return conv2d(this.inner.forward(this.inner.forward(given)), zeros([1, 2, 1, 1]));
      }
    }
    const maps = featureMaps(new Twice(), x);
    expect(Object.keys(maps)).toEqual(['inner.0', 'inner.1', 'inner']);
  });
});

describe('occlusion', () => {
  it('tells what is missed where something is hidden', () => {
    const ones = tensor(new Float32Array(2 * 36).fill(1), [2, 6, 6]);
    const drops = occlusion(means(), ones, { class: 0, window: 3, stride: 2 });
    // Nine cells of 36, wherever the square lies; the last place ends with the picture.
    expect(drops.shape).toEqual([3, 3]);
    for (const drop of drops.data) expect(drop).toBeCloseTo(0.25, 6);
    const spot = zeros([2, 6, 6]);
    spot.data[35] = 3;
    const found = occlusion(means(), spot, { class: 0, window: 3, stride: 2 });
    expect([...found.data].map((v) => v > 0)).toEqual([...new Array<boolean>(8).fill(false), true]);
  });

  it('gives the same in any batches, for one picture and for several', () => {
    const both = rand([2, 2, 8, 12], { generator: new Generator(5) });
    const all = occlusion(means(), both, { class: 1 });
    expect(all.shape).toEqual([2, 7, 11]);
    const few = occlusion(means(), both, { class: 1, batchSize: 5, window: 2, stride: 1 });
    expect(few.data).toEqual(all.data);
    const second = tensor(both.data.slice(192), [2, 8, 12]);
    const single = occlusion(means(), second, { class: 1 });
    expect([...single.data]).toEqual([...all.data.subarray(77)]);
  });

  it('fills with what it is told, and takes a square larger than the picture', () => {
    const drops = occlusion(means(), zeros([2, 4, 4]), { class: 1, window: 9, fill: [5, -1] });
    expect(drops.shape).toEqual([1, 1]);
    expect(drops.item()).toBeCloseTo(0, 6);
    expect(occlusion(means(), zeros([2, 4, 4]), { class: 1, window: 9, fill: [5, 3] }).item()).toBeCloseTo(
      -6,
      5,
    );
    expect(() => occlusion(means(), x, { class: 7 })).toThrow('occlusion: class is 7, the network knows 2');
  });
});
