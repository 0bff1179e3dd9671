// What the examples of pre-trained networks share: their command line, the settings of the machine, and a stopwatch.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { configure } from 'neocog';

// 256-bit operations where V8 has them. The flag holds for the whole process, so that a library never sets it by itself.
configure({ wideSimd: 'auto' });

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));

export const threads = Math.min(2, availableParallelism());

/** `[FILE] [-o PICTURE]`; without a file `usual` of examples/inputs. @param {string} name @param {string} [usual] */
export function readArguments(name, usual) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string', short: 'o', default: `runs/${name}.png` } },
  });
  const fallback = usual && fileURLToPath(new URL(`../inputs/${usual}`, import.meta.url));
  return { input: positionals[0] ?? fallback, out: values.out };
}

/** A file of an npm package that is installed here. @param {string} path begins with the package's name */
export const fromPackage = (path) => join(packages, path);

/**
 * The result of a call, and milliseconds that the fastest of a few takes.
 *
 * @template T
 * @param {() => Promise<T>} run
 * @returns {Promise<[T, string]>}
 */
export async function timed(run, times = 5) {
  let best = Number.POSITIVE_INFINITY;
  let result = await run();
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    result = await run();
    best = Math.min(best, performance.now() - start);
  }
  return [result, `${best.toFixed(best < 10 ? 2 : 0)} ms`];
}
