// Opens networks: of the library by name, and of files in any format.

import { loadFiles, type TensorDict } from '@neocog/formats';
import { forPictures, type PictureNetwork } from '@neocog/vision';
import { init, manualSeed, models, type nn, type Tensor } from 'neocog';
import { architectures } from '../samples.ts';
import type { Origin, PixelRule } from './facts.ts';

/** A network, as it is opened. */
export interface Subject {
  readonly title: string;
  readonly format: string;
  readonly random: boolean;
  readonly module: nn.Module;
  /** Null where it takes no pictures. */
  readonly seen: PictureNetwork | null;
  readonly whyNoPicture: string | null;
  /** The picture that a network of the library is made for. */
  readonly usual: readonly number[] | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights that name no network. */
export interface LooseWeights {
  readonly format: string;
  readonly tensors: TensorDict;
}

export const formatNames: Readonly<Record<string, string>> = {
  onnx: 'ONNX',
  tfjs: 'TensorFlow.js',
  keras: 'Keras',
  safetensors: 'safetensors',
  torch: 'PyTorch',
  npz: 'NumPy archive',
  npy: 'NumPy array',
};

export async function openOrigin(origin: Origin): Promise<Subject | LooseWeights> {
  if (origin.kind === 'architecture') return ofLibrary(origin.name);
  const files = origin.kind === 'trained' ? { [`${origin.id}.onnx`]: origin.bytes } : origin.files;
  const { format, network, tensors, metadata } = await loadFiles(files);
  const name = formatNames[format] ?? format;
  const wanted = (origin.kind === 'files' && origin.model) || metadata.architecture;
  if (network) return { ...subjectOf(titleOf(files), network.eval()), format: name, metadata };
  if (wanted === undefined) return { format: name, tensors };
  const subject = ofLibrary(wanted, tensors);
  return {
    ...subject,
    title: `${subject.title} with weights of ${titleOf(files)}`,
    format: name,
    random: false,
    metadata,
  };
}

/** The name of the file that says most: that of a network, without its folder. */
function titleOf(files: Readonly<Record<string, Uint8Array>>): string {
  const names = Object.keys(files);
  const main = names.find((name) => /model\.json$|\.(onnx|keras|h5|hdf5)$/i.test(name)) ?? names[0] ?? '';
  const parts = main.split('/');
  // `model.json` alone names nothing; its folder does.
  return /^model\.json$/i.test(parts.at(-1) ?? '') && parts.length > 1
    ? parts.slice(-2).join('/')
    : (parts.at(-1) ?? '');
}

function subjectOf(title: string, module: nn.Module): Subject {
  const base = { title, module, format: 'neocog', random: false, usual: null, metadata: {} };
  try {
    return { ...base, seen: forPictures(module), whyNoPicture: null };
  } catch (error) {
    return { ...base, seen: null, whyNoPicture: (error as Error).message };
  }
}

const titles: ReadonlyMap<string, string> = new Map<string, string>(architectures);

/** A network of the library, with random weights unless there are some. */
function ofLibrary(name: string, weights?: Readonly<Record<string, Tensor>>): Subject {
  if (!Object.hasOwn(models.inputShapes, name))
    throw new Error(`There is no network “${name}” in the library. Choose one of its list.`);
  const key = name as models.ModelName;
  manualSeed(1);
  const module = weights ? withWeights(key, weights) : build(key);
  return {
    ...subjectOf(titles.get(name) ?? name, module.eval()),
    random: !weights,
    usual: models.inputShapes[key],
  };
}

/** What some networks take; each refuses what it does not have. */
interface Sizes {
  readonly classes?: number;
}

const build = (name: models.ModelName, sizes?: Sizes): nn.Module =>
  (models[name] as (sizes?: Sizes) => nn.Module)(sizes);

/** The number of classes is that of the last weights. */
function withWeights(name: models.ModelName, weights: Readonly<Record<string, Tensor>>): nn.Module {
  const usual = init.skip(() => build(name));
  const keys = Object.keys(usual.stateDict()).filter((key) => /weight$/.test(key));
  const last = keys.at(-1) ?? '';
  const classes = weights[last]?.shape[0];
  const other = classes !== undefined && classes !== usual.stateDict()[last]?.shape[0];
  const module = other ? init.skip(() => build(name, { classes })) : usual;
  module.loadStateDict(weights);
  return module;
}

/** Networks of the library that have the same keys. The largest ones come last. */
export function networksFor(weights: TensorDict): string[] {
  const given = new Set(Object.keys(weights).filter((key) => !key.endsWith('num_batches_tracked')));
  const names = ['lenet5', ...architectures.map(([name]) => name)] as models.ModelName[];
  const found = names.find((name) => {
    const own = Object.keys(init.skip(() => build(name)).stateDict());
    const counted = own.filter((key) => !key.endsWith('num_batches_tracked'));
    return counted.length === given.size && counted.every((key) => given.has(key));
  });
  return found ? [found] : [];
}

/** What `neocog train` writes into its files: the names of classes, and how pictures become the input. */
export function recipeOf(metadata: Readonly<Record<string, string>>): {
  names: string[] | null;
  rule: PixelRule | null;
  fit: 'cover' | 'contain' | 'stretch';
} {
  const names = parse(metadata.classes);
  const pixels = parse(metadata.pixels) as { mean?: unknown; std?: unknown; fit?: unknown } | null;
  const { mean, std, fit } = pixels ?? { mean: [Number(metadata.mean)], std: [Number(metadata.std)] };
  const rule =
    isNumbers(mean) && isNumbers(std) && std.every((value) => value > 0)
      ? { mean, std, top: pixels ? 1 : 255 }
      : null;
  return {
    names: Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null,
    rule,
    fit: fit === 'contain' || fit === 'stretch' ? fit : 'cover',
  };
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each));

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
