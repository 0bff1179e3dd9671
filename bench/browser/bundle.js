// The pages as a site: one production bundle for each engine, by Vite.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
/** Where the engines' own WebAssembly lies. */
export const wasmFolders = [
  here('../node_modules/@litertjs/core/wasm'),
  here('../node_modules/onnxruntime-web/dist'),
  here('../node_modules/@tensorflow/tfjs-backend-wasm/dist'),
];

/** Writes `<engine>/index.html` and what it needs. @param {string[]} engines @param {string} folder */
export async function bundle(engines, folder) {
  for (const engine of engines) {
    const root = join(folder, 'sources', engine);
    mkdirSync(root, { recursive: true });
    const script = here(`pages/${engine}.js`);
    const page = `<!doctype html><meta charset="utf-8"><title>${engine}</title><script type="module" src="${script}"></script>`;
    writeFileSync(join(root, 'index.html'), page);
    await build({
      root,
      base: `/pages/${engine}/`,
      configFile: false,
      logLevel: 'error',
      server: { fs: { strict: false } },
      resolve: { alias: [{ find: /^.*\/tf\.js$/, replacement: here('tf.js') }] },
      build: {
        outDir: join(folder, 'pages', engine),
        emptyOutDir: true,
        target: 'esnext',
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 10_000,
      },
    });
  }
  return join(folder, 'pages');
}
