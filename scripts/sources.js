// The packages as their sources, by the names under which others import them: tests and bundles of the tools need no build.

import { join } from 'node:path';
import { root } from './nodes.js';

/** Name → file. A bundler takes the longest name that fits. */
export const sources = Object.fromEntries(
  Object.entries({
    neocog: 'neocog/src/index.ts',
    'neocog/arguments': 'neocog/src/arguments.ts',
    'neocog/folders': 'neocog/src/folders.ts',
    'neocog/pixels': 'neocog/src/pixels.ts',
    'neocog/whole': 'neocog/src/whole.ts',
    '@neocog/formats': 'formats/src/index.ts',
    '@neocog/vision': 'vision/src/index.ts',
    '@neocog/audio': 'audio/src/index.ts',
    '@neocog/cluster': 'cluster/src/index.ts',
  }).map(([name, file]) => [name, join(root, 'packages', file)]),
);
