// The pages of this folder: `npm run pages` serves them, `npm run pages:build` writes them to dist, which works in any folder of any
// server. The two headers let a program use several threads; without them it has one.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { sources } from '../../scripts/sources.js';
import { gatherFiles } from './gather.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const pages = readdirSync(here, { recursive: true }).filter(
  (path) => path.endsWith('index.html') && !path.startsWith('dist'),
);

const escapeHtml = (text) => text.replace(/[&<]/g, (sign) => (sign === '&' ? '&amp;' : '&lt;'));

/** Shows the scripts of a page on the page, in the place of `<!-- scripts -->`. */
const shownScripts = {
  name: 'shown-scripts',
  transformIndexHtml(html, { filename }) {
    const folder = dirname(filename);
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
    const shown = scripts.map((name) => {
      const text = readFileSync(join(folder, name), 'utf8').trimEnd();
      const lines = text.split('\n').length;
      return `<details><summary>${name}, ${lines} lines</summary><pre tabindex="0"><code>${escapeHtml(text)}</code></pre></details>`;
    });
    return html.replace('<!-- scripts -->', shown.join('\n'));
  },
};

export default defineConfig({
  root: here,
  base: './',
  publicDir: gatherFiles(),
  resolve: {
    alias: Object.entries(sources).map(([name, replacement]) => ({
      find: new RegExp(`^${name}$`),
      replacement,
    })),
  },
  plugins: [shownScripts],
  server: { headers: isolated },
  preview: { headers: isolated },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: pages.map((path) => join(here, path)) },
  },
});
