// Which parameters fall under which path, and what is left out.

import { describe, expect, it } from 'vitest';
import { nn, optim } from '../index.ts';

/** Parts whose names begin alike. */
const net = () =>
  new nn.Sequential({
    layer1: new nn.Sequential({ a: new nn.Linear(1, 1), b: new nn.Linear(1, 1, { bias: false }) }),
    layer10: new nn.Linear(1, 1),
    scale: new nn.PReLU(),
  });

/** Settings of groups beside the keys of their parameters. */
function groupsOf(settings: Record<string, { lr: number }>, module: nn.Module = net()) {
  const keys = new Map(module.namedParameters().map(([key, p]) => [p, key]));
  return optim
    .parameterGroups(module, settings)
    .map(({ parameters, lr }) => [lr, parameters.map((p) => keys.get(p as nn.Parameter))]);
}

describe('parameterGroups', () => {
  it('gives each parameter to the longest path above it, whatever the order', () => {
    const inLayer1 = ['layer1.a.weight', 'layer1.a.bias'];
    const wanted = {
      layer1: [1, ['layer1.b.weight']],
      'layer1.a': [2, inLayer1],
      '': [3, ['layer10.weight', 'layer10.bias', 'scale.weight']],
    };
    const settings = { layer1: { lr: 1 }, 'layer1.a': { lr: 2 }, '': { lr: 3 } };
    expect(groupsOf(settings)).toEqual(Object.values(wanted));
    const turned = Object.fromEntries(Object.entries(settings).reverse());
    expect(groupsOf(turned)).toEqual(Object.values(wanted).reverse());
  });

  it('takes paths by whole names, down to a single parameter', () => {
    expect(groupsOf({ layer1: { lr: 1 } })).toEqual([
      [1, ['layer1.a.weight', 'layer1.a.bias', 'layer1.b.weight']],
    ]);
    expect(groupsOf({ 'layer10.bias': { lr: 1 } })).toEqual([[1, ['layer10.bias']]]);
    expect(() => groupsOf({ layer: { lr: 1 } })).toThrow("there is no parameter under 'layer'");
    expect(() => groupsOf({ 'layer10.bias.x': { lr: 1 } })).toThrow('there is no parameter under');
  });

  it('leaves out frozen parameters, and groups of nothing else', () => {
    const module = net();
    nn.freeze(module, 'layer1.a');
    nn.freeze(module, 'scale');
    expect(groupsOf({ 'layer1.a': { lr: 1 }, layer1: { lr: 2 }, scale: { lr: 3 } }, module)).toEqual([
      [2, ['layer1.b.weight']],
    ]);
  });

  it('leaves out a path whose parameters all fall under longer ones', () => {
    expect(groupsOf({ scale: { lr: 1 }, 'scale.weight': { lr: 2 } })).toEqual([[2, ['scale.weight']]]);
  });
});
