// Builds the Lab once for all of its tests, into a folder of its own.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { root } from '../../../scripts/nodes.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the built Lab. */
    lab: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-lab-'));
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = ['build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'];
  // As a visitor gets it: Vitest's own mode would leave the service worker out.
  const env = { ...process.env, NODE_ENV: 'production' };
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, [vite, ...args], { cwd, env, stdio: 'inherit' });
  project.provide('lab', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
