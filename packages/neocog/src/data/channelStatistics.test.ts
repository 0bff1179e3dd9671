import { describe, expect, it } from 'vitest';
import { FormatError, ShapeError } from '../errors.ts';
import { Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { channelStatistics } from './channelStatistics.ts';
import { tensorDataset } from './tensorDataset.ts';

const picture = (shape: number[], values: readonly number[]) => ({
  image: new Tensor(Float32Array.from(values), shape),
});

describe('channelStatistics', () => {
  it('counts every value of pictures of any size alike', async () => {
    const samples = [picture([2, 1, 2], [1, 3, 10, 10]), picture([2, 2, 2], [5, 5, 5, 5, 0, 20, 20, 0])];
    const { mean, std, broken } = await channelStatistics(samples);
    expect(mean).toEqual([4, 10]);
    // Of 1 3 5 5 5 5 and 10 10 0 20 20 0, by their number.
    expect(std[0]).toBeCloseTo(Math.sqrt(14 / 6), 12);
    expect(std[1]).toBeCloseTo(Math.sqrt(400 / 6), 12);
    expect(broken).toEqual([]);
  });

  it('loses no digits far from zero', async () => {
    const random = new Generator(1);
    const values = Float32Array.from({ length: 3000 }, () => 1e4 + random.uniform());
    const { mean, std } = await channelStatistics(
      tensorDataset({ x: { shape: [30, 1, 100], data: values } }),
    );
    const exact = values.reduce((sum, value) => sum + value, 0) / 3000;
    const squares = values.reduce((sum, value) => sum + (value - exact) ** 2, 0) / 3000;
    expect(mean[0]).toBeCloseTo(exact, 8);
    expect(std[0]).toBeCloseTo(Math.sqrt(squares), 9);
  });

  it('sees samples as the transform makes them, and leaves out what cannot be read', async () => {
    const dataset = {
      length: 3,
      get: (index: number) => {
        if (index === 1) throw new FormatError('damaged');
        return picture([1, 2], [index, index + 2]);
      },
    };
    const transform = ({ image }: { image: Tensor }) => ({
      image: new Tensor(
        image.data.map((value) => 10 * value),
        image.shape,
      ),
    });
    const { mean, std, broken } = await channelStatistics(dataset, { transform });
    expect([mean, std]).toEqual([[20], [Math.sqrt(200)]]);
    expect(broken).toEqual([{ index: 1, name: 'sample 1', reason: 'damaged' }]);
    await expect(channelStatistics(dataset, { strict: true })).rejects.toThrow(FormatError);
  });

  it.each<[string, readonly object[], RegExp]>([
    ['no channels', [picture([], [1])], /a sample's input is Tensor float32 \[\]/],
    ['no input', [{ label: 3 }], /input is undefined; give Tensors \[channels/],
    ['other channels', [picture([1, 1], [1]), picture([3, 1], [1, 2, 3])], /3 channels, those before have 1/],
    ['no samples', [], /has no values/],
  ])('refuses %s', async (_, samples, message) => {
    await expect(channelStatistics(samples)).rejects.toThrow(message);
    await expect(channelStatistics(samples)).rejects.toThrow(ShapeError);
  });
});
