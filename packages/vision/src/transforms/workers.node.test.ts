// Transforms travel to the workers of a DataLoader, which make the same bits.

import { existsSync } from 'node:fs';
import { DataLoader } from 'neocog';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import { imageFolder, transforms } from '../index.ts';

/** Workers load the packages by name, as users have them. */
const isBuilt = existsSync(new URL('../../../neocog/dist/arguments.js', import.meta.url));

describe.skipIf(leftOut(isBuilt ? null : 'the packages are not built; npm run build builds them'))(
  'workers',
  () => {
    it('make the same of random transforms', async () => {
      const { train } = await imageFolder(new URL('../../fixtures', import.meta.url).pathname, {
        split: [1],
        size: 24,
      });
      const transform = transforms.compose([
        transforms.randomResizedCrop(16),
        transforms.randomChoice([transforms.horizontalFlip(), transforms.rotate(30)]),
        transforms.randomApply(transforms.colorJitter({ hue: 0.3 }), 0.7),
        transforms.trivialAugment(),
      ]);
      const made = await Promise.all(
        [0, 2].map(async (workers) => {
          const loader = new DataLoader(train, { batchSize: 8, shuffle: true, seed: 2, workers, transform });
          expect([loader.workers, loader.note]).toEqual([workers, null]);
          const pictures: number[] = [];
          for await (const { x } of loader) pictures.push(...x.data);
          loader.close();
          return pictures;
        }),
      );
      expect(made[0].length).toBeGreaterThan(10 * 3 * 256);
      expect(made[1]).toEqual(made[0]);
    });
  },
);
