// The programs in examples/ that need nothing but the library run, each in a process of its own: they set options of the
// whole process.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const alias = { neocog: `${root}packages/neocog/src/index.ts` };

const folder = mkdtempSync(join(tmpdir(), 'neocog-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What each prints when its results are right. */
const printed: Record<string, RegExp> = {
  'compile.js': /compiled, threads 1: .* differs by \d\.\de-[5-9] of[\s\S]*layer1\.0\.conv1/,
  'train-compiled.js': /compiled, threads 1: (9\d\.\d|100\.0) % right[\s\S]*the same weights, bit for bit/,
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
      alias,
      ignoreAnnotations: true,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
    expect(stdout).toMatch(printed[name]);
  });
});
