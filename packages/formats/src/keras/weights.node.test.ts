// Which weight of a file is whose: by names, by names with numbers, by order.

import { readFileSync } from 'node:fs';
import { Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { Hdf5Group } from './hdf5.ts';
import { ArchiveWeights, indexWeights, NamedWeights, type WeightStore, weightPath } from './weights.ts';

/** Each weight's value is its number in the file. */
const store = (...names: string[]): NamedWeights =>
  new NamedWeights(
    indexWeights(
      names.map((name, i) => ({ path: weightPath(name), read: () => new Tensor(Float32Array.of(i), [1]) })),
    ),
  );

const layersOf = (weights: WeightStore, ...names: string[]): WeightStore[] =>
  weights.layers(names.map((name) => ({ className: 'Dense', name })));

/** The number of the weight that a layer finds. */
const found = (layer: WeightStore, name = 'kernel'): number | undefined =>
  layer.read([name]).get(name)?.data[0];

describe('NamedWeights', () => {
  it('find weights by the names of layers', () => {
    const [a, b, c] = layersOf(store('a/kernel', 'a/bias:0', 'net/b/kernel'), 'a', 'b', 'c');
    expect([found(a), found(a, 'bias'), found(b), found(b, 'bias'), found(c)]).toEqual([
      0,
      1,
      2,
      undefined,
      undefined,
    ]);
    expect(a.all().map(({ data }) => data[0])).toEqual([0, 1]);
  });

  it('find them under numbers that were added', () => {
    const [a, b] = layersOf(store('a_2/kernel', 'b_1/kernel:0'), 'a', 'b');
    expect([found(a), found(b)]).toEqual([0, 1]);
    const [c] = layersOf(store('c/kernel_3'), 'c');
    expect(found(c)).toBe(0);
    expect(found(c, 'bias')).toBeUndefined();
  });

  it('keep the order of a family whose numbers have moved', () => {
    const names = ['conv', 'conv_1', 'conv_2'];
    const moved = layersOf(store('conv_1/kernel', 'conv_2/kernel', 'conv_3/kernel'), ...names);
    expect(moved.map((layer) => found(layer))).toEqual([0, 1, 2]);
    const doubled = layersOf(store('conv_1/kernel', 'conv_1_1/kernel', 'conv_2_1/kernel'), ...names);
    expect(doubled.map((layer) => found(layer))).toEqual([0, 1, 2]);
    const same = layersOf(store('conv_2/kernel', 'conv/kernel', 'conv_1/kernel'), ...names);
    expect(same.map((layer) => found(layer))).toEqual([1, 2, 0]);
  });

  it('do not take the weights of another layer', () => {
    const [a, b] = layersOf(store('a_1/kernel'), 'a', 'a_1');
    expect([found(a), found(b)]).toEqual([undefined, 0]);
    const [ab] = layersOf(store('abc_1/kernel', 'a_b/kernel'), 'ab');
    expect(found(ab)).toBeUndefined();
  });

  it('prefer the layer itself to one whose name has a number more', () => {
    const [a] = layersOf(store('a_1/kernel', 'a/kernel'), 'a');
    expect(found(a)).toBe(1);
  });

  it('tell layers of one name in several networks by the path, or by the order in which they ask', () => {
    const byPath = layersOf(store('one/a/kernel', 'two/a/kernel'), 'two', 'one');
    expect(byPath.map((net) => found(layersOf(net, 'a')[0]))).toEqual([1, 0]);
    const byOrder = layersOf(store('a_4/kernel', 'a_5/kernel', 'a_4/bias', 'a_5/bias'), 'one', 'two');
    const inner = byOrder.map((net) => layersOf(net, 'a')[0]);
    expect(inner.map((layer) => [found(layer), found(layer, 'bias')])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe('ArchiveWeights', () => {
  it('count layers of a class where groups have no names', () => {
    const bytes = new Uint8Array(readFileSync(new URL('../../fixtures/keras/groups.h5', import.meta.url)));
    const weights = new ArchiveWeights(Hdf5Group.open(bytes, new Budget('groups.h5', bytes.length)));
    const classes = ['Conv2D', 'Dense', 'Conv2D', 'Flatten', 'Conv2D', 'Conv2D'];
    const layers = weights.layers(classes.map((className, i) => ({ className, name: `layer${i}` })));
    expect(layers.map((layer) => found(layer))).toEqual([0, 3, 1, undefined, 2, undefined]);
  });
});
