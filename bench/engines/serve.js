// The side of an engine's process that talks: one JSON object per line on stdin, one per line as the answer on stdout.
//   {load: job} → {ok: true}, the result written to `job.folder/<engine>.bin` or, for training, {losses}
//   {time: ms}  → {samples}: milliseconds of each call, for at least that long
// Any request may be answered by {error}. The first line says {ready: version}. A job is what jobs.js writes.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sampleTimes } from './sampleTimes.js';

/** Until optimised code is in place: V8 makes it in the background. A call of more than a second needs no second one. */
async function warmUp(run) {
  for (let round = 0; round < 6; round++) {
    if ((await sampleTimes(run, 30)).at(-1) > 1000) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Reads what a job consists of. */
export function readJob(job) {
  // A small file is read into a part of a larger buffer: copied, so that floats start at its own beginning.
  const floats = (name) => new Float32Array(Uint8Array.from(readFileSync(join(job.folder, name))).buffer);
  return { ...job, x: floats('x.bin'), weights: () => floats('weights.bin') };
}

/** Loading ends with `{ run }` or `{ run, output }` or `{ run, losses }`, and `dispose` where something is to be freed. */
async function load(engine, job, loadJob) {
  const loaded = await loadJob(readJob(job));
  if (loaded.output) {
    const { buffer, byteOffset, byteLength } = loaded.output;
    writeFileSync(join(job.folder, `${engine}.bin`), new Uint8Array(buffer, byteOffset, byteLength));
  }
  await warmUp(loaded.run);
  return loaded;
}

/** Serves requests until stdin closes. `loadJob` makes an engine ready for a job. */
export async function serve(version, loadJob) {
  const engine = process.argv[2];
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let loaded = null;
  const handle = async ({ load: job, time }) => {
    if (time) return { samples: await sampleTimes(loaded.run, time) };
    await loaded?.dispose?.();
    loaded = null;
    loaded = await load(engine, job, loadJob);
    return { ok: true, losses: loaded.losses };
  };
  answer({ ready: version });
  for await (const line of createInterface({ input: process.stdin })) {
    answer(await handle(JSON.parse(line)).catch((error) => ({ error: String(error?.message ?? error) })));
  }
  process.exit(0);
}

/** Version of an installed package, which need not export it. */
export function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** Threads that this process may use. */
export const threads = Number(process.argv[3]);
