// `npm run fuzz`: starts test/fuzz/main.ts in the Node that this repository pins, which runs TypeScript as it is.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeEngines, root } from './nodes.js';

const [{ path }] = nodeEngines();
const main = join(root, 'test/fuzz/main.ts');
const { status } = spawnSync(path, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
