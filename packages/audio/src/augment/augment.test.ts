import { DataLoader, Generator, Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { noise } from '../../test/noise.ts';
import { pitchShift, type SoundSample, type SoundTransform, transforms } from '../index.ts';

const rate = 1000;
const sampleOf = (sound: Tensor): SoundSample => ({ sound, sampleRate: rate, label: 3 });
const ramp = (length: number, channels = 1) =>
  new Tensor(
    Float32Array.from({ length: channels * length }, (_, i) => i + 1),
    [channels, length],
  );

async function applied(transform: SoundTransform, sound: Tensor, seed = 1): Promise<Tensor> {
  const before = sound.data.slice();
  const changed = await transform(sampleOf(sound), new Generator(seed));
  expect(sound.data).toEqual(before);
  expect(changed.label).toBe(3);
  return changed.sound;
}

const power = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length;

const random: readonly [string, () => SoundTransform, Tensor][] = [
  ['gain', () => transforms.gain({ decibels: [-6, 6] }), ramp(20)],
  ['addNoise', () => transforms.addNoise({ snr: [5, 20] }), ramp(20)],
  [
    'recorded noise',
    () => transforms.addNoise({ snr: 5, noise: [noise([40], 3), noise([2, 60], 4)] }),
    ramp(20),
  ],
  ['shift', () => transforms.shift({ seconds: [-0.02, 0.02] }), ramp(100)],
  ['randomCrop', () => transforms.randomCrop(20), ramp(100)],
  ['timeStretch', () => transforms.timeStretch({ factor: [0.8, 1.2], nFft: 32 }), noise([1, 200])],
  ['pitchShift', () => transforms.pitchShift({ steps: [-3, 3], nFft: 32 }), noise([1, 200])],
  ['speed', () => transforms.speed({ factor: [0.8, 1.2] }), noise([1, 200])],
  ['timeMask', () => transforms.timeMask({ width: 5, masks: 2 }), noise([1, 10, 20])],
  ['frequencyMask', () => transforms.frequencyMask({ width: 5 }), noise([1, 10, 20])],
];

describe('random transforms', () => {
  it.each(random)('%s repeats with its seed, and differs with another', async (_, make, sound) => {
    const results = await Promise.all([1, 1, 2, 3, 4].map((seed) => applied(make(), sound, seed)));
    const texts = results.map((x) => [...x.data].join());
    expect(texts[0]).toBe(texts[1]);
    expect(new Set(texts).size).toBeGreaterThan(2);
  });

  it('happen as often as p says', async () => {
    const sound = ramp(4);
    const happens = async (seed: number) => {
      const transform = transforms.gain({ decibels: 6, p: 0.25 });
      return (await applied(transform, sound, seed)) !== sound;
    };
    const count = (await Promise.all(Array.from({ length: 400 }, (_, i) => happens(i)))).filter(
      Boolean,
    ).length;
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThan(130);
    expect(await applied(transforms.gain({ decibels: 6, p: 0 }), sound)).toBe(sound);
  });
});

describe('level', () => {
  it('is louder by decibels', async () => {
    const louder = await applied(transforms.gain({ decibels: 20 }), tensor([[1, -2]]));
    expect([...louder.data]).toEqual([10, -20]);
    const { data } = await applied(transforms.gain({ decibels: [-6, 6] }), tensor([[1]]));
    expect(Math.abs(20 * Math.log10(data[0]))).toBeLessThanOrEqual(6);
  });

  it.each([0, 10, -5])('noise is %i dB softer than the sound', async (snr) => {
    const sound = noise([1, 4000], 8);
    for (const options of [{ snr }, { snr, noise: noise([500], 2) }, { snr, noise: noise([2, 300], 2) }]) {
      const noisy = await applied(transforms.addNoise(options), sound);
      const added = noisy.data.map((v, i) => v - sound.data[i]);
      expect(10 * Math.log10(power(sound.data) / power(added))).toBeCloseTo(snr, 3);
    }
  });

  it('noise repeats where it is too short, another channel for each channel', async () => {
    const sound = noise([2, 30]);
    const recorded = tensor([[1, 2, 3, 4], [10, 20, 30, 40]]); // biome-ignore format: one line
    const noisy = await applied(transforms.addNoise({ snr: 0, noise: recorded }), sound);
    const added = Array.from(noisy.data, (v, i) => v - sound.data[i]);
    const unit = Math.min(...added.slice(0, 30));
    const wanted = added.slice(0, 4).map((v) => Math.round(v / unit));
    expect([...wanted].sort()).toEqual([1, 2, 3, 4]);
    added.forEach((v, i) => {
      const channel = i < 30 ? 1 : 10;
      expect(v / unit).toBeCloseTo(channel * wanted[(i % 30) % 4], 2);
    });
  });

  it('silence stays silent, and what is no number is refused', async () => {
    expect(await applied(transforms.addNoise({ snr: 10 }), zeros([1, 5]))).toEqual(zeros([1, 5]));
    expect(await applied(transforms.addNoise({ snr: 10, noise: zeros([4]) }), ramp(5))).toEqual(ramp(5));
    await expect(applied(transforms.addNoise({ snr: 1 }), tensor([[Number.NaN]]))).rejects.toThrow(
      'the sound holds NaN or infinite values',
    );
  });
});

describe('time', () => {
  it.each<[string, SoundTransform, number[]]>([
    ['later', transforms.shift({ seconds: 0.002 }), [0, 0, 1, 2, 3]],
    ['earlier', transforms.shift({ seconds: -0.002 }), [3, 4, 5, 0, 0]],
    ['too late', transforms.shift({ seconds: 0.01 }), [0, 0, 0, 0, 0]],
    ['around', transforms.shift({ seconds: 0.002, mode: 'circular' }), [4, 5, 1, 2, 3]],
    ['around the other way', transforms.shift({ seconds: -0.007, mode: 'circular' }), [3, 4, 5, 1, 2]],
    ['the middle', transforms.fitLength(3), [2, 3, 4]],
    ['the middle of silence', transforms.fitLength(8), [0, 1, 2, 3, 4, 5, 0, 0]],
    ['as it was', transforms.fitLength(5), [1, 2, 3, 4, 5]],
    ['a crop of all', transforms.randomCrop(5), [1, 2, 3, 4, 5]],
  ])('%s', async (_, transform, values) => {
    const both = await applied(transform, ramp(5, 2));
    expect(both.shape).toEqual([2, values.length]);
    expect([...both.data.slice(0, values.length)]).toEqual(values);
    expect([...both.data.slice(values.length)]).toEqual(values.map((v) => v && v + 5));
  });

  it('crops begin everywhere, and what is short lies everywhere', async () => {
    const starts = new Set<number>();
    const places = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const crop = await applied(transforms.randomCrop(3), ramp(5), seed);
      expect(crop.data[2] - crop.data[0]).toBe(2);
      starts.add(crop.data[0]);
      const { data } = await applied(transforms.randomCrop(4), ramp(2), seed);
      expect([...data].filter((v) => v > 0)).toEqual([1, 2]);
      places.add(data.indexOf(1));
    }
    expect([...starts].sort()).toEqual([1, 2, 3]);
    expect([...places].sort()).toEqual([0, 1, 2]);
  });

  it('lengths follow speed, not pitch', async () => {
    const sound = noise([1, 600]);
    expect((await applied(transforms.timeStretch({ factor: 1.5, nFft: 64 }), sound)).shape).toEqual([1, 400]);
    expect((await applied(transforms.speed({ factor: 1.5 }), sound)).shape).toEqual([1, 400]);
    expect((await applied(transforms.pitchShift({ steps: 7, nFft: 64 }), sound)).shape).toEqual([1, 600]);
    for (const short of [1, 5, 16]) {
      const stretched = await applied(transforms.timeStretch({ factor: 0.5, nFft: 64 }), noise([2, short]));
      expect(stretched.shape).toEqual([2, 2 * short]);
    }
  });

  it('a shifted sound is as long as before, whatever the rounding', () => {
    for (let length = 40; length < 60; length++) {
      for (const steps of [-24, -7, 0.3, 4]) {
        const shifted = pitchShift(noise([1, length]), 800, steps, { nFft: 16 });
        expect(shifted.shape).toEqual([1, length]);
      }
    }
  });

  it('a stretched tone is as high as before, a shifted one higher', async () => {
    const tone = new Tensor(
      Float32Array.from({ length: 4000 }, (_, i) => Math.sin((2 * Math.PI * 50 * i) / rate)),
      [1, 4000],
    );
    const crossings = (x: Tensor) => {
      const part = x.data.slice(500, 1500);
      return part.filter((v, i) => i > 0 && v > 0 !== part[i - 1] > 0).length;
    };
    const near = (x: Tensor, wanted: number) => expect(Math.abs(crossings(x) - wanted)).toBeLessThan(4);
    near(tone, 100);
    near(await applied(transforms.timeStretch({ factor: 0.7 }), tone), 100);
    near(await applied(transforms.pitchShift({ steps: 12 }), tone), 200);
    near(await applied(transforms.speed({ factor: 1.5 }), tone), 150);
  });

  it('a new rate is written down', async () => {
    const changed = await transforms.resample(500)(sampleOf(ramp(10)), new Generator(0));
    expect(changed).toMatchObject({ sampleRate: 500, label: 3 });
    expect(changed.sound.shape).toEqual([1, 5]);
  });
});

describe('spectra', () => {
  const picture = () => noise([2, 10, 20], 6);

  it('are made of the rate of the sample', async () => {
    const mel = await applied(transforms.melSpectrogram({ nFft: 32, nMels: 5 }), noise([2, 100]));
    expect(mel.shape).toEqual([2, 5, 7]);
    const cepstrum = await applied(transforms.mfcc({ nFft: 32, nMels: 5, nMfcc: 3 }), noise([2, 100]));
    expect(cepstrum.shape).toEqual([2, 3, 7]);
    const fixed = transforms.melSpectrogram({ nFft: 32, nMels: 5, fMax: 600 });
    await expect(applied(fixed, noise([1, 100]))).resolves.toBeDefined();
  });

  it.each([
    ['timeMask', 2, 20],
    ['frequencyMask', 1, 10],
  ] as const)('%s hides whole slices, the same in all channels', async (name, axis, cells) => {
    const widths = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const masked = await applied(transforms[name]({ width: 4, fill: 7 }), picture(), seed);
      const hidden = new Set<number>();
      masked.data.forEach((v, i) => {
        if (v === 7) hidden.add(axis === 2 ? i % 20 : Math.floor(i / 20) % 10);
      });
      const slice = 400 / cells;
      expect([...masked.data].filter((v) => v === 7)).toHaveLength(hidden.size * slice);
      const places = [...hidden].sort((a, b) => a - b);
      expect(places.length === 0 || places.at(-1)! - places[0] === places.length - 1).toBe(true);
      widths.add(hidden.size);
    }
    expect([...widths].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('are filled with their mean or least, and hidden at most in part', async () => {
    const x = picture();
    const least = Math.min(...x.data);
    const mean = [...x.data].reduce((sum, v) => sum + v, 0) / x.size;
    const masks = { width: 20, masks: 20, part: 0.1 };
    const filled = async (fill?: 'mean' | 'min') => {
      const { data } = await applied(transforms.timeMask({ ...masks, ...(fill && { fill }) }), x);
      return data.filter((v, i) => v !== x.data[i]);
    };
    const [means, leasts] = [await filled(), await filled('min')];
    expect(new Set(means)).toEqual(new Set([Math.fround(mean)]));
    expect(new Set(leasts)).toEqual(new Set([least]));
    expect(means.length).toBeGreaterThan(0);
    const one = await applied(transforms.timeMask({ width: 20, part: 0.1, fill: 7 }), x);
    expect([...one.data].filter((v) => v === 7).length).toBeLessThanOrEqual(2 * 20);
  });

  it('of several channels become one', async () => {
    expect([...(await applied(transforms.mono(), ramp(3, 2))).data]).toEqual([2.5, 3.5, 4.5]);
  });
});

describe('compose', () => {
  const chain = () =>
    transforms.compose([
      transforms.resample(500),
      transforms.randomCrop(20),
      transforms.addNoise({ snr: 10 }),
      transforms.melSpectrogram({ nFft: 16, nMels: 4, decibels: true }),
    ]);

  it('applies one after the other', async () => {
    const sound = noise([1, 100]);
    const result = await applied(chain(), sound);
    expect(result.shape).toEqual([1, 4, 3]);
  });

  it('makes batches', async () => {
    const samples = [0, 1, 2].map((label) => ({
      sound: noise([1, 80 + label], label + 1),
      sampleRate: rate,
      label,
    }));
    const batches: [number[], number[]][] = [];
    for await (const { x, y } of new DataLoader(samples, { batchSize: 2, transform: chain(), seed: 3 }))
      batches.push([[...x.shape], [...y.data]]);
    expect(batches).toEqual([
      [
        [2, 1, 4, 3],
        [0, 1],
      ],
      [[1, 1, 4, 3], [2]],
    ]);
  });
});

describe('what does not fit is refused', () => {
  it.each<[string, () => unknown, string]>([
    [
      'no decibels',
      () => Reflect.apply(transforms.gain, null, [{}]),
      'transforms.gain: decibels is undefined; give',
    ],
    [
      'a range upside down',
      () => transforms.gain({ decibels: [3, -3] }),
      'decibels is [3,-3]; give a number from -200 to 200, or [lowest, highest]',
    ],
    ['a factor of 0', () => transforms.speed({ factor: 0 }), 'transforms.speed: factor is 0'],
    ['noise of no values', () => transforms.addNoise({ snr: 0, noise: [] }), 'noise is []; give'],
    [
      'no function',
      () => transforms.compose([3 as never]),
      'transforms.compose: transforms is [3]; give a list of transforms',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('a picture without channels', async () => {
    const transform = transforms.gain({ decibels: 1 });
    const call = async () => transform({ sound: zeros([3]), sampleRate: rate }, new Generator(0));
    await expect(call()).rejects.toThrow(
      'transforms.gain: the sound of the sample is float32 [3]; a float32 Tensor',
    );
  });
});
