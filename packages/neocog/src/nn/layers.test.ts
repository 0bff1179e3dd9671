// Layers against the operations and the plain layers that they stand for.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends, call, construct } from '../../../../test/conformance/harness.ts';
import { whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;
type Module = neocog.nn.Module;
type Weighted = Module & { weight: Tensor; bias: Tensor | null };

const { nn, permute, withBackend } = neocog;
const ranks = [1, 2, 3] as const;

const spatial = (rank: number, ...sizes: number[]): number[] => sizes.slice(0, rank);
const toLast = (x: Tensor): Tensor => permute(x, [0, ...x.shape.map((_, d) => d).slice(2), 1]);
const layer = <L = Weighted>(name: string, ...args: unknown[]): L => construct<L>(`nn.${name}`, ...args);

/** Whole numbers into every parameter, so that results are exact. */
function fillWhole(module: Module): void {
  module.parameters().forEach((parameter, i) => void parameter.data.set(whole(i, parameter.shape).data));
}

describe.each(backends)('%s', (backend) => {
  const on = (body: () => void) => () => withBackend(backend, body);

  describe.each(ranks)('of rank %i', (rank) => {
    const x = () => whole(1, [2, 4, ...spatial(rank, 7, 6, 5)], true);

    it.each(['Conv', 'ConvTranspose'])('%s takes channels-last data with the same weights', (name) => {
      on(() => {
        const options = { stride: 2, padding: 1, groups: 2, activation: 'relu' };
        const [plain, last] = [{}, { layout: 'channels-last' }].map((extra) =>
          layer(`${name}${rank}d`, 4, 6, 3, { ...options, ...extra }),
        );
        fillWhole(plain);
        last.loadStateDict(plain.stateDict());
        const [input, moved] = [x(), toLast(x()).detach()];
        const [y, z] = [plain.forward(input), last.forward(moved)];
        expect([toLast(y).shape, toLast(y).data]).toEqual([z.shape, z.data]);
        y.backward(neocog.ones(y.shape));
        z.backward(neocog.ones(z.shape));
        expect(plain.weight.grad?.data).toEqual(last.weight.grad?.data);
      })();
    });

    it(
      'PointwiseConv mixes the channels of each cell',
      on(() => {
        const pointwise = layer(`PointwiseConv${rank}d`, 4, 3);
        fillWhole(pointwise);
        const { weight, bias } = pointwise;
        expect(weight.shape).toEqual([3, 4, ...spatial(rank, 1, 1, 1)]);
        expect(pointwise.forward(x()).data).toEqual(call(`conv${rank}d`, x(), weight, { bias }).data);
      }),
    );

    it(
      'DepthwiseConv is a convolution with a group for each channel',
      on(() => {
        const name = `DepthwiseConv${rank}d`;
        const depthwise = layer(name, 4, 3, { multiplier: 2, padding: 1, stride: 2 });
        expect(depthwise.weight.shape).toEqual([8, 1, ...spatial(rank, 3, 3, 3)]);
        fillWhole(depthwise);
        const { weight, bias } = depthwise;
        const y = call(`conv${rank}d`, x(), weight, { bias, padding: 1, stride: 2, groups: 4 });
        expect(depthwise.forward(x()).data).toEqual(y.data);
        expect(depthwise).toBeInstanceOf(neocog.nn[`Conv${rank}d`]);
      }),
    );

    it(
      'SeparableConv is a depthwise and a pointwise convolution',
      on(() => {
        const separable = layer<Module>(`SeparableConv${rank}d`, 4, 5, 3, {
          ...{ stride: 2, padding: 'same', multiplier: 2, activation: 'relu' },
        });
        fillWhole(separable);
        const state = separable.stateDict();
        expect(Object.keys(state)).toEqual(['depthwise.weight', 'pointwise.weight', 'pointwise.bias']);
        const middle = call(`conv${rank}d`, x(), state['depthwise.weight'], {
          stride: 2,
          padding: 'same',
          groups: 4,
        });
        const y = call(`conv${rank}d`, middle, state['pointwise.weight'], { bias: state['pointwise.bias'] });
        expect(separable.forward(x()).data).toEqual(neocog.relu(y).data);
      }),
    );

    it.each(['LazyConv', 'LazyConvTranspose'])('%s becomes the plain layer at its first input', (name) => {
      on(() => {
        const options = { stride: 2, groups: 2 };
        neocog.manualSeed(5);
        const plain = layer(`${name.replace('Lazy', '')}${rank}d`, 4, 6, 3, options);
        neocog.manualSeed(5);
        const lazy = layer(`${name}${rank}d`, 6, 3, options);
        expect(lazy.forward(x()).data).toEqual(plain.forward(x()).data);
        expect(lazy.parameters().map((p) => p.shape)).toEqual(plain.parameters().map((p) => p.shape));
        expect(Object.keys(lazy.stateDict())).toEqual(['weight', 'bias']);
        expect(lazy.weight).toBe(lazy.parameters()[0]);
        const fresh = layer(`${name}${rank}d`, 6, 3, options);
        fresh.loadStateDict(plain.stateDict());
        expect(fresh.forward(x()).data).toEqual(plain.forward(x()).data);
      })();
    });

    it('LazyConv reads channels-last inputs and single samples', () => {
      const last = layer(`LazyConv${rank}d`, 6, 2, { layout: 'channels-last', bias: false });
      last.forward(toLast(x()));
      expect(last.weight.shape[1]).toBe(4);
      const single = layer(`LazyConv${rank}d`, 6, 2);
      single.forward(whole(1, [3, ...spatial(rank, 7, 6, 5)]));
      expect(single.weight.shape[1]).toBe(3);
    });
  });

  it(
    'pooling layers',
    on(() => {
      const image = whole(1, [1, 2, 6, 9]);
      const pairs: [Module, Tensor][] = [
        [new nn.AdaptiveAvgPool2d([2, 4]), neocog.adaptiveAvgPool2d(image, [2, 4])],
        [new nn.AdaptiveMaxPool2d(3), neocog.adaptiveMaxPool2d(image, 3)],
        [new nn.LpPool2d(2, { normType: 3 }), neocog.lpPool2d(image, 2, { normType: 3 })],
        [
          new nn.Upsample({ scale: 2, mode: 'bilinear' }),
          neocog.resize(image, { scale: 2, mode: 'bilinear' }),
        ],
        [new nn.PixelUnshuffle(3), neocog.pixelUnshuffle(image, 3)],
      ];
      for (const [module, y] of pairs) expect(module.forward(image).data).toEqual(y.data);
      const { output, indices } = neocog.maxPool2dWithIndices(image, 2);
      const options = { outputSize: [6, 9] };
      const back = new nn.MaxUnpool2d(2, options).forward(output, indices);
      expect(back.data).toEqual(neocog.maxUnpool2d(output, indices, 2, options).data);
    }),
  );
});

describe('lazy layers', () => {
  const net = () =>
    new nn.Sequential(new nn.LazyConv2d(4, 3), new nn.ReLU(), new nn.Flatten(), new nn.LazyLinear(2));
  const noParameters = /LazyConv2d: there are no parameters before the first input/;

  it('say that there are no parameters yet', () => {
    expect(() => net().parameters()).toThrow(noParameters);
    expect(() => net().stateDict()).toThrow(noParameters);
    expect(() => new nn.LazyConv2d(4, 3).weight).toThrow(noParameters);
    expect(() => new nn.LazyLinear(3).bias).toThrow('LazyLinear');
    expect(String(net().eval())).toContain('LazyConv2d(no input yet)');
  });

  it('take shapes from a state dict, deep in a network', () => {
    const [one, other] = [net(), net()];
    const x = whole(1, [2, 3, 8, 8]);
    const y = one.forward(x);
    other.loadStateDict(one.stateDict());
    expect(other.forward(x).data).toEqual(y.data);
    expect(other.parameters().map((p) => p.shape)).toEqual([[4, 3, 3, 3], [4], [2, 144], [2]]);
  });

  it('refuse what the plain layer would refuse, when made or at the first input', () => {
    expect(() => new nn.LazyConv2d(6, 3, { groups: 4 })).toThrow(
      'LazyConv2d: groups is 4 for 4 input and 6 output channels',
    );
    expect(() => new nn.LazyConv2d(6, [3])).toThrow('LazyConv2d: kernel');
    expect(() => new nn.LazyLinear(0)).toThrow('LazyLinear: outFeatures');
    const lazy = new nn.LazyConv2d(6, 3, { groups: 2 });
    expect(() => lazy.forward(whole(1, [2, 3, 8, 8]))).toThrow('groups is 2 for 3 input');
    expect(() => lazy.forward(whole(1, [8, 8]))).toThrow('LazyConv2d: input has shape [8,8]');
    lazy.forward(whole(1, [2, 4, 8, 8]));
    expect(() => lazy.forward(whole(1, [2, 6, 8, 8]))).toThrow('6 channels');
  });

  it('train', () => {
    const lazy = net();
    const x = whole(1, [2, 3, 8, 8]);
    neocog.sum(lazy.forward(x)).backward();
    const before = lazy.parameters().map((p) => [...p.data]);
    new neocog.optim.SGD(lazy.parameters(), { lr: 0.1 }).step();
    expect(lazy.parameters().map((p) => [...p.data])).not.toEqual(before);
  });
});

describe('layers refuse', () => {
  it.each<[string, () => unknown]>([
    ['DepthwiseConv2d: multiplier', () => layer('DepthwiseConv2d', 4, 3, { multiplier: 1.5 })],
    ['DepthwiseConv2d: channels', () => new nn.DepthwiseConv2d(0, 3)],
    ['MaxUnpool2d: indices are missing', () => new nn.MaxUnpool2d(2).forward(whole(1, [1, 1, 2, 2]))],
    ['Embedding: count', () => new nn.Embedding(0, 4)],
    ["Conv2d: layout is 'NHWC'", () => layer('Conv2d', 1, 1, 3, { layout: 'NHWC' })],
  ])('%s', (message, run) => {
    expect(run).toThrow(message);
  });
});

describe('the costs that papers state', () => {
  it('a separable layer has 1/out + 1/k² of the weights', () => {
    const [whole, apart] = [
      new nn.Conv2d(32, 64, 3, { bias: false }),
      new nn.SeparableConv2d(32, 64, 3, { bias: false }),
    ];
    const count = (module: Module) => module.parameters().reduce((sum, p) => sum + p.size, 0);
    expect(count(apart) / count(whole)).toBeCloseTo(1 / 64 + 1 / 9, 10);
  });

  it('a depthwise 3×3 layer of 32 channels has 320 parameters', () => {
    expect(new nn.DepthwiseConv2d(32, 3).parameters().reduce((sum, p) => sum + p.size, 0)).toBe(320);
  });
});
