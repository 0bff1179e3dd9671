// One picture, two ways into a network: `fromPixels` of @neocog/vision before a run, and a program that takes frames. Both make the
// same bytes of it; values differ by how float32 rounds them.

import { fromPixels } from '@neocog/vision';
import { compile, nn, reshape, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { noise } from './frames.ts';

class Same extends nn.Module {
  forward(x: Tensor): Tensor {
    return reshape(x, x.shape);
  }
}

const sizes = [
  [64, 48],
  [20, 17],
  [300, 41],
  [7, 90],
  [3, 2],
  [40, 5],
] as const;

const ways = (['cover', 'contain', 'stretch'] as const).flatMap((fit) =>
  (['nearest', 'bilinear', 'bicubic'] as const).flatMap((interpolation) =>
    ([1, 3] as const).map((channels) => ({ fit, interpolation, channels })),
  ),
);

describe('frames and fromPixels agree', () => {
  it.each(ways)('$fit, $interpolation, $channels channels', async ({ channels, ...how }) => {
    const pixels = { ...how, mean: 0.4, std: 0.25, background: [200, 30, 90] } as const;
    const program = await compile(new Same(), { input: [1, channels, 17, 20], pixels });
    for (const [width, height] of sizes)
      for (const bytes of [1, 3, 4]) {
        const frame = { data: noise(width * height * bytes), width, height };
        const expected = fromPixels(frame, { ...pixels, channels, size: [17, 20] });
        const found = await program.run(frame);
        const distance = expected.data.map((value, i) => Math.abs(value - (found.data[i] as number)));
        expect(Math.max(...distance), `${width}×${height}×${bytes}`).toBeLessThan(1e-5);
      }
    program.dispose();
  });
});
