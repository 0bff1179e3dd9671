// Convolutions over planes against the reference backend: exact on whole numbers, for any geometry, epilogue and division of
// the work.

import { afterEach, describe, expect, it } from 'vitest';
import {
  firstDifference,
  type NamedEpilogue,
  type PlanCase,
  pick,
  plain,
} from '../../../../../../../test/convPlans.ts';
import { abs, add, input, max, min, mul, sub } from '../../../../expression/expression.ts';
import { convGeometry } from '../../../../geometry/conv.ts';
import { formatConv } from '../../../../geometry/text.ts';
import type { ConvGeometry } from '../../../../geometry/types.ts';
import { Generator } from '../../../../index.ts';
import { overrideEngine } from '../../engine.ts';
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

const caseOf = (geometry: ConvGeometry, ending: NamedEpilogue): PlanCase => ({
  ...{ geometry, ending, kernel: 'conv' },
  ...{ xOrder: 'planes', xPitch: geometry.inChannels, yOrder: 'planes', yPitch: geometry.outChannels },
});

const engines = [{ fma: true }, { fma: false }, { fma: false, keepsOrder: false }];

function pointwiseGeometry(random: Generator): ConvGeometry {
  const groups = pick(random, [1, 1, 2, 5]);
  const [ins, outs] = [pick(random, [1, 3, 8, 17, 40]), pick(random, [1, 2, 6, 9, 24, 65])];
  const space = pick(random, [[1], [7], [49], [130], [1, 3], [5, 29], [14, 14], [3, 5, 7]]);
  const input = [pick(random, [1, 2, 3]), groups * ins, ...space];
  const kernel = space.map(() => 1);
  return convGeometry('random', space.length as 1 | 2 | 3, input, [groups * outs, ins, ...kernel], {
    groups,
  });
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
