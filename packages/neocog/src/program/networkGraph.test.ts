// Networks as graphs of their layers.

import { describe, expect, it } from 'vitest';
import {
  add,
  concat,
  full,
  models,
  type NetworkNode,
  networkGraph,
  nn,
  ones,
  type Tensor,
} from '../index.ts';

const line = ({ name, type, inputs }: NetworkNode): string => `${name} ${type} <${inputs.join(',')}`;

describe('networkGraph', () => {
  it('follows a chain, layers that compute nothing among it', () => {
    const { nodes } = networkGraph(models.lenet5(), { input: [2, 1, 28, 28] });
    expect(nodes.map(({ type }) => type).join(' ')).toBe(
      'input Conv2d ReLU MaxPool2d Conv2d ReLU MaxPool2d Flatten Linear ReLU Linear ReLU Linear output',
    );
    expect(nodes.slice(1).map(({ inputs }) => inputs)).toEqual(nodes.slice(1).map((_, i) => [i]));
    expect(nodes[1]).toMatchObject({ name: 'conv1', kind: 'layer', shape: [2, 6, 28, 28], parameters: 156 });
    expect(nodes[1].multiplyAdds).toBe(2 * 6 * 28 * 28 * 25);
    expect(nodes[8].multiplyAdds).toBe(2 * 400 * 120);
  });

  it('shows what modules compute between their layers', () => {
    const { nodes } = networkGraph(models.resnet18({ width: 4, classes: 3 }), { input: [1, 3, 64, 64] });
    const sums = nodes.filter(({ type }) => type === 'add');
    expect(sums).toHaveLength(8);
    for (const { inputs, kind, shape } of sums)
      expect([inputs.length, kind, shape?.length]).toEqual([2, 'operation', 4]);
    const all = nodes.reduce((sum, { parameters }) => sum + parameters, 0);
    const wanted = models.resnet18({ width: 4, classes: 3 }).parameters();
    expect(nodes.filter(({ type }) => type === 'relu')).toHaveLength(8);
    expect(all).toBe(wanted.reduce((sum, { size }) => sum + size, 0));
  });

  it('joins branches, leaves out what depends on weights alone, and keeps a part that runs twice', () => {
    class Branches extends nn.Module {
      readonly inner = new nn.Conv2d(2, 2, 1);
      readonly scale = new nn.Parameter(ones([1, 2, 1, 1]));
      forward(x: Tensor): Tensor {
        const twice = this.inner.forward(this.inner.forward(x));
        return concat([twice, add(x, add(this.scale, full([1, 2, 1, 1], 1)))], { axis: 1 });
      }
    }
    const { nodes } = networkGraph(new Branches(), { input: [1, 2, 3, 3] });
    expect(nodes.map(line)).toEqual([
      'input input <',
      'inner Conv2d <0',
      'inner Conv2d <1',
      ' add <0',
      ' concat <2,3',
      'output output <4',
    ]);
  });
});
