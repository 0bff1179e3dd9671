// The definition at a place, against the reference backend's plain loops over whole arrays.

import { describe, expect, it } from 'vitest';
import { type ConvArrays, convByReference } from '../../../../../../test/reference.ts';
import * as e from '../../../expression/expression.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { parseConv } from '../../../geometry/text.ts';
import { product } from '../../../geometry/window.ts';
import type { ConvKernel } from '../../work.ts';
import { engine } from '../engine.ts';
import type { ConvTask } from '../kernels/convPlan.ts';
import { plainEpilogue } from '../kernels/epilogue.ts';
import { Definition } from './definition.ts';
import { arrays, unitFor, wholeAt } from './wholes.ts';

const wholes = (array: number, shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: product(shape) }, (_, i) => wholeAt(array, i));

function taskOf(text: string, kernel: ConvKernel): ConvTask {
  const geometry = parseConv(text);
  const { inChannels: xPitch, outChannels: yPitch } = geometry;
  return { geometry, kernel, xPitch, yPitch, epilogue: plainEpilogue, engine: engine() };
}

describe.each([
  'n2 g1 c3>5 9x7 k3x2 s2x1 d1x2 p1:0x2:1',
  'n1 g3 c6>9 11 k4 s3 d1 p2',
  'n1 g2 c4>2 4x5x3 k2x3x1 s1 d1 p1x1x0',
])('the definition of %s', (text) => {
  it.each(['conv', 'inputGrad', 'weightGrad'] as const)(
    'of %s is that of plain loops, everywhere',
    (kernel) => {
      const task = taskOf(text, kernel);
      const g = task.geometry;
      const given: ConvArrays = {
        x: wholes(arrays.x, inputShape(g)),
        w: wholes(arrays.w, weightShape(g)),
        y: wholes(arrays.y, outputShape(g)),
      };
      const definition = new Definition(task);
      const want = convByReference(kernel, g, given, null);
      const plane = product(definition.shape.slice(2));
      const got = want.map((_, i) => {
        const [row, cell] = [Math.floor(i / plane), i % plane];
        const [first, second] = [Math.floor(row / definition.shape[1]), row % definition.shape[1]];
        return definition.at(definition.placeOf(first, second, cell)).value;
      });
      expect(got).toEqual(want);
    },
  );
});

it('finishes sums, and says what they may be if they are off', () => {
  const [sum, extra] = [e.input(0), e.input(1)];
  const plain = taskOf('n1 g1 c64>8 5x5 k3x3 s1 d1 p1', 'conv');
  const epilogue = { bias: true, formula: e.max(e.mul(sum, extra), -1), extras: ['channel'] as const };
  const [bare, finished] = [new Definition(plain), new Definition({ ...plain, epilogue })];
  expect(finished.unit).toBe(unitFor(64 * 9));
  const place = finished.placeOf(0, 3, 12);
  const value = (error: number): number =>
    Math.max(
      (finished.unit * bare.at(place).value + wholeAt(arrays.bias, 3) + error) * wholeAt(arrays.extra, 3),
      -1,
    );
  expect(finished.at(place).value).toBe(value(0));
  const { least, most } = finished.at(place, 8);
  expect([least, most]).toEqual([value(-8), value(8)].sort((a, b) => a - b));
});

it('has sums where an activation bends', () => {
  for (const terms of [1, 9, 100, 4608]) {
    const deviation = 2 * Math.sqrt(terms) * unitFor(terms);
    expect(deviation).toBeLessThanOrEqual(3);
    if (terms > 1) expect(deviation).toBeGreaterThan(1.4);
  }
  const counts = new Map<number, number>();
  for (let i = 0; i < 10_000; i++) counts.set(wholeAt(1, i), (counts.get(wholeAt(1, i)) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
  expect(Math.min(...counts.values())).toBeGreaterThan(1800);
});
