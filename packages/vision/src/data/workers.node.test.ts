// Pictures by workers as users have them: the built packages, in a process of its own.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';

const built = new URL('../../dist/index.js', import.meta.url);
const notBuilt = existsSync(built) ? null : 'the packages are not built; npm run build builds them';
const stamps = '/usr/share/tuxpaint/stamps';
const noStamps = existsSync(stamps)
  ? null
  : 'the stamps of Tux Paint are missing; apt-get install tuxpaint-stamps-default brings them';
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** What a module of the packages prints, as JSON. */
function run(script: string): Record<string, unknown> {
  const text = `import { createHash } from 'node:crypto';
    import { DataLoader, imageFolder, imagePairs, transforms } from ${JSON.stringify(built.href)};
    /** A hash of the batches on each number of workers. */
    async function made(set, options) {
      const found = [];
      for (const workers of [0, 1, 4]) {
        const loader = new DataLoader(set, { batchSize: 16, shuffle: true, seed: 5, ...options, workers });
        const hash = createHash('sha256');
        let batches = 0;
        for await (const { x, y, index } of loader) {
          for (const { data } of [x, y, { data: index }]) hash.update(data);
          hash.update(JSON.stringify([x.shape, y.shape]));
          batches++;
        }
        loader.close();
        found.push({ workers: loader.workers, note: loader.note, broken: loader.broken.length, batches, hash: hash.digest('hex') });
      }
      return found;
    }
    ${script}`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
  return JSON.parse(printed);
}

interface Made {
  readonly workers: number;
  readonly hash: string;
}

/** All alike but for the number of workers. */
function expectAlike(made: readonly Made[], expected: object): void {
  const [{ hash }] = made;
  expect(made).toEqual([0, 1, 4].map((workers) => ({ workers, note: null, hash, ...expected })));
}

describe.skipIf(leftOut(notBuilt))('workers with the built packages', () => {
  it('move pictures and masks alike, and mix batches', () => {
    const { pairs } = run(`
      import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      const folder = mkdtempSync(tmpdir() + '/neocog-pairs-');
      try {
        for (const name of ['images', 'masks']) mkdirSync(folder + '/' + name);
        for (let i = 0; i < 21; i++) {
          cpSync(${JSON.stringify(fixtures)} + 'data/picture.png', folder + '/images/' + i + '.png');
          cpSync(${JSON.stringify(fixtures)} + 'data/indexed.png', folder + '/masks/' + i + '.png');
        }
        const { train } = await imagePairs(folder + '/images', folder + '/masks', { split: [1] });
        const transform = transforms.compose([
          transforms.randomCrop(4), transforms.horizontalFlip(), transforms.colorJitter({ brightness: 0.5 }),
        ]);
        console.log(JSON.stringify({ pairs: await made(train, { batchSize: 8, transform }) }));
      } finally {
        rmSync(folder, { recursive: true });
      }`);
    expectAlike(pairs as Made[], { batches: 3, broken: 0 });
  });

  it.skipIf(leftOut(noStamps))('read hundreds of real pictures', () => {
    const { classes, sizes, kinds, batches } = run(`
      const { classes, train, validation, test } = await imageFolder(${JSON.stringify(stamps)}, { seed: 3, size: 32, background: 255 });
      const transform = transforms.compose([
        transforms.trivialAugment(), transforms.randomResizedCrop(24), transforms.normalize(0.5, 0.2),
      ]);
      const batchTransform = transforms.mixup({ classes: classes.length, alpha: 0.2 });
      console.log(JSON.stringify({
        classes,
        sizes: [train, validation, test].map(({ length }) => length),
        kinds: new Set(validation.labels).size,
        batches: await made(validation, { transform, batchTransform }),
      }));`);
    expect(classes).toContain('animals');
    const [train, validation, test] = sizes as number[];
    const tenth = (train + validation + test) / 10;
    for (const part of [validation, test]) expect(Math.abs(part - tenth)).toBeLessThan(1);
    expect(kinds).toBeGreaterThan((classes as string[]).length / 2);
    expectAlike(batches as Made[], { batches: Math.ceil(validation / 16), broken: 0 });
  });
});
