// What single networks promise: what they see, what they refuse, what training leaves out.

import { init, models, type nn, ones, sum, summary, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { fill, noise } from '../../../../test/models.samples.ts';

describe('wavenet', () => {
  const sizes = { inChannels: 1, classes: 3, width: 4, skipWidth: 5, layers: 3, stacks: 2 };
  const reach = 2 * (2 ** 3 - 1) + 2;

  it('sees the past only, and as far back as it says', () => {
    const net = fill(models.wavenet(sizes));
    const x = noise(1, [1, 1, 40]);
    const before = net.forward(x);
    x.data[10] += 5;
    const after = net.forward(x);
    const changed = [...after.data].flatMap((v, i) => (v === before.data[i] ? [] : [i % 40]));
    expect([Math.min(...changed), Math.max(...changed)]).toEqual([10, 10 + reach - 1]);
  });
});

describe('unet', () => {
  it('turns 572 × 572 into 388 × 388 pixels, as in the paper', () => {
    const net = init.skip(() => models.unet({ width: 1 }));
    expect(summary(net, [1, 1, 572, 572]).layers.at(-1)?.outputShape).toEqual([1, 2, 388, 388]);
  });

  it('refuses maps that cannot be halved', () => {
    const net = models.unet({ width: 1, padding: 'same' });
    expect(() => net.forward(noise(1, [1, 1, 40, 32]))).toThrow(
      'unet: maps of shape [1,8,5,4] cannot be halved',
    );
  });
});

describe('textCnn', () => {
  it('with a vocabulary takes the numbers of words, and learns their vectors', () => {
    const net = models.textCnn({ vocabulary: 20, inChannels: 6, width: 4 });
    const words = tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], [2, 6], { dtype: 'int32' });
    sum(net.forward(words)).backward();
    const { weight } = net.children()[0][1] as nn.Module & { weight: Tensor };
    expect(weight.shape).toEqual([20, 6]);
    expect(weight.grad?.data.some((g) => g !== 0)).toBe(true);
  });
});

describe('stochastic depth', () => {
  const depthOf = (path: string, net: nn.Module) => net.namedModules().find(([name]) => name === path)?.[1];

  it('skips whole samples in training, more often in later blocks', () => {
    const net = models.efficientnetB0({ width: 0.25, stochasticDepth: 0.8 });
    const last = depthOf('features.6.3.stochasticDepth', net) as nn.Module;
    const x = ones([200, 2, 3, 3]);
    const kept = Array.from(last.forward(x).data).filter((v) => v !== 0);
    expect(last.describe()).toBe('p 0.700');
    expect(kept.length % 18).toBe(0);
    expect(kept.length / x.size).toBeCloseTo(0.3, 0.5);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.3)]));
    expect(last.eval().forward(x)).toBe(x);
  });
});
