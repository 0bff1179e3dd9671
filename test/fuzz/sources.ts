// Makes the packages' names mean their sources, as vitest.config.ts does for tests, in a process that Node runs by itself.

import { registerHooks } from 'node:module';

const sources: Readonly<Record<string, string>> = {
  neocog: new URL('../../packages/neocog/src/index.ts', import.meta.url).href,
  '@neocog/formats': new URL('../../packages/formats/src/index.ts', import.meta.url).href,
};

registerHooks({
  resolve(name, context, next) {
    const url = sources[name];
    return url === undefined ? next(name, context) : { url, shortCircuit: true };
  },
});
