// Tensors from what PyTorch's torch.save wrote (.pt, .pth), in the zip format and in the one before PyTorch 1.6. Nothing
// in the file is executed: see torch-values.ts for all that it may name. Not here: whole pickled modules, TorchScript,
// sparse and quantised tensors. Source: torch/serialization.py of PyTorch.

import { FormatError, NeocogError, Tensor } from 'neocog';
import type { Budget } from './budget.ts';
import { startsWith } from './bytes.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { unpickle } from './pickle.ts';
import { type Fail, type PickleOptions, UnknownObject } from './pickle-machine.ts';
import type { TensorDict } from './safetensors.ts';
import { product } from './shape.ts';
import { plainly, shown, shownList } from './shown.ts';
import type { Source } from './source.ts';
import { storedTypes } from './stored-types.ts';
import { gather, reach, swapBytes } from './strided.ts';
import { storageOf, type TorchStorage, TorchTensor, torchGlobals } from './torch-values.ts';
import { isZip, unzip } from './zip.ts';

/** What `loadTorch` and `parseTorch` are told of a file beside its limits. */
export interface TorchOptions extends ReadOptions {
  /**
   * Only what lies within this key, such as `state_dict`, which then no longer begins the keys. Default: everything. Whatever lies elsewhere is
   * passed over, also objects of Python that are not read here.
   */
  readonly within?: string | undefined;
}

/** What a file may take, and the error of one that is broken. */
interface Reading {
  readonly budget: Budget;
  readonly fail: Fail;
}

/** A tensor of the file by its key. */
type Found = [key: string, tensor: TorchTensor];

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
  return readTorch(await opening('loadTorch', options, ['within']).source(source));
}

/** Parses the bytes of such a file as `loadTorch` does; `source` names the file in errors. */
export function parseTorch(bytes: Uint8Array, source = 'the file', options: TorchOptions = {}): TensorDict {
  return readTorch(opening('parseTorch', options, ['within']).bytes(bytes, source));
}

/** Whether the bytes begin as torch.save wrote them before PyTorch 1.6. */
export const isLegacyTorch = (bytes: Uint8Array): boolean => startsWith(bytes, legacyMagic);

/** A pickle, with the protocol that is at its place 1, of the number 0x1950a86a20f9469cfc6c. */
const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** The tensors of a file whose bytes are at hand. */
export function readTorch({ bytes, budget, options: { within } }: Opened<TorchOptions>): TensorDict {
  const fail: Fail = (problem) => {
    throw new FormatError(`${budget.about} cannot be read as a file of torch.save: ${problem}`);
  };
  const readFile = isZip(bytes) ? readArchive : isLegacyTorch(bytes) ? readLegacy : null;
  if (readFile === null) return fail('it is neither a zip archive nor a pickle of PyTorch');
  const reading = { budget, fail };
  const file = readFile(reading, bytes);
  const found = select(reading, file.value, within);
  return Object.fromEntries(found.map((one) => [one[0], readTensor(reading, file, one)]));
}

function readArchive(reading: Reading, bytes: Uint8Array): TorchFile {
  const { budget, fail } = reading;
  const files = unzip(bytes, budget);
  const pickles = [...files.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1) return fail('it has no data.pkl; is it another format?');
  const root = pickles[0].slice(0, -'data.pkl'.length);
  if (files.has(`${root}constants.pkl`)) {
    return fail('it is a TorchScript program; save state_dict() of the network with torch.save instead');
  }
  const { value } = unpickle(files.get(pickles[0])!, pickleOptions(reading));
  const folder = `${root}data/`;
  const inFolder = [...files].filter(([name]) => name.startsWith(folder));
  return {
    value,
    storages: new Map(inFolder.map(([name, data]) => [name.slice(folder.length), data])),
    bigEndian: new TextDecoder().decode(files.get(`${root}byteorder`)) === 'big',
  };
}

const pickleOptions = (reading: Reading, seen?: Map<string, TorchStorage>): PickleOptions => ({
  ...reading,
  globals: torchGlobals,
  persistent: (id) => {
    const storage = storageOf(id, reading.fail);
    seen?.set(storage.key, storage);
    return storage;
  },
});

/** Five pickles (a magic number, a version, the system, the value, the keys of storages), then each storage. */
function readLegacy(reading: Reading, bytes: Uint8Array): TorchFile {
  const { fail } = reading;
  const seen = new Map<string, TorchStorage>();
  const values: unknown[] = [];
  let at = 0;
  while (values.length < 5) {
    const { value, end } = unpickle(bytes, pickleOptions(reading, seen), at);
    values.push(value);
    at = end;
  }
  const [, version, system, value, keys] = values;
  if (version !== 1001 || !(system instanceof Map)) return fail('it is of another version than 1001');
  if (system.get('little_endian') === false)
    return fail('it was saved on a big-endian machine; save it again on another');
  if (!Array.isArray(keys)) return fail('its list of storages is not a list');
  const stored = keys.map((key) => seen.get(key) ?? fail('it has storages that nothing refers to'));
  return { value, storages: readLegacyStorages(bytes.subarray(at), stored, fail) };
}

/** Each storage is its length in values and the values. */
function readLegacyStorages(
  bytes: Uint8Array,
  stored: readonly TorchStorage[],
  fail: Fail,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let at = 0;
  for (const { key, type } of stored) {
    const width = widthOf(type, fail);
    if (at + 8 > bytes.length) fail('it is truncated');
    const size = Number(view.getBigInt64(at, true)) * width;
    at += 8 + size;
    if (size < 0 || at > bytes.length) fail('it is truncated, or a storage claims more bytes than it has');
    storages.set(key, bytes.subarray(at - size, at));
  }
  return storages;
}

const widthOf = (type: string | null, fail: Fail): number =>
  type === null ? 1 : (storedTypes.get(type)?.bytes ?? fail(`it has storages of ${type}`));

/** Steps for each part of a dict or list: a few bytes of a pickle can repeat a list without end. */
const stepsPerPart = 64;
/** Counted for a tensor beside its values: keys and places take time too. */
const tensorBytes = 4096;

/** Every tensor in dicts and lists with its key. Only parts whose key `leadsTo` them are looked into. */
function collect(reading: Reading, root: unknown, leadsTo?: (key: string) => boolean): Found[] {
  const { budget, fail } = reading;
  const found = new Map<string, TorchTensor>();
  const path: unknown[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof TorchTensor) return void found.set(newKey(reading, path, found), value);
    if (value instanceof UnknownObject) return refuseUnknown(value, path, fail);
    const parts = partsOf(value);
    if (parts === null) return;
    budget.depth(path.length, 'a dict');
    for (const [name, part] of parts) {
      budget.work(stepsPerPart, 'a dict');
      path.push(name);
      if (leadsTo === undefined || leadsTo(keyOf(path))) visit(part);
      path.pop();
    }
  };
  visit(root);
  return [...found];
}

const keyOf = (path: readonly unknown[]): string => path.join('.');

function refuseUnknown({ name }: UnknownObject, path: readonly unknown[], fail: Fail): never {
  const place = path.length > 0 ? ` at ${shown(keyOf(path))}` : '';
  return fail(
    `it asks for the Python object ${shown(name)}${place}, which needs Python code; name the key of the tensors ` +
      'with within, or save a dict of tensors, such as state_dict(), instead',
  );
}

function partsOf(value: unknown): Iterable<[key: unknown, part: unknown]> | null {
  if (Array.isArray(value)) return value.entries();
  return value instanceof Map ? value.entries() : null;
}

/** The key of a tensor, which no other has. */
function newKey(
  { budget, fail }: Reading,
  path: readonly unknown[],
  found: ReadonlyMap<string, TorchTensor>,
): string {
  if (path.some((name) => name instanceof Object))
    fail('a dict in it has a key that is neither a string nor a number');
  const key = path.length > 0 ? keyOf(path) : 'tensor';
  // A long name that stands once in the file may begin many keys.
  budget.bytes(tensorBytes + 16 * key.length, 'a tensor');
  if (found.has(key)) fail(`it has two tensors with the key ${shown(key)}`);
  if (key === '__proto__') fail('a tensor in it is named __proto__');
  return key;
}

/** The tensors that are wanted, by their keys within it. */
function select(reading: Reading, root: unknown, within: string | undefined): Found[] {
  if (within === undefined) return collect(reading, root);
  const { budget } = reading;
  const prefix = `${within}.`;
  const leadsTo = (key: string): boolean => {
    budget.work(key.length, 'a key');
    return prefix.startsWith(`${key}.`) || key.startsWith(prefix);
  };
  const inside = collect(reading, root, leadsTo).filter(([key]) => key.startsWith(prefix));
  if (inside.length > 0) return inside.map(([key, tensor]) => [key.slice(prefix.length), tensor]);
  const first = [...(partsOf(root) ?? [])].slice(0, 8).map(([key]) => plainly(String(key)));
  throw new NeocogError(
    `${budget.about} has no tensors within ${shown(within)}; its keys are ${first.join(', ')}`,
  );
}

function readTensor({ budget, fail }: Reading, file: TorchFile, [key, tensor]: Found): Tensor {
  const { type, view, storage } = tensor;
  const about = `tensor ${shown(key)}`;
  const stored = storedTypes.get(type);
  if (stored === undefined) {
    return fail(
      `${about} has dtype ${type}, but neocog reads ${[...storedTypes.keys()].join(', ')}; convert it`,
    );
  }
  const data = file.storages.get(storage.key);
  if (data === undefined) return fail(`${about} lies in storage ${shown(storage.key)}, which is missing`);
  if (reach(view) * stored.bytes > data.length) {
    return fail(
      `${about} of shape ${shownList(view.shape)} reaches beyond the ${data.length} bytes of its storage`,
    );
  }
  budget.value(product(view.shape), 4 + stored.bytes, about);
  const buffer = gather(data, stored.bytes, view);
  const values = stored.read(file.bigEndian ? swapBytes(buffer, stored.bytes) : buffer);
  if (values === null) return fail(`${about} has ${type} values beyond the range of ${stored.becomes}`);
  return new Tensor(values, Object.freeze([...view.shape]));
}
