// Projects over the same tests: Node, Node with wide SIMD (the kernels' tests only, from Node 24), Node with their loads and
// stores checked (see test/checked/), and Chromium as an installed program (nothing is downloaded). A project of its own: the
// examples, with the networks and peers of their package; the Lab, as a visitor sees it. What a test's name says of where it runs: `*.test.ts` everywhere;
// `*.nodes.test.ts` in every Node; `*.node.test.ts`, which does not depend on the engine, once; `*.page.test.ts` in Chromium. The packages resolve to their
// sources, so that no build is needed.

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArguments, findChromium } from './scripts/chromium.js';
import { sources } from './scripts/sources.js';

/** Of the random cases; the script of the tests lowers it for all engines but the first. */
const part = Number(process.env.TEST_PART ?? 1);

const alias = Object.entries(sources).map(([name, replacement]) => ({
  find: new RegExp(`^${name}$`),
  replacement,
}));

const tests = ['test/**/*.test.ts', 'packages/*/{src,test}/**/*.test.ts'];
/** Tests of what no engine changes: they run in the first one. */
const once = [
  '**/*.node.test.ts',
  'packages/neocog/src/{geometry,inspect,schedule}/**/*.test.ts',
  'packages/formats/src/*.test.ts',
  'test/{errors,types}.test.ts',
  'test/conformance/{errors,schedule}.test.ts',
];
const pageOnly = ['**/*.page.test.ts'];
const nodeOnly = ['**/*.node.test.ts', '**/*.nodes.test.ts'];
/** Whether this is an engine after the first one; the script of the tests says so. */
const isElsewhere = part < 1;

/** Milliseconds for anything: machines may be busy, and nothing that works depends on time. */
const patience = 300_000;
const timeouts = { testTimeout: patience, hookTimeout: patience };

const executablePath = findChromium();

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'node',
          provide: { part },
          environment: 'node',
          include: [...tests, 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...pageOnly, ...(isElsewhere ? once : [])],
          ...timeouts,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'examples',
          environment: 'node',
          include: ['examples/test/**/*.test.ts'],
          ...timeouts,
          // Training takes every core by itself.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'lab',
          environment: 'node',
          include: ['apps/lab/{src,test}/**/*.test.ts'],
          globalSetup: ['apps/lab/test/build.setup.ts'],
          ...timeouts,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'wide',
          provide: { part },
          environment: 'node',
          include: [
            'test/conformance/*.test.ts',
            'test/adjoint.test.ts',
            'packages/neocog/src/backends/**/*.test.ts',
          ],
          exclude: nodeOnly,
          setupFiles: ['test/wide.setup.ts'],
          ...timeouts,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'checked',
          provide: { part },
          environment: 'node',
          include: ['packages/neocog/src/backends/wasm/kernels/**/*.test.ts'],
          exclude: nodeOnly,
          setupFiles: ['test/checked.setup.ts'],
          ...timeouts,
        },
      },
      {
        resolve: { alias },
        optimizeDeps: { include: ['fast-check'] },
        // Shared memory, and so threads, needs a page that is isolated from other origins.
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
            // Tests of pictures of another origin, which is this server by another name.
            'Cross-Origin-Resource-Policy': 'cross-origin',
          },
        },
        test: {
          name: 'chromium',
          provide: { part },
          include: tests,
          exclude: isElsewhere ? [...once, ...nodeOnly] : nodeOnly,
          ...timeouts,
          // Not inherited by browsers.
          maxWorkers: '100%',
          // One page per worker loads the sources once, and shows whether files leave anything behind.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            connectTimeout: patience,
            provider: playwright({
              launchOptions: { args: chromiumArguments, ...(executablePath && { executablePath }) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
