// Files of every format, damaged at random from a fixed seed: each loads or is refused with a NeocogError, soon and without
// taking much memory. Hand-made cases are beside the readers. FUZZ_RUNS and FUZZ_SEED widen the search.

import { readdirSync, readFileSync } from 'node:fs';
import { unzipSync, zipSync } from 'fflate';
import { NeocogError, tensor } from 'neocog';
import { expect, it } from 'vitest';
import { detectFormat } from './detect.ts';
import { loadFile } from './load.ts';
import { saveSafetensors } from './safetensors.ts';
import { loadTfjs } from './tfjs/load.ts';
import { isZip } from './zip.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 1500);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const slowest = 5000; // ms: far above what any of these files takes, below what hangs
const largest = 2 ** 20; // kB

const fixtures = new URL('../fixtures/', import.meta.url);

/** Every small fixture but the one made to take long, and a file of the format that has none. */
function corpus(): [name: string, bytes: Uint8Array][] {
  const names = readdirSync(fixtures, { recursive: true, encoding: 'utf8' });
  const files = names
    .filter((name) => /\.(pt|npz|npy|onnx|keras|h5)$/.test(name))
    .sort()
    .map((name): [string, Uint8Array] => [name, new Uint8Array(readFileSync(new URL(name, fixtures)))]);
  const weights = saveSafetensors({ a: tensor([[1, 2]]), b: tensor(Int32Array.of(3)) }, { note: 'x' });
  const quick = files.filter(([name, bytes]) => bytes.length < 50_000 && name !== 'torch/laughs.pt');
  return [...quick, ['weights.safetensors', weights]];
}

/** TensorFlow.js models: their model.json, and their shards in order. */
function models(): [name: string, json: Uint8Array, weights: Uint8Array][] {
  const folders = readdirSync(new URL('tfjs/', fixtures), { withFileTypes: true });
  return folders
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = new URL(`tfjs/${name}/`, fixtures);
      const shards = readdirSync(folder).filter((file) => file.endsWith('.bin'));
      const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, folder)));
      return [name, read('model.json'), join(...shards.sort().map(read))];
    });
}

type Random = (below: number) => number;

/** mulberry32 */
function randomFrom(start: number): Random {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const mutations: Mutation[] = [
  function flipBits(bytes, random) {
    const copy = bytes.slice();
    for (let i = random(8); i >= 0; i--) copy[random(copy.length)] ^= 1 << random(8);
    return copy;
  },
  function cut(bytes, random) {
    return bytes.slice(0, random(bytes.length));
  },
  function dropRange(bytes, random) {
    const start = random(bytes.length);
    return join(bytes.subarray(0, start), bytes.subarray(start + random(64)));
  },
  function repeatRange(bytes, random) {
    const start = random(bytes.length);
    return join(bytes.subarray(0, start + random(256)), bytes.subarray(start));
  },
  function extremeNumber(bytes, random) {
    const copy = bytes.slice();
    const value = [0, 1, 0x7f, 0x80, 0xff][random(5)];
    const start = random(copy.length);
    return copy.fill(value, start, start + [1, 2, 4, 8][random(4)]);
  },
  function splice(bytes, random, other) {
    const [at, from] = [random(bytes.length), random(other.length)];
    return join(bytes.subarray(0, at), other.subarray(from, from + random(200)), bytes.subarray(at));
  },
];

/** What stands in for a value of JSON, besides another value of the same text. */
const oddValues: readonly unknown[] = [
  null,
  -1,
  0,
  1.5,
  2 ** 40,
  1e308,
  '',
  '__proto__',
  '../x',
  [],
  {},
  true,
];

/** One value of a text in JSON replaced: its form stays whole, so that damage reaches what reads it. */
function changeValue(bytes: Uint8Array, random: Random): Uint8Array {
  type Holder = Record<string, unknown>;
  const root: Holder = { value: JSON.parse(new TextDecoder().decode(bytes)) };
  const places: { holder: Holder; key: string }[] = [];
  const visit = (holder: Holder): void => {
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder, key });
      if (typeof value === 'object' && value !== null) visit(value as Holder);
    }
  };
  visit(root);
  const [{ holder, key }, other] = [places[random(places.length)], places[random(places.length)]];
  const odd = random(oddValues.length + 1);
  holder[key] = odd < oddValues.length ? oddValues[odd] : structuredClone(other.holder[other.key]);
  return new TextEncoder().encode(JSON.stringify(root.value));
}

const isJson = (bytes: Uint8Array): boolean => bytes[0] === 0x7b; // {

/** Archives are also damaged within, since damage to packed data alone ends at its checksum. */
function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const mutation = mutations[random(mutations.length)];
  if (!isZip(bytes) || random(3) === 0) return mutation(bytes, random, other);
  const entries = unzipSync(bytes);
  const names = Object.keys(entries).filter((name) => entries[name].length > 0);
  const name = names[random(names.length)];
  const damage = isJson(entries[name]) && random(2) === 0 ? changeValue : mutation;
  return zipSync({ ...entries, [name]: damage(entries[name], random, other) }, { level: 0 });
}

/** Loads damaged things, one after the other: each loads or is refused, in time, and all within the memory. */
async function tryAll(next: (random: Random) => [name: string, load: () => Promise<unknown>]): Promise<void> {
  const random = randomFrom(seed);
  const outcomes = { loaded: 0, refused: 0 };
  for (let i = 0; i < runs; i++) {
    const [name, load] = next(random);
    const begin = performance.now();
    try {
      await load();
      outcomes.loaded++;
    } catch (error) {
      if (!(error instanceof NeocogError)) throw new Error(`run ${i}, ${name}`, { cause: error });
      outcomes.refused++;
    }
    expect(performance.now() - begin, `run ${i}, ${name}`).toBeLessThan(slowest);
  }
  // Both must have been tried: damage that always or never shows tests nothing.
  expect(Math.min(outcomes.loaded, outcomes.refused)).toBeGreaterThan(runs / 50);
  expect(process.resourceUsage().maxRSS).toBeLessThan(largest);
}

it(`loads or refuses ${runs} damaged files`, { timeout: 120_000 }, async () => {
  const files = corpus();
  await tryAll((random) => {
    const [name, whole] = files[random(files.length)];
    const bytes = mutate(whole, random, files[random(files.length)][1]);
    return [name, () => loadFile(bytes, { within: undefined })];
  });
});

it(`loads or refuses ${runs} damaged models of TensorFlow.js`, { timeout: 120_000 }, async () => {
  const whole = models();
  await tryAll((random) => {
    const [name, json, weights] = whole[random(whole.length)];
    const mutation = mutations[random(mutations.length)];
    const source = [
      { modelJson: changeValue(json, random), weights },
      { modelJson: mutation(json, random, json), weights },
      { modelJson: json, weights: mutation(weights, random, json) },
    ][random(3)];
    return [name, () => loadTfjs(source)];
  });
});

it('knows its own files by their bytes', () => {
  for (const [name, bytes] of corpus()) expect(detectFormat(bytes), name).toBeDefined();
});
