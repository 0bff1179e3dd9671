// Direct weight gradients against the reference backend: exact on whole numbers, for any geometry, pitch and division of
// the work.

import { afterEach, describe, expect, it } from 'vitest';
import {
  firstDifference,
  pick,
  plain,
  randomGeometry,
  randomPitch,
} from '../../../../../../../test/convPlans.ts';
import { draws } from '../../../../../../../test/draws.ts';
import { formatConv, parseConv } from '../../../../geometry/text.ts';
import { Generator } from '../../../../index.ts';
import { overrideEngine } from '../../engine.ts';
import { weightGradPlanner } from './weightGrad.ts';

afterEach(() => void overrideEngine({ fma: true, keepsOrder: true }));

describe.each([{ fma: true }, { fma: false }, { fma: false, keepsOrder: false }])(
  'direct weight gradient with %o',
  (abilities) => {
    it('equals plain loops on whole numbers', () => {
      overrideEngine(abilities);
      const random = new Generator(7);
      for (let tried = 0; tried < draws(200); ) {
        const geometry = randomGeometry(random, {
          groups: pick(random, [1, 1, 1, 2, 3, 5]),
          perIn: pick(random, [1, 2, 3, 4, 5, 8, 16, 23]),
          perOut: pick(random, [1, 2, 3, 4, 7, 9, 12, 30]),
        });
        if (!geometry) continue;
        tried++;
        const xPitch = randomPitch(random, geometry.inChannels);
        const yPitch = randomPitch(random, geometry.outChannels);
        const c = { geometry, kernel: 'weightGrad', xPitch, yPitch, ending: plain } as const;
        const text = `${formatConv(geometry)}, pitches ${xPitch} ${yPitch}`;
        expect(firstDifference(weightGradPlanner, c, random), text).toBe(-1);
      }
    });
  },
);

/** Layers with every kind of tile, block, band and part. */
const layers = [
  'n4 g1 c1>6 28x28 k5x5 s1 d1 p2',
  'n2 g1 c3>64 57x61 k7x7 s2 d1 p3',
  'n2 g1 c70>75 13x15 k3x3 s1 d1 p1',
  'n5 g1 c130>68 4x4 k3x3 s1 d1 p1',
  'n16 g1 c300>130 1x1 k1x1 s1 d1 p0',
  'n9 g1 c1024>20 3x5 k1x3 s1 d1 p0',
  'n40 g1 c20>1024 2x3 k2x1 s1 d1 p0',
  'n2 g8 c32>32 20x20 k3x3 s1 d1 p1',
  'n1 g1 c24>20 1000 k3 s1 d2 p2',
  'n1 g1 c2>5 700 k9 s3 d1 p4',
  'n2 g1 c64>128 15x13 k3x3 s2 d1 p1',
];

describe.each(layers)('%s', (text) => {
  it('equals plain loops on whole numbers', () => {
    const geometry = parseConv(text);
    const pitch = (channels: number): number => (channels < 4 ? channels : Math.ceil(channels / 4) * 4);
    const pitches = { xPitch: pitch(geometry.inChannels), yPitch: pitch(geometry.outChannels) };
    const c = { geometry, kernel: 'weightGrad', ...pitches, ending: plain } as const;
    expect(firstDifference(weightGradPlanner, c, new Generator(1))).toBe(-1);
  });
});
