// A copy of the tree to change: the checkout is never touched, and may change meanwhile. The packages are those of the checkout.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** All files that belong to the tree, committed or not. @param {string} root */
export function filesOf(root) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter(Boolean);
}

/** @param {string} root @param {readonly string[]} files @returns {string} the folder of the copy */
export function makeSandbox(root, files) {
  const sandbox = mkdtempSync(join(tmpdir(), 'neocog-mutate-'));
  for (const file of files) {
    const target = join(sandbox, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, file), target);
  }
  symlinkSync(join(root, 'node_modules'), join(sandbox, 'node_modules'), 'junction');
  return sandbox;
}
