// Every algorithm for convolutions in the checked mode, on geometries drawn at random for every engine that the generators know.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convPlanners } from '../../packages/neocog/src/backends/wasm/kernels/planners.ts';
import { parseConv } from '../../packages/neocog/src/geometry/text.ts';
import { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { draws } from '../draws.ts';
import { runChecked } from '../kernelRunner.ts';
import { checkConvolution, checkGeometry, enginesHere, takersOf } from './convolutions.ts';

beforeAll(() => runChecked(true));
afterAll(() => runChecked(false));

describe.each(enginesHere().map((e) => [JSON.stringify(e), e] as const))('%s', (_, engine) => {
  it('reaches outside of no array, and is right', () => {
    const random = new Generator(JSON.stringify(engine).length);
    let ran = 0;
    for (let drawn = 0; drawn < draws(60); drawn++) ran += checkConvolution(random, [engine]);
    expect(ran).toBeGreaterThan(draws(20));
  });
});

/** What reached outside once, and its like: strides, padding and kernels far beyond the input, a single cell, many taps. */
const layers = [
  'n1 g4 c4>4 33 k3 s9 d1 p24',
  'n2 g8 c8>32 8x1 k2x1 s4x6 d3x2 p24:24x0:17',
  'n1 g8 c8>48 7 k3 s9 d3 p5',
  'n2 g13 c13>26 21x8 k2x4 s1 d5x1 p0:0x0:5',
  'n1 g2 c2>2 2x3 k3x3 s1 d1 p3:40x40:1',
  'n1 g1 c4>4 8x8 k7x7 s1 d1 p3',
  'n1 g1 c4>1 4x6 k7x5 s1 d1 p6:6x4:4',
  'n1 g1 c2>3 5x4x4 k4x4x4 s1 d1 p3',
  'n1 g1 c3>4 29 k28 s1 d1 p27',
  'n1 g2 c16>16 2x5 k3x3 s1 d1 p1x40',
  'n1 g1 c8>8 6x6 k3x3 s1 d1 p20:0x20:0',
  'n1 g2 c6>8 50 k9 s1 d1 p40',
  'n1 g1 c9>8 50 k31 s1 d1 p15',
  'n2 g1 c8>9 3x5x6 k3x3x3 s1 d1 p1',
  'n1 g1 c9>8 13x11 k3x3 s1 d5 p5',
  'n1 g1 c1>1 1x1 k1x1 s1 d1 p0',
];

it.each(layers)('%s', (text) => {
  const random = new Generator(text.length);
  let ran = 0;
  for (const engine of enginesHere())
    for (const kernel of ['conv', 'inputGrad', 'weightGrad'] as const)
      ran += checkGeometry(parseConv(text), kernel, { engine, random });
  expect(ran).toBeGreaterThanOrEqual(3 * enginesHere().length);
});

it('every algorithm takes part', () => {
  const random = new Generator(3);
  const missing = new Set(convPlanners.map(({ name }) => name));
  for (let drawn = 0; drawn < 2000 && missing.size > 0; drawn++)
    for (const name of takersOf(random)) missing.delete(name);
  expect([...missing]).toEqual([]);
});
