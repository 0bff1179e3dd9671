// Which Nodes the tests and the packed packages are tried on: the one that this repository pins (an optional
// dependency, `node-<system>-<processor>`), and the one that npm itself runs on. Plain JavaScript, as every script
// here: the oldest supported Node runs it as it is.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root, with a slash at the end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * @typedef {object} Engine
 * @property {string} name as a heading shows it
 * @property {string} version such as `24.21.0`
 * @property {string} path of the executable
 */

/** @returns {Engine[]} the pinned Node first; one entry where both are the same */
export function nodeEngines() {
  const paths = [pinnedNode(), process.env.npm_node_execpath, process.execPath].filter(
    (path) => path !== undefined,
  );
  /** @type {Map<string, Engine>} */
  const byVersion = new Map();
  for (const path of paths) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    if (byVersion.has(version)) continue;
    byVersion.set(version, { name: `Node ${version.slice(1)}`, version: version.slice(1), path });
  }
  return [...byVersion.values()];
}

/** @returns {string | undefined} */
function pinnedNode() {
  const { optionalDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const found = Object.keys(optionalDependencies)
    .map((name) => `${root}node_modules/${name}/bin/${executable}`)
    .find((path) => existsSync(path));
  return found && realpathSync(found);
}
