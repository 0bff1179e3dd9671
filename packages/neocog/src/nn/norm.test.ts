// Normalisation layers: keys, running statistics, shapes, and what they refuse. Values are held by the reference vectors.

import { describe, expect, it } from 'vitest';
import * as neocog from '../index.ts';

const { Generator, nn, randn, tensor } = neocog;

const sample = (...shape: number[]) => randn(shape, { generator: new Generator(3) });
const keysOf = (module: neocog.nn.Module): string[] => Object.keys(module.stateDict());
const near = (values: Iterable<number>) => [...values].map((v) => expect.closeTo(v, 5));

describe('state-dict keys', () => {
  const running = ['running_mean', 'running_var', 'num_batches_tracked'];

  it.each([
    ['BatchNorm2d', new nn.BatchNorm2d(3), ['weight', 'bias', ...running]],
    ['BatchNorm1d, not affine', new nn.BatchNorm1d(3, { affine: false }), running],
    [
      'BatchNorm3d without statistics',
      new nn.BatchNorm3d(3, { trackRunningStats: false }),
      ['weight', 'bias'],
    ],
    ['InstanceNorm2d', new nn.InstanceNorm2d(3), []],
    ['InstanceNorm1d, affine', new nn.InstanceNorm1d(3, { affine: true }), ['weight', 'bias']],
    ['InstanceNorm3d with statistics', new nn.InstanceNorm3d(3, { trackRunningStats: true }), running],
    ['GroupNorm', new nn.GroupNorm(3, 6), ['weight', 'bias']],
    ['GroupNorm, not affine', new nn.GroupNorm(3, 6, { affine: false }), []],
    ['LayerNorm', new nn.LayerNorm([4, 5]), ['weight', 'bias']],
    ['LayerNorm without bias', new nn.LayerNorm(4, { bias: false }), ['weight']],
    ['LayerNorm, not affine', new nn.LayerNorm(4, { elementwiseAffine: false }), []],
  ])('%s', (_, layer, keys) => {
    expect(keysOf(layer)).toEqual(keys);
  });
});

describe('BatchNorm', () => {
  it('averages all batches with a momentum of null', () => {
    const layer = new nn.BatchNorm1d(1, { momentum: null });
    for (const values of [
      [1, 3],
      [5, 9],
      [0, 6],
    ])
      layer.forward(tensor(values, [2, 1]));
    expect(layer.runningMean?.item()).toBeCloseTo((2 + 7 + 3) / 3, 5);
    expect(layer.runningVar?.item()).toBeCloseTo((2 + 8 + 18) / 3, 5);
    expect(layer.numBatchesTracked?.item()).toBe(3);
  });

  it('takes weights without a count of batches, which other frameworks and old files lack', () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(1));
    const { '0.num_batches_tracked': _, ...state } = new nn.Sequential(new nn.BatchNorm1d(1)).stateDict();
    net.loadStateDict({ ...state, '0.weight': tensor([3]) });
    expect(net.stateDict()['0.weight'].item()).toBe(3);
    const { '0.running_var': __, ...less } = state;
    expect(() => net.loadStateDict(less)).toThrow(/1 missing \(0\.running_var\)/);
  });

  it('uses its running statistics in evaluation', () => {
    const layer = new nn.BatchNorm1d(1, { eps: 0 }).eval();
    layer.loadStateDict({ ...layer.stateDict(), running_mean: tensor([2]), running_var: tensor([4]) });
    expect([...layer.forward(tensor([[2], [6]])).data]).toEqual([0, 2]);
  });
});

describe('InstanceNorm', () => {
  it('takes one sample without a batch axis', () => {
    const x = sample(2, 4, 5);
    const layer = new nn.InstanceNorm2d(2);
    const batched = layer.forward(neocog.reshape(x, [1, 2, 4, 5]));
    expect(layer.forward(x).shape).toEqual([2, 4, 5]);
    expect(layer.forward(x).data).toEqual(batched.data);
  });

  it("gathers the mean of its samples' statistics, and evaluates by them", () => {
    const layer = new nn.InstanceNorm1d(1, { trackRunningStats: true, momentum: 0.5, eps: 0 });
    layer.forward(tensor([1, 3, 5, 9], [2, 1, 2]));
    expect(layer.runningMean?.item()).toBeCloseTo((2 + 7) / 2 / 2, 5);
    expect(layer.runningVar?.item()).toBeCloseTo((1 + (2 + 8) / 2) / 2, 5);
    layer.eval();
    expect([...layer.forward(tensor([2.25], [1, 1, 1])).data]).toEqual([0]);
  });
});

describe('GroupNorm', () => {
  it('with one group is layer normalisation of a whole sample', () => {
    const x = sample(2, 4, 3, 5);
    const whole = new nn.LayerNorm([4, 3, 5]).forward(x);
    expect([...new nn.GroupNorm(1, 4).forward(x).data]).toEqual(near(whole.data));
  });

  it('with as many groups as channels is instance normalisation', () => {
    const x = sample(2, 4, 3, 5);
    const each = new nn.InstanceNorm2d(4).forward(x);
    expect([...new nn.GroupNorm(4, 4).forward(x).data]).toEqual(near(each.data));
  });
});

it('an empty batch stays empty', () => {
  for (const layer of [new nn.GroupNorm(2, 4), new nn.InstanceNorm2d(4), new nn.LayerNorm([4, 3, 3])])
    expect(layer.forward(neocog.zeros([0, 4, 3, 3])).shape).toEqual([0, 4, 3, 3]);
});

it.each([
  ['a fractional channel count', () => new nn.BatchNorm2d(1.5)],
  ['a momentum above 1', () => new nn.BatchNorm2d(2, { momentum: 2 })],
  ['a misspelt option', () => new nn.BatchNorm2d(2, { epsilon: 1 } as object)],
  ['a negative eps', () => new nn.InstanceNorm1d(2, { eps: -1 })],
  ['groups that do not divide the channels', () => new nn.GroupNorm(4, 6)],
  ['no axes', () => new nn.LayerNorm([])],
  ['no shape', () => new nn.LayerNorm(undefined as unknown as number)],
  ['an input of another rank', () => new nn.InstanceNorm2d(2).forward(neocog.zeros([2, 2]))],
  ['other last axes', () => new nn.LayerNorm([3, 4]).forward(neocog.zeros([2, 4, 3]))],
])('layers refuse %s', (_, run) => {
  expect(run).toThrow(neocog.ShapeError);
});
