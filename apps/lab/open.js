// `npm run lab`: builds the Lab and opens it. Installs what is missing. `-- --dev` serves the sources, `-- --no-open` opens no
// window; other arguments go to the server, such as `-- --port 8000`. Plain JavaScript without packages: there may be none yet.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeEngines } from '../../scripts/nodes.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const lab = fileURLToPath(new URL('./', import.meta.url));
const vite = `${root}node_modules/vite/bin/vite.js`;

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: command === 'npm' });
  if (status !== 0) process.exit(status ?? 1);
}

const given = process.argv.slice(2);
const dev = given.includes('--dev');
const open = given.includes('--no-open') ? [] : ['--open'];
const args = [...open, ...given.filter((arg) => arg !== '--dev' && arg !== '--no-open')];

if (!existsSync(vite) || !existsSync(`${root}node_modules/svelte`)) run('npm', ['ci'], root);
const node = nodeEngines()[0]?.path ?? process.execPath;
if (dev) run(node, [vite, ...args], lab);
else {
  run(node, [vite, 'build', '--logLevel', 'warn'], lab);
  run(node, [vite, 'preview', ...args], lab);
}
