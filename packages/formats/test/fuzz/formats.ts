// The formats for index.ts: their small files, how these are damaged by what they say, and how they are loaded and run.

import { readdirSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { type nn, type Tensor, tensor, zeros } from 'neocog';
import { Budget } from '../../src/budget.ts';
import {
  loadKeras,
  loadOnnx,
  loadTfjs,
  parseNpy,
  parseNpz,
  parseSafetensors,
  parseTorch,
  saveSafetensors,
} from '../../src/index.ts';
import { decode, encode } from '../../src/onnx/protobuf.ts';
import { modelType } from '../../src/onnx/schema.ts';
import { unzip } from '../../src/zip.ts';
import { type Mutation, mutateBytes } from './bytes.ts';
import type { FuzzedFormat, Seed } from './index.ts';
import { mutatePickle } from './pickle.ts';
import { mutateTree } from './tree.ts';

type Kind = Omit<FuzzedFormat, 'run'> & { readonly load: (bytes: Uint8Array) => unknown };

const fixtures = new URL('../../fixtures/', import.meta.url);
const largestSeed = 50_000;

/** Small files of the fixtures whose path fits; not the one that is made to take long. */
function fixturesOf(path: RegExp): Seed[] {
  return readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.test(name) && name !== 'torch/laughs.pt')
    .sort()
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, fixtures))) }))
    .filter(({ bytes }) => bytes.length <= largestSeed);
}

/** A model of TensorFlow.js as one file: an archive of model.json and its shards, joined. */
function models(): Seed[] {
  const folders = readdirSync(new URL('tfjs/', fixtures), { withFileTypes: true });
  return folders
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = new URL(`tfjs/${name}/`, fixtures);
      const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, folder)));
      const shards = readdirSync(folder).filter((file) => file.endsWith('.bin'));
      const weights = new Uint8Array(Buffer.concat(shards.sort().map(read)));
      return {
        name,
        bytes: zipSync({ 'model.json': read('model.json'), 'weights.bin': weights }, { level: 0 }),
      };
    });
}

const weights = (): Seed[] => [
  {
    name: 'two',
    bytes: saveSafetensors({ a: tensor([[1, 2]]), b: tensor(Int32Array.of(3)) }, { note: 'x' }),
  },
  { name: 'none', bytes: saveSafetensors({}) },
  { name: 'empty', bytes: saveSafetensors({ a: zeros([0, 3]), b: zeros([]) }) },
];

/** JSON in which one value is another. What is no JSON any more is damaged by its bytes. */
const mutateJson: Mutation = (bytes, random, other) => {
  if (random(4) === 0) return mutateBytes(bytes, random, other);
  try {
    const root = { value: JSON.parse(new TextDecoder().decode(bytes)) as unknown };
    mutateTree(root, random, true);
    return new TextEncoder().encode(JSON.stringify(root.value) ?? '');
  } catch {
    return mutateBytes(bytes, random, other);
  }
};

/** A model in which one value of its messages is another. */
const mutateModel: Mutation = (bytes, random, other) => {
  if (random(4) === 0) return mutateBytes(bytes, random, other);
  try {
    const model = decode<object>(modelType, bytes);
    mutateTree(model, random, false);
    return encode(modelType, model);
  } catch {
    return mutateBytes(bytes, random, other);
  }
};

/** Damage to one file of an archive, which is packed again; to the archive itself now and then. */
const inArchive =
  (mutationOf: (name: string) => Mutation): Mutation =>
  (bytes, random, other) => {
    if (random(4) === 0) return mutateBytes(bytes, random, other);
    const entries = unzipOrNone(bytes);
    const names = Object.keys(entries).filter((name) => entries[name].length > 0);
    if (names.length === 0) return mutateBytes(bytes, random, other);
    const name = names[random(names.length)];
    const changed = mutationOf(name)(entries[name], random, other);
    return zipSync({ ...entries, [name]: changed }, { level: random(2) === 0 ? 0 : 6 });
  };

/** Of an archive that is damaged already, nothing. */
function unzipOrNone(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return Object.fromEntries(unzip(bytes, new Budget('fuzz', bytes.length)));
  } catch {
    return {};
  }
}

/** The JSON header changes, its length follows. */
const mutateHeader: Mutation = (bytes, random, other) => {
  if (random(3) === 0 || bytes.length < 10) return mutateBytes(bytes, random, other);
  const length = Math.min(
    Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)),
    bytes.length - 8,
  );
  const header = mutateJson(bytes.subarray(8, 8 + length), random, other);
  const whole = new Uint8Array(8 + header.length + bytes.length - 8 - length);
  new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
  whole.set(header, 8);
  whole.set(bytes.subarray(8 + length), 8 + header.length);
  return whole;
};

const isArchive = (bytes: Uint8Array): boolean => bytes[0] === 0x50;

const mutateTorch: Mutation = (bytes, random, other) =>
  (isArchive(bytes)
    ? inArchive((name) => (name.endsWith('.pkl') ? mutatePickle : mutateBytes))
    : mutatePickle)(bytes, random, other);

const mutateKeras: Mutation = (bytes, random, other) =>
  isArchive(bytes)
    ? inArchive((name) => (name.endsWith('.json') ? mutateJson : mutateBytes))(bytes, random, other)
    : mutateBytes(bytes, random, other);

/** Open axes are of this size. */
const openSize = 2;
/** More numbers than a caller would make for a small file. */
const mostInputs = 2 ** 20;

/** One forward pass on ones, as far as the inputs have a size that somebody would feed. */
function runOnce(network: nn.NamedModule): void {
  const shapes = network.inputs.map(({ shape }) => shape.map((n) => (typeof n === 'number' ? n : openSize)));
  if (shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0) > mostInputs) return;
  const inputs = network.inputs.map(({ name, dtype }, i): [string, Tensor] => {
    const size = shapes[i].reduce((a, b) => a * b, 1);
    const values = dtype === 'int32' ? new Int32Array(size).fill(1) : new Float32Array(size).fill(1);
    return [name, tensor(values, shapes[i], { dtype })];
  });
  network.run(Object.fromEntries(inputs));
}

async function runTfjs(bytes: Uint8Array): Promise<void> {
  const entries = unzipOrNone(bytes);
  const [modelJson, parts] = [entries['model.json'], entries['weights.bin'] ?? new Uint8Array(0)];
  if (modelJson) runOnce(await loadTfjs({ modelJson, weights: parts }));
}

export const kinds: readonly Kind[] = [
  {
    name: 'onnx',
    seeds: fixturesOf(/\.onnx$/),
    mutate: mutateModel,
    load: async (bytes) => runOnce(await loadOnnx(bytes)),
  },
  {
    name: 'tfjs',
    seeds: models(),
    mutate: inArchive((name) => (name.endsWith('.json') ? mutateJson : mutateBytes)),
    load: runTfjs,
  },
  {
    name: 'keras',
    seeds: fixturesOf(/\.(keras|h5)$/),
    mutate: mutateKeras,
    load: async (bytes) => runOnce(await loadKeras(bytes)),
  },
  { name: 'torch', seeds: fixturesOf(/\.pt$/), mutate: mutateTorch, load: (bytes) => parseTorch(bytes) },
  { name: 'safetensors', seeds: weights(), mutate: mutateHeader, load: (bytes) => parseSafetensors(bytes) },
  {
    name: 'npz',
    seeds: fixturesOf(/^numpy\/.*\.npz$/),
    mutate: inArchive(() => mutateBytes),
    load: (bytes) => parseNpz(bytes),
  },
  { name: 'npy', seeds: fixturesOf(/\.npy$/), mutate: mutateBytes, load: (bytes) => parseNpy(bytes) },
];
