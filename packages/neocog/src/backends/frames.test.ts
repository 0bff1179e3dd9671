// What frames become in plain loops, against Pillow, bit by bit.

import { describe, expect, it } from 'vitest';
import { pillowCases, pixelsOf } from '../../../../test/frames.ts';
import { framesToValues } from './frames.ts';

describe('frames as Pillow resizes them', () => {
  it.each(pillowCases)('$title', (c) => {
    expect(pixelsOf(c, framesToValues(c.input, [c.frame]))).toEqual([...c.pixels]);
  });
});
