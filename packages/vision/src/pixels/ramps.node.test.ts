// The ramps that others have too, as d3-scale-chromatic has them: between every sixteenth colour a line is not far off.

import { interpolateMagma, interpolateViridis } from 'd3-scale-chromatic';
import { expect, it } from 'vitest';
import { colourAt, palettes } from './palettes.ts';

it.each([
  ['viridis', interpolateViridis],
  ['magma', interpolateMagma],
] as const)('%s', (name, colour) => {
  for (let i = 0; i < 256; i++) {
    const value = Number.parseInt(colour(i / 255).slice(1), 16);
    const found = colourAt(palettes[name], i / 255);
    [value >> 16, (value >> 8) & 255, value & 255].forEach((level, c) => {
      expect(Math.abs(found[c] - level)).toBeLessThan(6);
    });
  }
});
