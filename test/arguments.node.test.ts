// Every export of the packages, called with wrong arguments in every place and every option: it works where that is valid,
// or throws a NeocogError. A new export fails here until arguments.samples.ts has a call of it.

import * as audio from '@neocog/audio';
import * as cluster from '@neocog/cluster';
import * as formats from '@neocog/formats';
import * as vision from '@neocog/vision';
import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { formatSamples, librarySamples, type Sample } from './arguments.samples.ts';
import {
  type Callable,
  callable,
  exportsOf,
  faultOf,
  isRefused,
  type Outcome,
  optionsOf,
  optionsPlace,
  outcomeOf,
  withOption,
  wrongValues,
} from './arguments.ts';
import { audioSamples } from './audio.samples.ts';
import { clusterSamples } from './cluster.samples.ts';
import { visionSamples } from './vision.samples.ts';

/** Options whose values are computed with as they are, so that NaN says something. */
const takesNaN = new Set([
  'pad.value',
  'resize.extrapolation',
  'nn.Upsample.extrapolation',
  'clamp.min',
  'clamp.max',
]);
/** Null says there is none. */
const takesNull = /^(weight|bias|posWeight|ignoreIndex|runningMean|runningVar|momentum|norm|dctNorm|topDb)$/;

/** Options that take the path of a folder, in which something would be written. */
const takesFolder = /^cache$/;

/** Abstract, or in pages only. */
const cannotRun = /^nn\.(Named)?Module$|^(fromVideo|videoFrames)$/;

interface Attempt {
  readonly what: string;
  readonly args: readonly unknown[];
  /** Must be refused, whatever else is. */
  readonly wrong: boolean;
}

function attemptsAt(sample: Sample): Attempt[] {
  const place = optionsPlace(sample);
  return sample.args().flatMap((_, i) =>
    Object.entries(wrongValues).map(([label, value]) => ({
      what: `argument ${i} ${label}`,
      args: sample.args().with(i, value),
      wrong: i === place && value === null,
    })),
  );
}

function attemptsWith(name: string, sample: Sample, options: readonly string[]): Attempt[] {
  const valuesFor = (option: string) =>
    Object.entries(wrongValues).filter(
      ([, value]) => !takesFolder.test(option) || !value || typeof value !== 'string',
    );
  return options.flatMap((option) =>
    valuesFor(option).map(([label, value]) => ({
      what: `${option} ${label}`,
      args: withOption(sample.args(), option, value),
      wrong:
        (Number.isNaN(value) && !takesNaN.has(`${name}.${option}`)) ||
        (value === null && !takesNull.test(option)) ||
        typeof value === 'symbol',
    })),
  );
}

const misspelt = (sample: Sample): Attempt => ({
  what: 'an unknown option',
  args: withOption(sample.args(), 'misspelt', 1),
  wrong: true,
});

async function faultsOf(name: string, call: Callable, sample: Sample): Promise<string[]> {
  const options = optionsPlace(sample) === null ? null : await optionsOf(call, sample);
  const attempts = [
    ...attemptsAt(sample),
    ...sample
      .args()
      .map((_, i) => ({ what: `${i} arguments`, args: sample.args().slice(0, i), wrong: false })),
    ...(options ? [misspelt(sample), ...attemptsWith(name, sample, options)] : []),
  ];
  const faults: string[] = [];
  for (const { what, args, wrong } of attempts) {
    const outcome = await outcomeOf(() => call(...args));
    const fault = faultOf(outcome) ?? (wrong && !isRefused(outcome) ? 'accepted' : null);
    if (fault) faults.push(`${name}, ${what}: ${fault}`);
  }
  return faults;
}

const packages = [
  ['neocog', neocog, librarySamples],
  ['@neocog/formats', formats, formatSamples],
  ['@neocog/vision', vision, visionSamples],
  ['@neocog/audio', audio, audioSamples],
  ['@neocog/cluster', cluster, clusterSamples],
] as const;

describe.each(packages)('%s', (_, space, samples) => {
  it('has a sample of every export', () => {
    expect(Object.keys(samples).sort()).toEqual(exportsOf(space).sort());
  });

  it.each(Object.entries(samples).map(([name, sample]) => [name, sample] as const))(
    '%s',
    async (name, sample) => {
      const call = callable(space, name, sample);
      const valid: Outcome = await outcomeOf(() => call(...sample.args()));
      if (!cannotRun.test(name)) expect(valid).toHaveProperty('value');
      const faults = await faultsOf(name, call, sample);
      expect(faults).toEqual([]);
    },
  );
});

const layers = Object.entries(librarySamples).filter(([name]) =>
  /^nn\.(?!Module|NamedModule|StagedModule|Parameter)[A-Z]\w+$/.test(name),
);

describe('forward of every layer', () => {
  const inputs = [
    ...Object.values(wrongValues),
    neocog.zeros([]),
    neocog.zeros([0]),
    neocog.zeros([2, 3]),
    neocog.zeros([1, 0, 4, 4]),
    neocog.zeros([1, 5, 4, 4]),
    neocog.zeros([1, 2, 1, 1, 1, 1]),
    neocog.zeros([1, 2, 4, 4], { dtype: 'int32' }),
  ];

  it.each(layers)('%s', async (name, sample) => {
    const layer = callable(neocog, name, sample)(...sample.args()) as neocog.nn.Module;
    for (const input of inputs)
      expect(faultOf(await outcomeOf(() => layer.forward(input as never)))).toBeNull();
  });
});

describe('is refused where it is said', () => {
  const { nn, optim, init } = neocog;
  const weights = () => neocog.zeros([3, 3]);
  it.each<[string, () => unknown, string]>([
    [
      'a pooling kernel of NaN',
      () => new nn.MaxPool2d(Number.NaN),
      'MaxPool2d: kernel is NaN; give a whole number',
    ],
    ['a pooling kernel in words', () => new nn.AvgPool1d('x' as never), "AvgPool1d: kernel is 'x'"],
    ['a factor of 0', () => new nn.PixelShuffle(0), 'PixelShuffle: factor is 0'],
    ['no size', () => new nn.Upsample({}), 'Upsample: neither size nor scale is given'],
    [
      'padding by an unknown name',
      () => new nn.Conv2d(3, 8, 3, { padding: 'text' as never }),
      "Conv2d: padding is 'text'",
    ],
    ['no kernel', () => Reflect.construct(nn.Conv2d, [3, 8]), 'Conv2d: kernel is undefined'],
    ['a word as value', () => neocog.full([2], 'x' as never), "full: value is 'x'; give a number"],
    ['a negative deviation', () => init.normal(weights(), 0, -1), 'normal: std is -1'],
    ['a gain of NaN', () => init.xavierNormal(weights(), { gain: Number.NaN }), 'xavierNormal: gain is NaN'],
    [
      'a mean out of reach',
      () => init.truncNormal(weights(), { mean: 2 ** 31 }),
      'truncNormal: a is -2 and b is 2',
    ],
    ['more numbers than an array holds', () => neocog.arange(0, 2 ** 31), 'arange: shape'],
    [
      'a momentum of 2',
      () => new optim.SGD([neocog.ones([1], { requiresGrad: true })], { lr: 1, momentum: 2 }),
      'SGD: momentum is 2',
    ],
    [
      'a schedule without options',
      () => Reflect.apply(neocog.schedule.cosine, null, []),
      'cosine: options is undefined',
    ],
    [
      'a class that counts less than nothing',
      () =>
        neocog.crossEntropy(weights(), neocog.zeros([3], { dtype: 'int32' }), {
          weight: neocog.tensor([1, -1, 1]),
        }),
      'crossEntropy: weight holds -1 at index 1',
    ],
    [
      'half a class',
      () => neocog.nll(weights(), neocog.zeros([3], { dtype: 'int32' }), { ignoreIndex: 1.5 }),
      'nll: ignoreIndex is 1.5',
    ],
    ['no state', () => new nn.ReLU().loadStateDict(null as never), 'loadStateDict: state is null'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(neocog.NeocogError);
  });
});
