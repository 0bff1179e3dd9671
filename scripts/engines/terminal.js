// Engines that run a file in a terminal: every Node that there is, Bun and Deno.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { nodeEngines, root } from '../nodes.js';

/** @typedef {import('../../test/engines/smoke.ts').Report} Report */

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} version
 * @property {(folder: string) => Promise<Report>} run what `main.mjs` or the page of the folder finds out
 */

/** @typedef {{ name: string, hint: string }} Missing */

/** Milliseconds for one engine: far more than any takes, on a machine that is busy too. */
export const longest = 900_000;

const packages = join(root, 'test/engines/node_modules');
export const packagesHint = 'npm ci --prefix test/engines';

/**
 * The first path that exists, of a variable, of our package, and of PATH.
 *
 * @param {string} name
 * @param {string[]} paths
 * @returns {string | undefined}
 */
export function findProgram(name, paths) {
  const stated = process.env[name.toUpperCase()];
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return stated ?? [...paths, ...onPath].find((path) => existsSync(path));
}

/** @returns {(Engine | Missing)[]} */
export function terminalEngines() {
  const nodes = nodeEngines().map(({ name, path }) => engine(name, path, []));
  const others = [
    byPath('Node 22', join(packages, 'node-22/bin/node'), []),
    byPath('Node 26', join(packages, 'node-26/bin/node'), []),
    byPath('Bun', findProgram('bun', [join(packages, '@oven/bun-linux-x64-baseline/bin/bun')]), []),
    // Nothing but the weights of the built network is read.
    byPath('Deno', findProgram('deno', [join(packages, '@deno/linux-x64-glibc/deno')]), [
      'run',
      '--allow-read=net',
    ]),
  ];
  return [...nodes, ...others];
}

/**
 * @param {string} name
 * @param {string | undefined} path
 * @param {string[]} words before the file
 * @returns {Engine | Missing}
 */
function byPath(name, path, words) {
  return path && existsSync(path) ? engine(name, path, words) : { name, hint: packagesHint };
}

/**
 * @param {string} name
 * @param {string} path
 * @param {string[]} words
 * @returns {Engine}
 */
function engine(name, path, words) {
  const printed = execFileSync(path, ['--version'], { encoding: 'utf8' });
  const version = /\d+\.\d+\.\d+/.exec(printed)?.[0] ?? '?';
  const run = (/** @type {string} */ folder) => runFile(path, [...words, 'main.mjs'], folder);
  return { name: name.replace(/ \d.*/, ''), version, run };
}

/**
 * Its answer is its only line; a warning, a trace or a process that does not end by itself is a failure.
 *
 * @param {string} path
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<Report>}
 */
async function runFile(path, args, cwd) {
  const child = spawn(path, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: longest });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (data) => {
    said += data;
  });
  child.stderr.on('data', (data) => {
    complained += data;
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)));
  if (signal !== null) throw new Error(`it did not end by itself (${signal})${said && ' after it answered'}`);
  if (code !== 0 || complained !== '') throw new Error(`exit ${code}: ${complained}${said}`);
  return JSON.parse(said);
}
