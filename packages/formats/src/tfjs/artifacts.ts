// The files of a TensorFlow.js model: model.json, and the shards of weights that it names, which must lie in its folder or
// below. Reads and joins; what the shards hold is in weights.ts.

import { NeocogError } from 'neocog';
import type { Budget } from '../budget.ts';
import { joinBytes } from '../bytes.ts';
import { parseJsonObject } from '../json.ts';
import type { Opened } from '../open.ts';
import { jsonText, needBytes } from '../options.ts';
import { shown } from '../shown.ts';
import { type Address, FilesAtHand, isPlaced, readBeside } from '../source.ts';
import { readManifest, type WeightGroup } from './weights.ts';
import { unwrapBytes, unwrapJson, wrappedEnding } from './wrapped.ts';

/** The bytes of a model that the caller has read: model.json, and its weights joined or by their paths. */
export interface TfjsParts {
  /** The bytes or text of model.json, or the object that it holds. */
  modelJson: Uint8Array | ArrayBuffer | string | object;
  /** All shards joined in the order of the manifest, or the shards by the paths that the manifest gives. */
  weights: Uint8Array | ArrayBuffer | readonly Uint8Array[] | Readonly<Record<string, Uint8Array>>;
}

/** A model.json by its path or address, or its parts. */
export type TfjsSource = string | Address | TfjsParts;

/** A model.json that was read, and the bytes of its weights. */
export interface TfjsArtifacts {
  /** Begins every error, and counts what is made. */
  readonly budget: Budget;
  readonly model: Readonly<Record<string, unknown>>;
  readonly groups: readonly WeightGroup[];
  /** For each group, its shards joined. */
  readonly bytes: readonly Uint8Array[];
}

/**
 * The shards of a model.json whose bytes are at hand, from beside `source` or among what it holds.
 *
 * @throws FormatError if model.json is no model, or names a shard outside its folder.
 * @throws NeocogError if a file cannot be read.
 */
export async function readArtifacts(
  source: TfjsSource | FilesAtHand,
  { bytes: given, budget }: Pick<Opened, 'bytes' | 'budget'>,
): Promise<TfjsArtifacts> {
  const ending = isPlaced(source) ? wrappedEnding(String(source)) : undefined;
  const json = ending === undefined ? given : encode(unwrapJson(budget.about, decode(given)));
  const model = parseJsonObject(json, budget);
  const groups = readManifest(budget.about, model.weightsManifest);
  const bytes = isFound(source)
    ? await Promise.all(groups.map((group) => readShards(budget.about, { source, ending }, group)))
    : givenShards(budget.about, source.weights, groups);
  for (const { length } of bytes) budget.grow(length);
  return { budget, model, groups, bytes };
}

/** The bytes of the model.json that the caller has read. */
export function jsonOf(parts: Partial<TfjsParts> | null): Uint8Array {
  const json = parts?.modelJson;
  if (json === undefined || json === null) {
    throw new NeocogError('loadTfjs: modelJson is missing; pass a path, a URL, or { modelJson, weights }');
  }
  if (json instanceof Uint8Array || json instanceof ArrayBuffer) return needBytes('loadTfjs', json);
  return encode(typeof json === 'string' ? json : jsonText('loadTfjs', 'modelJson', json));
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Whether shards are looked for beside it. */
const isFound = (source: TfjsSource | FilesAtHand): source is string | Address | FilesAtHand =>
  source instanceof FilesAtHand || isPlaced(source);

/** Where a model is, and what the names of its shards end in where they are modules. */
interface Beside {
  readonly source: string | Address | FilesAtHand;
  readonly ending: string | undefined;
}

async function readShards(
  about: string,
  { source, ending }: Beside,
  group: WeightGroup,
): Promise<Uint8Array> {
  const readOne = async (path: string): Promise<Uint8Array> => {
    if (ending === undefined) return readBeside(about, source, path);
    const name = path + ending;
    return unwrapBytes(about, name, decode(await readBeside(about, source, name)));
  };
  return joinBytes(await Promise.all(group.paths.map(readOne)));
}

function givenShards(
  about: string,
  weights: TfjsParts['weights'],
  groups: readonly WeightGroup[],
): Uint8Array[] {
  if (weights instanceof Uint8Array || weights instanceof ArrayBuffer) {
    return cut(needBytes('loadTfjs', weights), groups);
  }
  if (Array.isArray(weights))
    return cut(joinBytes(weights.map((part) => needBytes('loadTfjs: weights', part))), groups);
  const byPath = (weights ?? {}) as Readonly<Record<string, Uint8Array>>;
  const missing = groups.flatMap((group) => group.paths).find((path) => !Object.hasOwn(byPath, path));
  if (missing === undefined)
    return groups.map((group) =>
      joinBytes(group.paths.map((path) => needBytes('loadTfjs: weights', byPath[path]))),
    );
  throw new NeocogError(
    `${about}: weights hold no ${shown(missing)}, which the manifest names; pass the bytes of every shard`,
  );
}

/** The bytes of all groups, one after the other; the last one gets what is left, so that a surplus is seen. */
function cut(bytes: Uint8Array, groups: readonly WeightGroup[]): Uint8Array[] {
  let at = 0;
  return groups.map((group, i) => {
    const start = at;
    at += group.size;
    return bytes.subarray(start, i === groups.length - 1 ? undefined : at);
  });
}
