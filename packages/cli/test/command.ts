// Runs the command from its sources as a child process, as a shell would.

import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// In dist, from where the command finds its package.json as it does when installed.
const bundle = at(`../dist/.test-${process.pid}.js`);

/** Bundles the command with the library's sources, so that the tests need no build. */
export async function buildCommand(): Promise<void> {
  await build({
    entryPoints: [at('../src/bin.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    ignoreAnnotations: true, // `sideEffects` in package.json speaks of dist
    alias: { neocog: at('../../neocog/src/index.ts'), '@neocog/formats': at('../../formats/src/index.ts') },
  });
}

export const removeCommand = (): Promise<void> => rm(bundle, { force: true });

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `neocog …args` in a folder. `watch` sees the process and what it has printed so far. */
export function neocog(
  folder: string,
  args: readonly string[],
  watch: (child: ChildProcess, out: string) => void = () => {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What is run hundreds of times is compiled once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'neocog-compiled') },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    watch(child, out);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** One sentence on standard error, nothing on standard output, exit code 1. */
export async function expectRefused(outcome: Promise<Outcome>, sentence: RegExp): Promise<void> {
  const { code, out, err } = await outcome;
  expect(err).toMatch(sentence);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, out }).toEqual({ code: 1, out: '' });
}
