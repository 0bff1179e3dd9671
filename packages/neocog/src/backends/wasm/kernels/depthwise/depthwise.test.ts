// Depthwise kernels against the reference backend: exact on whole numbers, for any geometry, pitch, epilogue and division of
// the work.

import { afterEach, describe, expect, it } from 'vitest';
import {
  firstDifference,
  type NamedEpilogue,
  pick,
  plain,
  randomGeometry,
  randomPitch,
} from '../../../../../../../test/convPlans.ts';
import { draws } from '../../../../../../../test/draws.ts';
import { abs, add, input, max, min, mul, sub } from '../../../../expression/expression.ts';
import { formatConv, parseConv } from '../../../../geometry/text.ts';
import { Generator } from '../../../../index.ts';
import type { ConvKernel } from '../../../work.ts';
import { overrideEngine } from '../../engine.ts';
import { depthwisePlanner } from './depthwise.ts';

afterEach(() => void overrideEngine({ fma: true, keepsOrder: true }));

const sum = input(0);

const biased: NamedEpilogue = {
  epilogue: { bias: true, formula: null, extras: [] },
  value: (value) => value,
};
const relu6: NamedEpilogue = {
  epilogue: { bias: true, formula: min(max(sum, 0), 6), extras: [] },
  value: (value) => Math.min(Math.max(value, 0), 6),
};
const residual: NamedEpilogue = {
  epilogue: { bias: false, formula: add(mul(sum, input(2)), input(1)), extras: ['pixel', 'channel'] },
  value: (value, [pixel, channel]) => value * channel + pixel,
};
/** So many steps that they are done in a pass of their own. */
const long: NamedEpilogue = {
  epilogue: {
    bias: true,
    formula: sub(
      max(abs(sub(mul(sum, 3), input(1))), 2),
      mul(min(add(sum, 5), 4), max(sub(input(2), sum), 1)),
    ),
    extras: ['pixel', 'channel'],
  },
  value: (value, [pixel, channel]) =>
    Math.max(Math.abs(value * 3 - pixel), 2) - Math.min(value + 5, 4) * Math.max(channel - value, 1),
};
const endings = {
  conv: [plain, biased, relu6, residual, long],
  inputGrad: [plain, relu6, long],
  weightGrad: [plain],
};

const kernels: readonly ConvKernel[] = ['conv', 'inputGrad', 'weightGrad'];
const engines = [{ fma: true }, { fma: false }, { fma: false, keepsOrder: false }];

describe.each(engines)('depthwise with %o', (abilities) => {
  it.each(kernels)('%s equals plain loops on whole numbers', (kernel) => {
    overrideEngine(abilities);
    const random = new Generator(kernel.length);
    for (let tried = 0; tried < draws(150); ) {
      const groups = pick(random, [2, 3, 4, 5, 8, 13, 21, 36, 70]);
      const perOut = pick(random, [1, 1, 1, 2, 3, 4, 5]);
      const geometry = randomGeometry(random, { groups, perIn: 1, perOut });
      if (!geometry) continue;
      tried++;
      const c = {
        ...{ geometry, kernel },
        xPitch: randomPitch(random, geometry.inChannels),
        yPitch: randomPitch(random, geometry.outChannels),
        ending: pick(random, endings[kernel]),
      };
      const text = `${formatConv(geometry)}, pitches ${c.xPitch} ${c.yPitch}`;
      expect(firstDifference(depthwisePlanner, c, random), text).toBe(-1);
    }
  });
});

/** Layers with every kind of tile, chunk and part, and kernels so long that their taps are walked one by one. */
const layers = [
  'n1 g144 c144>144 56x56 k3x3 s1 d1 p1',
  'n2 g50 c50>50 23x41 k5x5 s2 d1 p2',
  'n1 g96 c96>96 14x14 k7x7 s1 d1 p3',
  'n1 g24 c24>24 9x33 k3x3 s1 d6 p6',
  'n1 g8 c8>8 1000 k9 s1 d1 p4',
  'n1 g6 c6>6 300 k129 s1 d1 p64',
  'n1 g12 c12>12 31x31 k31x31 s1 d1 p15',
];

describe.each(layers)('%s', (text) => {
  it.each(kernels)('%s equals plain loops on whole numbers', (kernel) => {
    const geometry = parseConv(text);
    const pitch = Math.ceil(geometry.inChannels / 4) * 4;
    const ending = kernel === 'weightGrad' ? plain : biased;
    const c = { geometry, kernel, xPitch: pitch, yPitch: pitch, ending };
    expect(firstDifference(depthwisePlanner, c, new Generator(1))).toBe(-1);
  });
});
