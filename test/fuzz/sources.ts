// Makes the packages' names mean their sources, as vitest.config.ts does for tests, in a process that Node runs by itself.

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { sources } from '../../scripts/sources.js';

registerHooks({
  resolve(name, context, next) {
    const file = sources[name];
    return file === undefined ? next(name, context) : { url: pathToFileURL(file).href, shortCircuit: true };
  },
});
