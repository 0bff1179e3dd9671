import {
  compile,
  compileTraining,
  crossEntropy,
  gradcheck,
  mse,
  nn,
  noGrad,
  optim,
  sum,
  summary,
  Tensor,
  tensor,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { noise } from '../../test/noise.ts';
import {
  istft,
  MelSpectrogram,
  Mfcc,
  melSpectrogram,
  mfcc,
  resample,
  Spectrogram,
  Stft,
  spectrogram,
  stft,
} from '../index.ts';

const frames = { nFft: 32, hopLength: 12 };
const layers: readonly [string, () => nn.Module, (x: Tensor) => Tensor][] = [
  ['Stft', () => new Stft(frames), (x) => stft(x, frames)],
  [
    'Stft, not centred',
    () => new Stft({ ...frames, winLength: 21, center: false }),
    (x) => stft(x, { ...frames, winLength: 21, center: false }),
  ],
  [
    'Spectrogram',
    () => new Spectrogram({ ...frames, power: 1 }),
    (x) => spectrogram(x, { ...frames, power: 1 }),
  ],
  [
    'MelSpectrogram',
    () => new MelSpectrogram({ ...frames, nMels: 6 }),
    (x) => melSpectrogram(x, { ...frames, nMels: 6 }),
  ],
  [
    'MelSpectrogram in decibels',
    () => new MelSpectrogram({ ...frames, nMels: 6, decibels: true, topDb: 40 }),
    (x) => melSpectrogram(x, { ...frames, nMels: 6, decibels: true, topDb: 40 }),
  ],
  [
    'Mfcc',
    () => new Mfcc({ ...frames, nMels: 8, nMfcc: 5 }),
    (x) => mfcc(x, { ...frames, nMels: 8, nMfcc: 5 }),
  ],
  [
    'Mfcc of logarithms',
    () => new Mfcc({ ...frames, nMels: 8, nMfcc: 5, logMels: true }),
    (x) => mfcc(x, { ...frames, nMels: 8, nMfcc: 5, logMels: true }),
  ],
];

function expectClose(a: Tensor, b: Tensor, tolerance: number): void {
  expect(a.shape).toEqual(b.shape);
  const largest = (b.data as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
  a.data.forEach((v, i) => {
    if (!(Math.abs(v - b.data[i]) <= tolerance * largest)) expect.fail(`${v} at ${i} is not ${b.data[i]}`);
  });
}

describe('layers', () => {
  it.each(layers)(
    '%s is its function, at once and compiled, on one thread and on two',
    async (_, make, call) => {
      const x = noise([2, 1, 100], 3);
      const layer = make();
      const wanted = call(x);
      expect(layer.forward(x).data).toEqual(wanted.data);
      for (const threads of [1, 2]) {
        const program = await compile(layer, { input: x.shape, threads });
        expectClose(await program.run(x), wanted, 2e-6);
        program.dispose();
      }
    },
  );

  it.each(layers)('%s has nothing to learn and nothing to save', (_, make) => {
    expect(make().parameters()).toEqual([]);
    expect(make().stateDict()).toEqual({});
    expect(make().describe()).toMatch(/nFft 32,.* hopLength 12$/);
  });

  it('are listed with their shapes', () => {
    const net = new nn.Sequential(new MelSpectrogram({ ...frames, nMels: 6 }), new nn.Conv2d(1, 2, 3));
    const { layers: listed } = summary(net, [1, 1, 100]);
    expect(listed[0]).toMatchObject({
      type: 'MelSpectrogram(6 bands, nFft 32, hopLength 12)',
      outputShape: [1, 1, 6, 9],
    });
  });

  it('let a step of training be compiled, of which the weights are those of single operations', async () => {
    const make = () => {
      const net = new nn.Sequential(
        new MelSpectrogram({ ...frames, nMels: 8, decibels: true, topDb: 60 }),
        new nn.Conv2d(1, 4, 3, { stride: 2 }),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.Linear(4 * 3 * 4, 3),
      );
      net.parameters().forEach((p, i) => p.data.set(noise(p.shape, i + 5).data.map((v) => v / 20)));
      return net;
    };
    const [x, y] = [noise([3, 1, 100], 9), tensor([0, 2, 1], [3], { dtype: 'int32' })];
    const [eager, compiled] = [make(), make()];
    const steps = new optim.SGD(eager.parameters(), { lr: 0.01 });
    const optimizer = new optim.SGD(compiled.parameters(), { lr: 0.01 });
    const trainer = await compileTraining(compiled, { input: x.shape, loss: crossEntropy, optimizer });
    for (let i = 0; i < 3; i++) {
      steps.zeroGrad();
      const loss = crossEntropy(eager.forward(x), y);
      loss.backward();
      steps.step();
      expect((await trainer.step(x, y)).loss).toBeCloseTo(loss.item(), 4);
    }
    trainer.sync();
    trainer.dispose();
    eager.parameters().forEach((p, i) => {
      expectClose(compiled.parameters()[i], p, 1e-4);
    });
  });

  it('pass gradients on to a layer before them, compiled too', async () => {
    const make = () => {
      const net = new nn.Sequential(
        new nn.Conv1d(1, 1, 5, { padding: 2, bias: false }),
        new Spectrogram(frames),
      );
      net.parameters()[0].data.set([0.1, -0.3, 0.9, 0.2, -0.1]);
      return net;
    };
    const [x, y] = [noise([2, 1, 100], 4), zeros([2, 1, 17, 9])];
    const [eager, compiled] = [make(), make()];
    const steps = new optim.SGD(eager.parameters(), { lr: 1e-4 });
    mse(eager.forward(x), y).backward();
    steps.step();
    const optimizer = new optim.SGD(compiled.parameters(), { lr: 1e-4 });
    const trainer = await compileTraining(compiled, {
      input: x.shape,
      target: { shape: y.shape, dtype: 'float32' },
      loss: mse,
      optimizer,
    });
    await trainer.step(x, y);
    trainer.sync();
    trainer.dispose();
    expect(eager.parameters()[0].data[2]).not.toBeCloseTo(0.9, 4);
    expectClose(compiled.parameters()[0], eager.parameters()[0], 1e-5);
  });
});

describe('gradients', () => {
  const learned = (shape: readonly number[]) => {
    const { data } = noise(shape, 11);
    return new Tensor(data, shape, true);
  };
  it.each<[string, (x: Tensor) => Tensor, readonly number[]]>([
    ['stft', (x) => stft(x, { nFft: 8 }), [1, 20]],
    ['istft', (x) => istft(x, { nFft: 8 }), [1, 5, 4, 2]],
    ['spectrogram', (x) => spectrogram(x, { nFft: 8 }), [1, 20]],
    ['magnitudes', (x) => spectrogram(x, { nFft: 8, power: 1 }), [1, 20]],
    ['mel', (x) => melSpectrogram(x, { nFft: 16, nMels: 3, decibels: true }), [1, 20]],
    ['mfcc', (x) => mfcc(x, { nFft: 16, nMels: 3, nMfcc: 2, logMels: true }), [1, 20]],
    ['resample', (x) => resample(x, 3, 2), [2, 20]],
  ])('of %s are those of finite differences', (_, call, shape) => {
    expect(() => gradcheck(call, [learned(shape)], { eps: 1e-3 })).not.toThrow();
  });

  it('of silence are 0, not NaN', () => {
    const x = zeros([1, 40], { requiresGrad: true });
    sum(spectrogram(x, { nFft: 8, power: 1 })).backward();
    expect(x.grad?.data.every((v) => v === 0)).toBe(true);
    expect(noGrad(() => spectrogram(x, { nFft: 8, power: 0.5 })).data.every((v) => v < 1e-9)).toBe(true);
  });
});

describe('istft', () => {
  it.each([
    { nFft: 16 },
    { nFft: 15, hopLength: 5 },
    { nFft: 32, winLength: 20, hopLength: 5, normalized: true },
    { nFft: 16, onesided: false },
    { nFft: 16, window: 'hamming', center: false } as const,
  ])('undoes stft %o', (options) => {
    const x = noise([2, 3, 80], 2);
    const back = istft(stft(x, options), { ...options, length: 80 });
    expectClose(back, x, 1e-5);
  });

  it('refuses samples without a window, and what stft does not make', () => {
    expect(() => istft(stft(zeros([64]), { nFft: 16, center: false }), { nFft: 16, center: false })).toThrow(
      'istft: no window covers sample 0; take',
    );
    expect(() => istft(zeros([8, 4, 2]), { nFft: 16 })).toThrow(
      'input has shape [8,4,2], [… ,9,frames,2] is needed',
    );
  });
});

describe('what does not fit is refused', () => {
  const x = zeros([1, 100]);
  it.each<[string, () => unknown, string]>([
    [
      'a window that is longer',
      () => stft(x, { nFft: 8, winLength: 9 }),
      'stft: winLength 9 is longer than nFft 8',
    ],
    [
      'values of another length',
      () => stft(x, { nFft: 8, window: zeros([7]) }),
      'window has shape [7], winLength 8',
    ],
    ['a frame that is too long', () => stft(x, { nFft: 10000 }), 'nFft is 10000, frames of at most 8192'],
    [
      'a sound that is too short',
      () => stft(x, { nFft: 200 }),
      'reflect padding by 100 needs more than 100 samples',
    ],
    [
      'less than a frame',
      () => spectrogram(x, { nFft: 101, center: false }),
      '100 samples are less than a frame of nFft 101',
    ],
    [
      'no sound',
      () => spectrogram(zeros([1, 0]), { nFft: 8, padMode: 'constant' }),
      'needs more than 0 samples',
    ],
    ['no axis', () => stft(zeros([])), 'input has shape [], an axis of samples is needed'],
    [
      'a silent window',
      () => spectrogram(x, { nFft: 8, window: zeros([8]), normalized: true }),
      'by which nothing can be normalised',
    ],
    ['limits out of order', () => melSpectrogram(x, { fMin: 9000 }), 'fMin 9000 is not below fMax 8000'],
    ['a floor without decibels', () => melSpectrogram(x, { topDb: 80 }), 'topDb is 80 without decibels'],
    ['too many coefficients', () => mfcc(x, { nMels: 10, nMfcc: 11 }), '11 coefficients of 10 bands'],
    ['rates of no whole numbers', () => resample(x, 1.5, 2), 'resample: from is 1.5; give a whole number'],
    ['an unknown option', () => new Mfcc({ decibels: true } as never), "Mfcc: option 'decibels' is unknown"],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
