// A copy of the tree to change, so that the checkout is never touched: files are linked until one is changed, and the
// packages are those of the checkout.

import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    try {
      linkSync(join(root, file), target);
    } catch {
      copyFileSync(join(root, file), target); // another disk, or no links there
    }
  }
  symlinkSync(join(root, 'node_modules'), join(sandbox, 'node_modules'), 'junction');
  return sandbox;
}

/** Replaces a file, not what it is linked with. @param {string} path @param {string} text */
export function replaceFile(path, text) {
  rmSync(path, { force: true });
  writeFileSync(path, text);
}
