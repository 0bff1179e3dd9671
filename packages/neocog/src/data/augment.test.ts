import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { tensor } from '../tensor/tensor.ts';
import { flipAxis, shiftAxes } from './augment.ts';
import { BatchLoader } from './loader.ts';

const cells = (): Float32Array => Float32Array.of(1, 2, 3, 4, 5, 6);

describe('flipAxis', () => {
  it('mirrors along any axis, and back', () => {
    const sample = cells();
    flipAxis(sample, [2, 3]);
    expect(sample).toEqual(Float32Array.of(3, 2, 1, 6, 5, 4));
    flipAxis(sample, [2, 3], 0);
    expect(sample).toEqual(Float32Array.of(6, 5, 4, 3, 2, 1));
    flipAxis(sample, [1, 6], -1);
    expect(sample).toEqual(cells());
  });

  it('refuses a wrong shape or axis', () => {
    expect(() => flipAxis(cells(), [2, 2])).toThrow(ShapeError);
    expect(() => flipAxis(cells(), [2, 3], 2)).toThrow(/axis is 2/);
  });
});

describe('shiftAxes', () => {
  it('moves along the last axes, both ways, and fills', () => {
    const sample = cells();
    shiftAxes(sample, [2, 3], [1]);
    expect(sample).toEqual(Float32Array.of(0, 1, 2, 0, 4, 5));
    shiftAxes(sample, [2, 3], [-1, 0], 9);
    expect(sample).toEqual(Float32Array.of(0, 4, 5, 9, 9, 9));
    shiftAxes(sample, [2, 3], [0, -2]);
    expect(sample).toEqual(Float32Array.of(5, 0, 0, 9, 0, 0));
  });

  it('empties a sample that is moved out', () => {
    const sample = cells();
    shiftAxes(sample, [2, 3], [0, -7], 8);
    expect(sample).toEqual(new Float32Array(6).fill(8));
  });

  it('refuses what does not fit', () => {
    expect(() => shiftAxes(cells(), [7], [1])).toThrow(ShapeError);
    expect(() => shiftAxes(cells(), [2, 3], [0, 0, 1])).toThrow(/offsets \[0,0,1\]/);
    expect(() => shiftAxes(cells(), [2, 3], [0.5])).toThrow(ShapeError);
  });
});

describe('transform of a loader', () => {
  const samples = tensor([[[1, 2]], [[3, 4]], [[5, 6]]]);
  const labels = tensor([0, 1, 2], [3], { dtype: 'int32' });
  const load = (seed: number): BatchLoader =>
    new BatchLoader(samples, labels, {
      batchSize: 2,
      std: 2,
      seed,
      transform: (sample, random) => {
        sample[0] += random.uniform();
        flipAxis(sample, [1, 2]);
      },
    });
  const epoch = (loader: BatchLoader): number[] => [...loader].flatMap(({ x }) => [...x.data]);

  it('changes each scaled sample, another way in every epoch, the same way from the same seed', () => {
    const loader = load(1);
    const [first, second] = [epoch(loader), epoch(loader)];
    expect(first.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3]);
    first.filter((_, i) => i % 2 === 1).forEach((value, i) => expect(Math.floor(value - 0.5)).toBe(i));
    expect(second).not.toEqual(first);
    expect(epoch(load(1))).toEqual(first);
    expect(epoch(load(2))).not.toEqual(first);
    expect(samples.data[0]).toBe(1);
  });
});
