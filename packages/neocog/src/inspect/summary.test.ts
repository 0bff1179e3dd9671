// Summaries of LeNet-5, of modules that users write, and of batches too large to compute in a test.

import {
  conv2d,
  formatSummary,
  linear,
  models,
  nn,
  noGrad,
  summary,
  type Tensor,
  tensor,
  withBackend,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';

describe('summary', () => {
  it('is the same on every backend', () => {
    const take = () => summary(models.lenet5(), [2, 1, 28, 28]);
    expect(withBackend('reference', take)).toEqual(take());
  });

  it('tells shapes, parameters, work, memory and fields of LeNet-5', () => {
    const { layers, ...totals } = summary(models.lenet5(), [2, 1, 28, 28]);
    expect(layers.map((layer) => layer.name)).toEqual(
      models
        .lenet5()
        .children()
        .map(([name]) => name),
    );
    expect(layers[3]).toEqual({
      name: 'conv2',
      type: expect.stringMatching(/^Conv2d\(16×6×5×5/),
      inputShape: [2, 6, 14, 14],
      outputShape: [2, 16, 10, 10],
      parameters: 2416,
      multiplyAdds: 2 * 240_000,
      memory: { activations: 4 * 2 * 1600, parameters: 4 * 2416 },
      receptiveField: { size: [14, 14], jump: [2, 2], start: [-2, -2] },
      dense: (6 * 14 * 14 + 1) * 1600,
    });
    expect(layers.at(-1)).toMatchObject({
      name: 'fc3',
      multiplyAdds: 2 * 840,
      receptiveField: null,
      dense: null,
    });
    const floats = layers.reduce((sum, layer) => sum + layer.outputShape.reduce((a, b) => a * b, 1), 0);
    expect(totals).toEqual({
      inputShape: [2, 1, 28, 28],
      parameters: 61_706,
      multiplyAdds: 2 * 416_520,
      memory: { activations: 4 * floats, parameters: 4 * 61_706 },
      dense: (28 * 28 + 1) * 6 * 28 * 28 + (6 * 14 * 14 + 1) * 1600 + 59_134,
    });
  });

  it('counts transposed convolutions and linear layers on sequences', () => {
    const up = summary(new nn.ConvTranspose1d(4, 6, 3, { stride: 2, bias: false }), [2, 4, 5]);
    expect(up).toMatchObject({ parameters: 72, multiplyAdds: 2 * 5 * 72, dense: 20 * 66 });
    expect(up.layers[0].receptiveField).toEqual({ size: [2], jump: [0.5], start: [-1] });
    expect(summary(new nn.Linear(8, 3), [2, 7, 8]).multiplyAdds).toBe(2 * 7 * 8 * 3);
  });

  it('sees what a module does in its own forward function, besides its parts', () => {
    class Own extends nn.Module {
      readonly inner = new nn.Conv2d(2, 4, 1);
      readonly weight = new nn.Conv2d(4, 3, 3).weight;

      forward(x: Tensor): Tensor {
        return conv2d(this.inner.forward(x), this.weight, { padding: 1 });
      }
    }
    const { layers, parameters, multiplyAdds } = summary(new nn.Sequential(new Own()), [1, 2, 8, 8]);
    expect(layers.map(({ name, parameters, multiplyAdds }) => [name, parameters, multiplyAdds])).toEqual([
      ['0.inner', 12, 64 * 8],
      ['0', 108, 64 * 108],
    ]);
    expect(layers[1].receptiveField).toMatchObject({ size: [3, 3], start: [-1, -1] });
    expect([parameters, multiplyAdds]).toEqual([120, 64 * 116]);
  });

  it('counts a shared layer’s parameters once and its work twice', () => {
    const shared = new nn.Conv2d(2, 2, 3, { padding: 1 });
    class Twice extends nn.Module {
      readonly part = shared;

      forward(x: Tensor): Tensor {
        return this.part.forward(this.part.forward(x));
      }
    }
    const { layers, parameters, multiplyAdds } = summary(new Twice(), [1, 2, 4, 4]);
    expect(layers.map((layer) => layer.receptiveField?.size)).toEqual([
      [3, 3],
      [5, 5],
    ]);
    expect([parameters, multiplyAdds]).toEqual([38, 2 * 16 * 36]);
  });

  it('leaves modes, methods and statistics as they were, also after an error', () => {
    const norm = new nn.BatchNorm2d(3);
    const module = new nn.Sequential(new nn.Conv2d(2, 3, 3), norm, new nn.Dropout(0.5).eval());
    const modes = () => module.namedModules().map(([, part]) => part.training);
    const before = modes();
    summary(module, [1, 2, 5, 5]);
    expect(() => summary(module, [1, 7, 5, 5])).toThrow('input has 7 channels');
    expect(modes()).toEqual(before);
    expect(norm.numBatchesTracked?.item()).toBe(0);
    for (const [, part] of module.namedModules()) expect(Object.hasOwn(part, 'forward')).toBe(false);
    const [x, w] = [tensor([3], [1, 1, 1, 1]), tensor([2], [1, 1, 1, 1])];
    expect(conv2d(x, w).item()).toBe(6);
  });

  it('computes nothing, so a batch of 64 costs what one image costs', () => {
    const stage = (channels: number, from: number, depth: number): nn.Module[] => [
      ...Array.from(
        { length: depth },
        (_, i) => new nn.Conv2d(i === 0 ? from : channels, channels, 3, { padding: 1, activation: 'relu' }),
      ),
      new nn.MaxPool2d(2),
    ];
    const module = new nn.Sequential(
      ...stage(8, 3, 2),
      ...stage(16, 8, 2),
      ...stage(32, 16, 3),
      ...stage(64, 32, 3),
    );
    const one = summary(module, [1, 3, 224, 224]);
    const many = summary(module, [64, 3, 224, 224]);
    expect(many.multiplyAdds).toBe(64 * one.multiplyAdds);
    expect(many.layers.at(-1)?.receptiveField).toMatchObject({ size: [100, 100], jump: [16, 16] });
  });

  it('takes whole numbers where a network begins with an embedding', () => {
    class Bag extends nn.Module {
      readonly weight = new nn.Linear(3, 2).weight;

      forward(x: Tensor): Tensor {
        expect(x.dtype).toBe('int32');
        return linear(zeros([...x.shape, 3]), this.weight);
      }
    }
    expect(summary(new Bag(), [1, 4], { dtype: 'int32' }).layers[0].outputShape).toEqual([1, 4, 2]);
  });

  it('works inside noGrad and for a single layer', () => {
    expect(noGrad(() => summary(new nn.ReLU(), [1, 2, 3, 4])).layers).toMatchObject([
      { name: '', type: 'ReLU', receptiveField: { size: [1, 1], jump: [1, 1], start: [0, 0] } },
    ]);
  });
});

describe('formatSummary', () => {
  const module = new nn.Sequential({
    conv: new nn.Conv2d(1, 2, 3),
    pool: new nn.MaxPool2d(2),
    flatten: new nn.Flatten(),
  });

  it('is a table with a line for the input, for each layer, and of totals', () => {
    const text = formatSummary(summary(module, [1, 1, 6, 8]));
    expect(text.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['layer', 'kind', 'output', 'parameters', 'multiply-adds', 'memory', 'sees', 'jump', 'start'],
      expect.arrayContaining([expect.stringMatching(/^─+$/)]),
      ['input', '1×1×6×8'],
      ['conv', expect.stringMatching(/^Conv2d/), '1×2×4×6', '20', '432', '272 bytes', '3×3', '1', '0'],
      ['pool', 'MaxPool2d(2)', '1×2×2×3', '0', '0', '48 bytes', '4×4', '2', '0'],
      ['flatten', 'Flatten', '1×12', '0', '0', '48 bytes'],
      ['all', '20', '432', '368 bytes'],
    ]);
  });

  it('compares with dense layers if asked', () => {
    const text = formatSummary(summary(module, [1, 1, 6, 8]), { compareDense: true });
    expect(text).toMatch(/as dense layers$/m);
    expect(text).toMatch(/^conv .* 2,352$/m);
    expect(text).toMatch(/^all .* 2,352$/m);
  });
});
