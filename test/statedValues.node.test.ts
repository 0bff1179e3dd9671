// The values that pages state behind their expressions: `layer.parameters; // 73856`. That the examples run at all is seen
// to in docs.node.test.ts, commands in the command's own tests.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages = ['arithmetic', 'im2col'];
const examplesOf = (page: string): string[] =>
  [...readFileSync(`${root}docs/${page}.md`, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
    ([, code]) => code as string,
  );

const folder = mkdtempSync(join(tmpdir(), 'neocog-stated-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An expression on a line of its own, and a value behind it. */
const stated = /^(?!\/\/|const )(\S.*); \/\/ (.+)$/gm;

/** An example that hands out each expression's value, and what stands behind it. */
const withChecks = (code: string): string =>
  `export const checks = [];\n${code.replace(stated, 'checks.push([$1, $2]);')}`;

async function run(code: string, name: string): Promise<{ checks: [unknown, unknown][] }> {
  const outfile = join(folder, `${name}.mjs`);
  const stdin = { contents: code, loader: 'ts' as const, resolveDir: root };
  const alias = { neocog: `${root}packages/neocog/src/index.ts` };
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', alias, logLevel: 'silent' });
  return import(/* @vite-ignore */ pathToFileURL(outfile).href);
}

describe.each(pages)('%s', (page) => {
  it.each(examplesOf(page).map((code, i) => [i + 1, code] as const))(
    'example %i says what is',
    async (n, code) => {
      const { checks } = await run(withChecks(code), `${page}-${n}`);
      expect(checks).toHaveLength([...code.matchAll(stated)].length);
      for (const [value, wanted] of checks) expect(value).toEqual(wanted);
    },
  );
});
