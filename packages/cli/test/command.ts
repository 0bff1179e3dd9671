// Runs the command from its sources as a child process, as a shell would.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect } from 'vitest';
import { sources } from '../../../scripts/sources.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// In dist, from where the command finds its package.json as it does when installed.
const folder = at('../dist/');
const name = `.test-${process.pid}`;
const bundle = join(folder, `${name}.js`);

/** Bundles the command with the library's sources, so that the tests need no build. */
export async function buildCommand(): Promise<void> {
  await build({
    entryPoints: [{ in: at('../src/bin.ts'), out: name }],
    outdir: folder,
    chunkNames: `${name}-[hash]`,
    bundle: true,
    splitting: true, // a command loads its own code alone
    platform: 'node',
    format: 'esm',
    packages: 'external',
    ignoreAnnotations: true, // `sideEffects` in package.json speaks of dist
    alias: sources,
  });
}

export async function removeCommand(): Promise<void> {
  const made = (await readdir(folder)).filter(
    (file) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`),
  );
  for (const file of made) await rm(join(folder, file), { force: true });
}

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process, and what comes of it. */
export interface Started {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** Runs `neocog …args` in a folder. `watch` sees the process and what it has printed so far. */
export function neocog(
  folder: string,
  args: readonly string[],
  watch: (child: ChildProcess, out: string) => void = () => {},
): Promise<Outcome> {
  return started([process.execPath, bundle, ...args], folder, watch).outcome;
}

/** The same, as a process that goes on. */
export const startNeocog = (folder: string, args: readonly string[]): Started =>
  started([process.execPath, bundle, ...args], folder);

/** The same from the sources. */
export const startNeocogOfSources = (folder: string, args: readonly string[]): Started =>
  started([...ofSources, ...args], folder);

/** The start of a command line that runs the sources. */
export const ofSources: readonly string[] = [
  process.execPath,
  ...['--disable-warning=ExperimentalWarning', '--import', at('../../../test/fuzz/sources.ts')],
  at('../src/bin.ts'),
];

/** The same from the sources, in a Node that takes them; threads that read pictures find their modules there. */
export const neocogOfSources: typeof neocog = (folder, args, watch) => {
  return started([...ofSources, ...args], folder, watch).outcome;
};

/** Any command line, such as one of mpirun, with more variables in its environment. */
export const runLine = (folder: string, line: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> =>
  started(line, folder, () => {}, env).outcome;

function started(
  line: readonly string[],
  folder: string,
  watch: (child: ChildProcess, out: string) => void = () => {},
  env: NodeJS.ProcessEnv = {},
): Started {
  const [file, ...args] = line;
  const child = spawn(file as string, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What is run hundreds of times is compiled once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'neocog-compiled'), ...env },
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
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, outcome };
}

/** One sentence on standard error, nothing on standard output, exit code 1. */
export async function expectRefused(outcome: Promise<Outcome>, sentence: RegExp): Promise<void> {
  const { code, out, err } = await outcome;
  expect(err).toMatch(sentence);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, out }).toEqual({ code: 1, out: '' });
}
