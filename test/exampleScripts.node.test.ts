// The programs in examples/ that need nothing but the library run, each in a process of its own: they set options of the
// whole process.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { sources } from '../scripts/sources.js';

const root = fileURLToPath(new URL('../', import.meta.url));
// Where they find sharp, which is not bundled.
mkdirSync(`${root}node_modules/.cache`, { recursive: true });
const folder = mkdtempSync(join(root, 'node_modules/.cache/examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What each prints when its results are right. */
const printed: Record<string, RegExp> = {
  'augment.js': /randomResizedCrop: 256×256, 1 box, 4 points[\s\S]*written to/,
  'compile.js': /compiled, threads 1: .* differs by \d\.\de-[5-9] of[\s\S]*layer1\.0\.conv1/,
  'frames.js':
    /1280 × 720: centre at 0\.750, 0\.250 [\s\S]*80 × 60: centre at 0\.750, 0\.250 .*\nstretch, bilinear/,
  'finetune.js':
    /which quarter: (9\d\.\d|100\.0) % right[\s\S]*the head alone: (9\d\.\d|100\.0) %[\s\S]*all of it: (9\d\.\d|100\.0) %[\s\S]*the same weights, bit for bit/,
  'train-compiled.js': /compiled, threads 1: (9\d\.\d|100\.0) % right[\s\S]*the same weights, bit for bit/,
};

const words: Record<string, string[]> = {
  'augment.js': [`${root}examples/inputs/astronaut.jpg`, '-o', join(folder, 'sheet.png')],
};

describe('examples', () => {
  it.each(Object.keys(printed))('%s', async (name) => {
    const outfile = join(folder, name.replace(/js$/, 'mjs'));
    const entryPoints = [`${root}examples/${name}`];
    await build({
      entryPoints,
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      alias: sources,
      external: ['sharp'],
      ignoreAnnotations: true,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, ...(words[name] ?? [])]);
    expect(stdout).toMatch(printed[name]);
  });
});
