// First values that are drawn when they are read: the same whatever is read first, and not at all where others take their place.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compile, init, manualSeed, models, nn, ones, randn, type Tensor } from '../index.ts';
import { defaultGenerator, Generator } from '../tensor/random.ts';

const layers = () => {
  manualSeed(4);
  return [new nn.Linear(3, 2), new nn.Conv2d(2, 3, 3), new nn.Embedding(4, 2)] as const;
};
const values = (t: Tensor | null): number[] => [...(t as Tensor).data];

describe('first values', () => {
  it('do not depend on what is read first', () => {
    const [linear, conv, embedding] = layers();
    const inOrder = [linear.weight, linear.bias, conv.weight, conv.bias, embedding.weight].map(values);
    const [linear2, conv2, embedding2] = layers();
    const turned = [embedding2.weight, conv2.bias, conv2.weight, linear2.bias, linear2.weight].map(values);
    expect(turned.reverse()).toEqual(inOrder);
    expect(new Set(inOrder.flat()).size).toBe(inOrder.flat().length);
    for (const bound of inOrder[0]) expect(Math.abs(bound)).toBeLessThanOrEqual(1 / Math.sqrt(3));
  });

  it('take the default generator of the layer’s making, which reading leaves alone', () => {
    const [linear] = layers();
    const { words } = defaultGenerator().state();
    values(linear.weight);
    expect(defaultGenerator().state()).toEqual({ words });
    manualSeed(5);
    const other = new nn.Linear(3, 2);
    expect(values(other.weight)).not.toEqual(values(linear.weight));
  });

  it('are there for everybody who looks', async () => {
    const [linear] = layers();
    const x = ones([1, 3]);
    const [first, second] = [linear.forward(x), linear.forward(x)];
    expect(values(first)).toEqual(values(second));
    const [again] = layers();
    const program = await compile(again, { input: [1, 3] });
    expect(values(await program.run(x))).toEqual(values(first));
    program.dispose();
    const [third] = layers();
    expect(JSON.stringify(third.weight)).toBe(JSON.stringify(linear.weight));
    expect({ ...third.weight }.data).toEqual(linear.weight.data);
    expect(values(third.stateDict().weight)).toEqual(values(linear.weight));
  });

  it('are drawn although they are read where drawing is left out', () => {
    const [linear] = layers();
    const [other] = layers();
    expect(init.skip(() => values(other.weight))).toEqual(values(linear.weight));
  });
});

describe('what is drawn', () => {
  let drawn = 0;
  beforeEach(() => {
    drawn = 0;
    for (const method of ['fillUniform', 'fillNormal'] as const) {
      const { [method]: original } = Generator.prototype;
      vi.spyOn(Generator.prototype, method).mockImplementation(function (this: Generator, data, ...rest) {
        drawn += data.length;
        original.call(this, data, ...rest);
      });
    }
    return () => void vi.restoreAllMocks();
  });

  it('is nothing for a network that is made, counted, listed and loaded', () => {
    const net = models.lenet5();
    const count = net
      .parameters()
      .reduce((sum, { size, dtype }) => sum + (dtype === 'float32' ? size : 0), 0);
    expect([count, String(net).length > 100]).toEqual([61_706, true]);
    const state = Object.fromEntries(net.namedParameters().map(([key, { shape }]) => [key, randn(shape)]));
    drawn = 0;
    net.loadStateDict(state);
    for (const [key, { data }] of net.namedParameters()) expect(data).toEqual(state[key].data);
    expect(drawn).toBe(0);
  });

  it('is the rest of a layer of which a part was loaded, and leaves that part', () => {
    const [linear] = layers();
    const [other] = layers();
    const weight = ones([2, 3]);
    other.loadStateDict({ weight }, { strict: false });
    expect(values(other.bias)).toEqual(values(linear.bias));
    expect(values(other.weight)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('is each value once, also where another initialiser takes the place of the first', () => {
    const conv = new nn.Conv2d(2, 3, 3, { bias: false });
    init.kaimingNormal(conv.weight);
    init.zeros(new nn.Linear(5, 5, { bias: false }).weight);
    expect(drawn).toBe(conv.weight.size);
    const net = models.resnet18({ width: 4, classes: 3 });
    drawn = 0;
    const shared = net.parameters().filter(({ rank }) => rank > 1);
    for (const parameter of shared) values(parameter);
    expect(drawn).toBe(shared.reduce((sum, { size }) => sum + size, 0) + 3);
  });
});
