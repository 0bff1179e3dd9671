// What the library weighs in a page, minified, plain and compressed: the built packages/neocog as a whole, a page that only
// compiles a network and runs it, and packages/vision and packages/audio without the library. By Vite, which most pages are
// built with, and by esbuild, whose names for variables compress less well and which takes all of `nn` for one layer of it.
// Run after `tsc -b`; bundling also proves that the built files import nothing but each other. Sizes that the README states must be these.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import { root } from './nodes.js';

const entryOf = (/** @type {string} */ name) => {
  const entry = join(root, 'packages', name, 'dist/index.js');
  statSync(entry);
  return entry;
};
const entry = entryOf('neocog');

const pages = {
  'neocog, everything': `export * from ${JSON.stringify(entry)};`,
  'neocog, compile and run': `
    import { compile, nn } from ${JSON.stringify(entry)};
    export const program = compile(new nn.Sequential(new nn.Conv2d(3, 64, 7)), { input: [1, 3, 224, 224] });
    export const run = async (x) => (await program).run(x);`,
  '@neocog/vision': `export * from ${JSON.stringify(entryOf('vision'))};`,
  '@neocog/audio': `export * from ${JSON.stringify(entryOf('audio'))};`,
};

/** The file that times algorithms, which a page loads if it tunes programs. */
const timing = 'measure';
/** Pages that do without it. */
const untimed = new Set(['neocog, compile and run']);

/** What other packages bring, and what pages leave out. */
const external = ['neocog', 'neocog/arguments', 'sharp'];

/**
 * @param {string} code
 * @param {string} title
 */
async function byVite(code, title) {
  const name = 'virtual:page';
  const page = {
    name,
    resolveId: (/** @type {string} */ id) => (id === name ? id : null),
    load: (/** @type {string} */ id) => (id === name ? code : null),
  };
  const built = await vite.build({
    configFile: false,
    logLevel: 'error',
    plugins: [page],
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: name,
        preserveEntrySignatures: 'allow-extension',
        external: [/^node:/, ...external],
      },
    },
  });
  const [{ output }] = /** @type {vite.Rolldown.RolldownOutput[]} */ ([built].flat());
  // The page's file, that of the thread's code, which is loaded when threads are wanted, and that which times algorithms.
  if (output.length > 3)
    throw new Error(`three files are expected, not ${output.map((file) => file.fileName)}`);
  const loaded = output.filter((file) => !untimed.has(title) || file.name !== timing);
  return loaded.map((file) => (file.type === 'chunk' ? file.code : '')).join('');
}

/** @param {string} code */
async function byEsbuild(code) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*', ...external],
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].text;
}

/** @param {number} bytes */
const inKilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** By page, in bytes, by Vite. @type {Record<string, { gzip: number, brotli: number }>} */
const found = {};
for (const [page, code] of Object.entries(pages)) {
  for (const [bundler, bundle] of Object.entries({ Vite: byVite, esbuild: byEsbuild })) {
    const text = Buffer.from(await bundle(code, page));
    const sizes = [text.length, gzipSync(text, { level: 9 }).length, brotliCompressSync(text).length];
    const [plain, gzip, brotli] = sizes.map(inKilobytes);
    if (bundler === 'Vite') found[page] = { gzip: sizes[1], brotli: sizes[2] };
    console.log(`${page}, by ${bundler}: ${plain} minified, ${gzip} gzip, ${brotli} brotli`);
  }
}

/** A stated size may be off by so much of it. */
const tolerance = 0.03;
const readme = readFileSync(join(root, 'README.md'), 'utf8').replace(/\s+/g, ' ');
const stated =
  /is (\d+) kB, minified and compressed \(by Vite and Brotli; (\d+) kB by gzip\); a page that compiles a network and runs it needs (\d+) kB/.exec(
    readme,
  );
const { gzip, brotli } = found['neocog, everything'];
const right = [brotli, gzip, found['neocog, compile and run'].brotli].map((bytes) => bytes / 1000);
const isRight = right.every((size, i) => Math.abs(Number(stated?.[i + 1]) / size - 1) <= tolerance);
if (!isRight) {
  console.error(
    `README.md states other sizes; write ${right.map((size) => `${size.toFixed(0)} kB`).join(', ')}`,
  );
  process.exitCode = 1;
}
