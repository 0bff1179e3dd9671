// Jobs of several processes, started by Debian's mpirun on this machine, from bundles of the sources.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sources } from '../../../scripts/sources.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Why there can be no jobs here, or null. */
export const missingMpi: string | null =
  spawnSync('mpirun', ['--version']).status === 0
    ? null
    : 'Open MPI was not found; apt-get install openmpi-bin libopenmpi3';

/** A bundle beside the package's own, so that it finds what the package depends on. */
export async function bundle(name: string): Promise<string> {
  const outfile = at(`../dist/.test-${process.pid}-${name}.js`);
  await build({
    entryPoints: [at(`ranks/${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    ignoreAnnotations: true,
    alias: sources,
  });
  return outfile;
}

export const removeBundle = (file: string): void => rmSync(file, { force: true });

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'neocog-cluster-'));

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Root may, and there may be more processes than cores. */
const always = ['--allow-run-as-root', '--oversubscribe'];

export interface Job {
  readonly ranks: number;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Sees the process of mpirun and what was printed so far. */
  readonly watch?: (child: ChildProcess, out: string) => void;
}

export function mpirun({ ranks, script, args = [], env = {}, watch = () => {} }: Job): Promise<Outcome> {
  const child = spawn('mpirun', [...always, '-n', String(ranks), process.execPath, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  return outcomeOf(child, watch);
}

function outcomeOf(child: ReturnType<typeof spawn>, watch: Job['watch'] = () => {}): Promise<Outcome> {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    watch(child, out);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** What each rank printed as a line of JSON that begins with its number. */
export function reportsOf<T>({ out, err, code }: Outcome): T[] {
  if (code !== 0) throw new Error(`the job ended with ${code}: ${err}${out}`);
  const lines = out.split('\n').filter((line) => /^\d+ \{/.test(line));
  const parsed = lines.map(
    (line) => [Number.parseInt(line, 10), JSON.parse(line.slice(line.indexOf('{')))] as const,
  );
  return parsed.sort(([a], [b]) => a - b).map(([, report]) => report as T);
}

/** A process by itself. */
export function node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return outcomeOf(
    spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } }),
  );
}
