// Convolutions over planes against the reference backend: exact on whole numbers, for any geometry, epilogue and division of
// the work.

import { afterEach, describe, expect, it } from 'vitest';
import {
  firstDifference,
  type NamedEpilogue,
  type PlanCase,
  pick,
  plain,
  randomGeometry,
} from '../../../../../../../test/convPlans.ts';
import { some } from '../../../../../../../test/draws.ts';
import { abs, add, input, max, min, mul, sub } from '../../../../expression/expression.ts';
import { convGeometry } from '../../../../geometry/conv.ts';
import { formatConv, parseConv } from '../../../../geometry/text.ts';
import type { ConvGeometry } from '../../../../geometry/types.ts';
import { Generator } from '../../../../index.ts';
import type { ConvKernel } from '../../../work.ts';
import { engine, overrideEngine } from '../../engine.ts';
import { directPlanner } from '../direct/direct.ts';
import { plainEpilogue } from '../epilogue.ts';
import { planesDepthwisePlanner } from './depthwise.ts';
import { planesGroupedPlanner } from './grouped.ts';
import { planesPointwisePlanner } from './pointwise.ts';

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
  value: (value, [pixel = 0, channel = 0]) => value * channel + pixel,
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
  value: (value, [pixel = 0, channel = 0]) =>
    Math.max(Math.abs(value * 3 - pixel), 2) - Math.min(value + 5, 4) * Math.max(channel - value, 1),
};
const endings = [plain, biased, relu6, residual, long];

const caseOf = (geometry: ConvGeometry, ending: NamedEpilogue, kernel: ConvKernel = 'conv'): PlanCase => ({
  ...{ geometry, ending, kernel },
  ...{ xOrder: 'planes', xPitch: geometry.inChannels, yOrder: 'planes', yPitch: geometry.outChannels },
});

const engines = [{ fma: true }, { fma: false }, { fma: false, keepsOrder: false }];

function pointwiseGeometry(random: Generator): ConvGeometry {
  const groups = pick(random, [1, 1, 2, 5]);
  const [ins, outs] = [pick(random, [1, 3, 8, 17, 40]), pick(random, [1, 2, 6, 9, 24, 65])];
  const space = pick(random, [[1], [7], [49], [130], [1, 3], [5, 29], [14, 14], [3, 5, 7]]);
  const input = [pick(random, [1, 2, 3]), groups * ins, ...space];
  const kernel = space.map(() => 1);
  return convGeometry(
    { fn: 'random', rank: space.length as 1 | 2 | 3 },
    { input, weight: [groups * outs, ins, ...kernel] },
    {
      groups,
    },
  );
}

describe.each(engines)('pointwise over planes with %o', (abilities) => {
  it('equals plain loops on whole numbers', () => {
    overrideEngine(abilities);
    const random = new Generator(3);
    for (let tried = 0; tried < 150; tried++) {
      const geometry = pointwiseGeometry(random);
      const c = caseOf(geometry, pick(random, endings));
      expect(firstDifference(planesPointwisePlanner, c, random), formatConv(geometry)).toBe(-1);
    }
  });
});

/** Layers with every kind of tile and band. */
const layers = [
  'n1 g12 c12>12 56x56 k3x3 s1 d1 p1',
  'n1 g6 c6>6 57x55 k3x3 s2 d1 p1',
  'n2 g5 c5>10 23x41 k5x5 s2 d1 p2',
  'n1 g9 c9>9 14x14 k7x7 s1 d1 p3',
  'n1 g4 c4>4 9x33 k3x3 s1 d6 p6',
  'n1 g8 c8>8 1000 k9 s1 d1 p4',
  'n1 g3 c3>3 7x7 k3x3 s3 d2 p0:3x2',
];

describe.each(engines)('depthwise over planes with %o', (abilities) => {
  it.each(['conv', 'inputGrad'] as const)('%s equals plain loops on whole numbers', (kernel) => {
    overrideEngine(abilities);
    const random = new Generator(kernel.length);
    for (let tried = 0; tried < 150; ) {
      const [groups, perOut] = [pick(random, [2, 3, 5, 40]), pick(random, [1, 1, 1, 2, 3])];
      const geometry = randomGeometry(random, { groups, perIn: 1, perOut });
      if (!geometry) continue;
      const c = caseOf(geometry, pick(random, endings), kernel);
      const task = { ...c, epilogue: plainEpilogue, engine: engine() };
      if (planesDepthwisePlanner.refuse(task) !== null) continue;
      tried++;
      expect(firstDifference(planesDepthwisePlanner, c, random), formatConv(geometry)).toBe(-1);
    }
  });

  it.each(some(layers))('%s equals plain loops on whole numbers', (text) => {
    overrideEngine(abilities);
    const c = caseOf(parseConv(text), biased);
    expect(firstDifference(planesDepthwisePlanner, c, new Generator(1))).toBe(-1);
  });
});

const groupedLayers = [
  'n1 g8 c32>32 56x56 k3x3 s1 d1 p1',
  'n2 g3 c15>21 13x31 k5x3 s1 d1x2 p2',
  'n1 g2 c10>6 7x7 k3x3 s2x1 d1 p0:3x2',
  'n1 g2 c6>10 1000 k9 s1 d1 p4',
  'n1 g4 c32>8 9x33 k3x3 s1 d6 p6',
];

describe.each(engines)('groups over planes with %o', (abilities) => {
  it('equals plain loops on whole numbers', () => {
    overrideEngine(abilities);
    const random = new Generator(5);
    for (let tried = 0; tried < 120; ) {
      const [groups, perIn] = [pick(random, [2, 3, 8]), pick(random, [2, 3, 4, 7, 10])];
      const geometry = randomGeometry(random, { groups, perIn, perOut: pick(random, [1, 2, 3, 4, 6, 9]) });
      if (!geometry) continue;
      const c = caseOf(geometry, pick(random, endings));
      const task = { ...c, epilogue: plainEpilogue, engine: engine() };
      if (planesGroupedPlanner.refuse(task) !== null) continue;
      tried++;
      expect(firstDifference(planesGroupedPlanner, c, random), formatConv(geometry)).toBe(-1);
    }
  });

  it.each(some(groupedLayers))('%s equals plain loops on whole numbers', (text) => {
    overrideEngine(abilities);
    const c = caseOf(parseConv(text), biased);
    expect(firstDifference(planesGroupedPlanner, c, new Generator(1))).toBe(-1);
  });
});

const perChannel: NamedEpilogue = {
  epilogue: { bias: true, formula: max(mul(sum, input(1)), input(2)), extras: ['channel', 'channel'] },
  value: (value, [scale = 0, least = 0]) => Math.max(value * scale, least),
};
/** So many steps that they are done in a pass of their own. */
const longPerChannel: NamedEpilogue = {
  ...long,
  epilogue: { ...long.epilogue, extras: ['channel', 'channel'] },
};

describe.each(engines)('direct from pixels to planes with %o', (abilities) => {
  it('equals plain loops on whole numbers', () => {
    overrideEngine(abilities);
    const random = new Generator(7);
    for (let tried = 0; tried < 120; ) {
      const channels = { groups: pick(random, [1, 1, 2, 3]), perIn: pick(random, [1, 3, 4, 9]) };
      const geometry = randomGeometry(random, { ...channels, perOut: pick(random, [1, 2, 3, 4, 9, 21]) });
      if (!geometry) continue;
      tried++;
      const ending = pick(random, [plain, biased, relu6, perChannel, longPerChannel]);
      const c = { ...caseOf(geometry, ending), xOrder: 'pixels' as const };
      expect(firstDifference(directPlanner, c, random), formatConv(geometry)).toBe(-1);
    }
  });

  it('refuses what lies as planes, and rows that are too long', () => {
    const refusal = (text: string, change: Partial<PlanCase> = {}): string | null => {
      const c = { ...caseOf(parseConv(text), plain), ...change };
      return directPlanner.refuse({ ...c, epilogue: c.ending.epilogue, engine: engine() });
    };
    const layer = 'n1 g1 c8>8 9x9 k3x3 s1 d1 p1';
    expect(refusal(layer)).toContain('reads pixels');
    expect(refusal(layer, { xOrder: 'pixels', ending: residual })).toContain('cannot add an array');
    expect(refusal('n1 g1 c8>8 4096 k3 s1 d1 p1', { xOrder: 'pixels' })).toContain('not 4096');
    expect(refusal(layer, { xOrder: 'pixels' })).toBeNull();
  });
});
