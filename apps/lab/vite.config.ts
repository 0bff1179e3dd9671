// Builds the Lab as static files for any folder. The packages resolve to their sources, as in the tests, so that no build
// of theirs is needed. The dev and preview servers isolate the page, which gives it shared memory and so threads.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { sources } from '../../scripts/sources.js';
import { contentPolicy } from './build/contentPolicy.js';
import { serviceWorker } from './build/serviceWorker.js';

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [svelte(), contentPolicy(), serviceWorker()],
  resolve: {
    alias: Object.entries(sources).map(([name, replacement]) => ({
      find: new RegExp(`^${name}$`),
      replacement,
    })),
  },
  // Summaries of networks show the names of classes.
  worker: { format: 'es', rolldownOptions: { external: ['sharp'], output: { keepNames: true } } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: { external: ['sharp'], output: { keepNames: true } },
  },
  server: { headers },
  preview: { headers },
});
