// The TypeScript examples of the documents run: each block that imports something is bundled and executed.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { sources } from '../scripts/sources.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const documents = ['README.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

/** The contents of ```ts fences that stand on their own, because they say what they import. */
function examplesOf(path: string): string[] {
  const fences = readFileSync(root + path, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm);
  return [...fences].map(([, code]) => code as string).filter((code) => code.includes('import '));
}

// Where the examples find the packages that are not bundled.
mkdirSync(`${root}node_modules/.cache`, { recursive: true });
const folder = mkdtempSync(join(root, 'node_modules/.cache/docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(code: string, name: string): Promise<unknown> {
  const outfile = join(folder, `${name.replaceAll('/', '-')}.mjs`);
  const stdin = { contents: code, loader: 'ts' as const, resolveDir: root };
  const shape = { bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' } as const;
  await build({ ...shape, stdin, outfile, alias: sources, external: ['sharp', 'koffi'] });
  return import(/* @vite-ignore */ pathToFileURL(outfile).href);
}

describe.each(documents.filter((path) => examplesOf(path).length > 0))('%s', (path) => {
  it.each(examplesOf(path).map((code, i) => [i + 1, code] as const))('example %i runs', async (n, code) => {
    await expect(run(code, `${path}-${n}`)).resolves.toBeDefined();
  });
});
