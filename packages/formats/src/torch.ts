// Tensors from what PyTorch's torch.save wrote (.pt, .pth), in the zip format and in the one before PyTorch 1.6. Nothing
// in the file is executed: see torch-values.ts for all that it may name. Not here: whole pickled modules, TorchScript,
// sparse and quantised tensors. Source: torch/serialization.py of PyTorch.

import { FormatError, NeocogError, Tensor } from 'neocog';
import { type Fail, type PickleOptions, unpickle } from './pickle.ts';
import type { TensorDict } from './safetensors.ts';
import { readSource, type Source, sourceName } from './source.ts';
import { storedTypes } from './stored-types.ts';
import { gather, product, reach, swapBytes } from './strided.ts';
import { storageOf, type TorchStorage, TorchTensor, torchGlobals } from './torch-values.ts';
import { isZip, unpackedLimit, unzip } from './zip.ts';

export interface TorchOptions {
  /** Only what lies within this key, such as `state_dict`, which then no longer begins the keys. */
  readonly within?: string;
}

/** What was pickled, and the bytes of its storages. */
interface TorchFile {
  readonly value: unknown;
  readonly storages: ReadonlyMap<string, Uint8Array>;
  readonly bigEndian?: boolean;
}

/**
 * Loads the tensors of a file that `torch.save` wrote, such as a state dict, by PyTorch's keys.
 *
 * Tensors in dicts and lists within are found too, their keys joined with dots: of `{ 'state_dict': …, 'epoch': 3 }` come
 * `state_dict.conv1.weight` …, or `conv1.weight` … with `within: 'state_dict'`. What is no tensor is left out; a single
 * tensor is called `tensor`. Nothing in the file is executed. Types become float32 and int32 as `loadSafetensors` says.
 *
 * @throws FormatError if the bytes are no such file, name Python objects other than tensors and plain values, or a tensor
 * has a type or a value that neocog does not hold.
 * @throws NeocogError if `source` cannot be read, or has nothing at `within`.
 * @example models.resnet18().loadStateDict(await loadTorch('resnet18-f37072fd.pth'));
 */
export async function loadTorch(source: Source, options: TorchOptions = {}): Promise<TensorDict> {
  return parse(await readSource('loadTorch', source), `loadTorch: ${sourceName(source)}`, options);
}

/** Parses the bytes of such a file as `loadTorch` does; `source` names the file in errors. */
export function parseTorch(bytes: Uint8Array, source = 'the file', options: TorchOptions = {}): TensorDict {
  return parse(bytes, `parseTorch: ${source}`, options);
}

/** Whether the bytes begin as torch.save wrote them before PyTorch 1.6. */
export const isLegacyTorch = (bytes: Uint8Array): boolean =>
  legacyMagic.every((byte, i) => bytes[i] === byte);

/** A pickle, with the protocol that is at its place 1, of the number 0x1950a86a20f9469cfc6c. */
const legacyMagic = Uint8Array.of(
  0x80,
  2,
  0x8a,
  10,
  0x6c,
  0xfc,
  0x9c,
  0x46,
  0xf9,
  0x20,
  0x6a,
  0xa8,
  0x50,
  0x19,
  0x2e,
);

function parse(bytes: Uint8Array, about: string, { within }: TorchOptions): TensorDict {
  const fail: Fail = (problem) => {
    throw new FormatError(`${about} cannot be read as a file of torch.save: ${problem}`);
  };
  const readFile = isZip(bytes) ? readArchive : isLegacyTorch(bytes) ? readLegacy : null;
  if (readFile === null) return fail('it is neither a zip archive nor a pickle as PyTorch writes them');
  const file = readFile(about, bytes, fail);
  const found = select(collect(file.value, fail), within, about);
  const total = found.reduce(
    (sum, [, { type, view }]) => sum + product(view.shape) * (storedTypes.get(type)?.bytes ?? 0),
    0,
  );
  if (total > unpackedLimit(bytes.length))
    fail(`its tensors take ${total} bytes, more than 64 MiB and 100 × its own`);
  return Object.fromEntries(found.map(([key, tensor]) => [key, readTensor(key, tensor, file, fail)]));
}

function readArchive(about: string, bytes: Uint8Array, fail: Fail): TorchFile {
  const files = unzip(about, bytes);
  const pickles = [...files.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1) return fail('it has no data.pkl; is it another format?');
  const root = pickles[0].slice(0, -'data.pkl'.length);
  if (files.has(`${root}constants.pkl`)) {
    return fail('it is a TorchScript program; save state_dict() of the network with torch.save instead');
  }
  const { value } = unpickle(files.get(pickles[0])!, pickleOptions(fail));
  const folder = `${root}data/`;
  const inFolder = [...files].filter(([name]) => name.startsWith(folder));
  return {
    value,
    storages: new Map(inFolder.map(([name, data]) => [name.slice(folder.length), data])),
    bigEndian: new TextDecoder().decode(files.get(`${root}byteorder`)) === 'big',
  };
}

const pickleOptions = (fail: Fail, seen?: Map<string, TorchStorage>): PickleOptions => ({
  fail,
  globals: torchGlobals,
  persistent: (id) => {
    const storage = storageOf(id, fail);
    seen?.set(storage.key, storage);
    return storage;
  },
});

/** Five pickles (a magic number, a version, the system, the value, the keys of storages), then each storage. */
function readLegacy(_about: string, bytes: Uint8Array, fail: Fail): TorchFile {
  const seen = new Map<string, TorchStorage>();
  const values: unknown[] = [];
  let at = 0;
  while (values.length < 5) {
    const { value, end } = unpickle(bytes, pickleOptions(fail, seen), at);
    values.push(value);
    at = end;
  }
  const [, version, system, value, keys] = values;
  if (version !== 1001 || !(system instanceof Map)) return fail('it is of another version than 1001');
  if (system.get('little_endian') === false)
    return fail('it was saved on a big-endian machine; save it again on another');
  return { value, storages: readLegacyStorages(bytes, at, keys, seen, fail) };
}

/** Each storage is its length in values and the values. */
function readLegacyStorages(
  bytes: Uint8Array,
  start: number,
  keys: unknown,
  seen: ReadonlyMap<string, TorchStorage>,
  fail: Fail,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let at = start;
  for (const key of Array.isArray(keys) ? keys : fail('its list of storages is none')) {
    const storage = seen.get(key) ?? fail('it has storages that nothing refers to');
    const width = widthOf(storage.type, fail);
    if (at + 8 > bytes.length) fail('it is cut');
    const size = Number(view.getBigInt64(at, true)) * width;
    at += 8 + size;
    if (size < 0 || at > bytes.length) fail('it is cut, or a storage claims more than there is');
    storages.set(key, bytes.subarray(at - size, at));
  }
  return storages;
}

const widthOf = (type: string | null, fail: Fail): number =>
  type === null ? 1 : (storedTypes.get(type)?.bytes ?? fail(`it has storages of ${type}`));

/**
 * Dicts and lists that a file may have: far above what weights need, far below what takes long. A few bytes of a pickle can
 * repeat a list without end.
 */
const mostContainers = 2e5;
const deepest = 64;

/** Every tensor in dicts and lists with its key. */
function collect(root: unknown, fail: Fail): Map<string, TorchTensor> {
  const found = new Map<string, TorchTensor>();
  const path: unknown[] = [];
  let visited = 0;
  const visit = (value: unknown): void => {
    if (value instanceof TorchTensor) return addTensor(found, path, value, fail);
    const parts = partsOf(value);
    if (parts === null) return;
    if (++visited > mostContainers || path.length > deepest) {
      fail(`its dicts nest deeper than ${deepest} or repeat without end`);
    }
    for (const [name, part] of parts) {
      path.push(name);
      visit(part);
      path.pop();
    }
  };
  visit(root);
  return found;
}

function partsOf(value: unknown): Iterable<[key: unknown, part: unknown]> | null {
  if (Array.isArray(value)) return value.entries();
  return value instanceof Map ? value.entries() : null;
}

function addTensor(
  found: Map<string, TorchTensor>,
  path: readonly unknown[],
  tensor: TorchTensor,
  fail: Fail,
): void {
  if (path.some((name) => name instanceof Object))
    fail('a dict in it has a key that is neither text nor number');
  const key = path.length > 0 ? path.join('.') : 'tensor';
  if (found.has(key)) fail(`it has two tensors with the key ${JSON.stringify(key)}`);
  if (key === '__proto__') fail('a tensor in it is named __proto__');
  found.set(key, tensor);
}

function select(
  found: ReadonlyMap<string, TorchTensor>,
  within: string | undefined,
  about: string,
): [key: string, tensor: TorchTensor][] {
  if (within === undefined) return [...found];
  const prefix = `${within}.`;
  const inside = [...found].filter(([key]) => key.startsWith(prefix));
  if (inside.length > 0) return inside.map(([key, tensor]) => [key.slice(prefix.length), tensor]);
  const first = [...new Set([...found.keys()].map((key) => key.split('.')[0]))].slice(0, 8).join(', ');
  throw new NeocogError(`${about} has no tensors within ${JSON.stringify(within)}; keys begin with ${first}`);
}

function readTensor(key: string, { type, view, storage }: TorchTensor, file: TorchFile, fail: Fail): Tensor {
  const about = `tensor ${JSON.stringify(key)}`;
  const stored = storedTypes.get(type);
  if (stored === undefined) {
    return fail(`${about} has dtype ${type}, neocog reads ${[...storedTypes.keys()].join(', ')}; convert it`);
  }
  const data = file.storages.get(storage.key);
  if (data === undefined)
    return fail(`${about} lies in storage ${JSON.stringify(storage.key)}, which is not there`);
  if (reach(view) * stored.bytes > data.length) {
    return fail(`${about} of shape [${view.shape}] reaches beyond the ${data.length} bytes of its storage`);
  }
  const buffer = gather(data, stored.bytes, view);
  const values = stored.read(file.bigEndian ? swapBytes(buffer, stored.bytes) : buffer);
  if (values === null) return fail(`${about} has ${type} values beyond the range of ${stored.becomes}`);
  return new Tensor(values, Object.freeze([...view.shape]));
}
