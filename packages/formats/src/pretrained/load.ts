// loadPretrained: a network of `models` with the weights that torchvision publishes, downloaded once. Weights of other places come
// by their address, if it names the hash as torch.hub does.

import { FormatError, init, NeocogError, type nn, replaceHead, ShapeError } from 'neocog';
import { loadFile } from '../load.ts';
import { readOptions } from '../options.ts';
import { shown } from '../shown.ts';
import { cacheOf, type DownloadCache, type PretrainedStore } from './cache.ts';
import { type Download, download, type Progress, type Signal } from './download.ts';
import { type PretrainedEntry, type PretrainedName, pretrained, publishedAt } from './table.ts';

/** Weights at an address, and the network that they are for. */
export interface PretrainedSource {
  /** Of a file whose name ends in the first eight or more digits of its SHA-256: `…/name-f37072fd.pth`. Any format with weights. */
  readonly url: string;
  /** Makes the network. */
  readonly network: () => nn.Module;
}

/** How `loadPretrained` gets weights, and for how many classes the network is. */
export interface PretrainedOptions {
  /** Another number of classes: the head is a fresh one, see `replaceHead`. Default: those of the weights. */
  readonly classes?: number | undefined;
  /**
   * Where files are kept: a folder in Node, a name for the Cache API in a page, a store of your own, or false for nowhere. Default:
   * `$NEOCOG_CACHE`, or `neocog` in the user's folder for caches; in a page 'neocog'.
   */
  readonly cache?: string | false | PretrainedStore | undefined;
  /** Told how far the download is; not called where the cache has the file. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Another address of the folder in which torchvision's files lie. */
  readonly mirror?: string | undefined;
  /** Ends the download; in Node what has arrived is kept. */
  readonly signal?: Signal | undefined;
}

const fn = 'loadPretrained';

/**
 * A network with pre-trained weights, in evaluation mode. The weights are downloaded, again from where a download broke off, compared
 * with the hash in their name, and kept in a cache.
 *
 * Networks for pictures were trained on `[n, 3, 224, 224]` of values from 0 to 1, less the mean [0.485, 0.456, 0.406], divided by
 * [0.229, 0.224, 0.225].
 *
 * @param from one of 'alexnet', 'deeplabV3', 'efficientnetB0', 'googlenet', 'mobilenetV2', 'resnet18', 'resnet34', 'resnet50',
 * 'resnext50', 'squeezenet', 'vgg11', 'vgg16'; or an address and a network.
 * @throws NeocogError if the file cannot be had. @throws FormatError if it is not what its name says.
 * @example const net = await loadPretrained('resnet18', { classes: 5, onProgress: ({ loaded, total }) => console.log(loaded, total) });
 */
export async function loadPretrained(
  from: PretrainedName | PretrainedSource,
  options: PretrainedOptions = {},
): Promise<nn.Module> {
  const { classes, cache, onProgress, mirror, signal } = checkOptions(options);
  const { url, network, without } = resolve(from, mirror);
  const bytes = await bytesOf({ fn, url, onProgress, signal }, cacheOf(fn, cache));
  const { tensors } = await loadFile(bytes);
  const weights = Object.fromEntries(Object.entries(tensors).filter(([key]) => !without?.test(key)));
  const module = init.skip(network);
  module.loadStateDict(weights);
  module.eval();
  if (classes !== undefined) replaceHead(module, classes);
  return module;
}

function checkOptions(options: PretrainedOptions): PretrainedOptions {
  const known = readOptions(fn, options, ['classes', 'cache', 'onProgress', 'mirror', 'signal']);
  const { classes, onProgress, mirror, signal } = known;
  const refuse = (name: string, value: unknown, takes: string): never => {
    throw new ShapeError(`${fn}: ${name} is ${shown(value)}; give ${takes}`);
  };
  if (classes !== undefined && !(Number.isSafeInteger(classes) && classes > 0 && classes < 2 ** 31))
    refuse('classes', classes, 'a whole number of at least 1');
  if (onProgress !== undefined && typeof onProgress !== 'function')
    refuse('onProgress', onProgress, 'a function');
  if (mirror !== undefined && !isAddress(mirror)) refuse('mirror', mirror, 'an http(s) address');
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('signal', signal, 'an AbortSignal');
  return known;
}

const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\/./.test(value);

interface Resolved extends Omit<PretrainedEntry, 'file'> {
  readonly url: string;
}

function resolve(from: PretrainedName | PretrainedSource, mirror: string = publishedAt): Resolved {
  if (typeof from === 'string' && Object.hasOwn(pretrained, from)) {
    const { file, ...entry }: PretrainedEntry = pretrained[from];
    return { ...entry, url: `${mirror.replace(/\/*$/, '/')}${file}` };
  }
  if (typeof from === 'object' && from !== null && isAddress(from.url) && typeof from.network === 'function')
    return from;
  throw new ShapeError(
    `${fn}: from is ${shown(from)}; give one of ${Object.keys(pretrained).join(', ')}, or { url, network }`,
  );
}

/** The first digits of a file's SHA-256, from its name. */
function hashIn(url: string): { name: string; hash: string } {
  const name = decodeURIComponent(new URL(url).pathname.replace(/^.*\//, ''));
  const hash = /-([0-9a-f]{8,64})\.[a-z0-9.]+$/i.exec(name)?.[1];
  if (hash) return { name: name.replace(/[^\w.-]/g, '_'), hash: hash.toLowerCase() };
  throw new ShapeError(
    `${fn}: the name ${shown(name)} has no hash; give the address of a file named like resnet18-f37072fd.pth, by the first digits of its SHA-256`,
  );
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) {
    throw new NeocogError(`${fn}: hashes need a secure context; open the page by https or from localhost`);
  }
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** From the cache or the network, compared with the hash. What does not agree is not kept. */
async function bytesOf(task: Download, cache: DownloadCache): Promise<Uint8Array> {
  const { name, hash } = hashIn(task.url);
  const agrees = async (bytes: Uint8Array): Promise<boolean> => (await hashOf(bytes)).startsWith(hash);
  const kept = await cache.read(name);
  if (kept && (await agrees(kept))) return kept;
  const part = cache.part(name);
  const hadSome = (await part.size()) > 0;
  // A part of another file, or one that was whole already, shows in the hash.
  const early = hadSome ? await part.read() : null;
  let bytes = early && (await agrees(early)) ? early : await fetchInto(task, part);
  if (hadSome && !(await agrees(bytes))) {
    await part.reset();
    bytes = await fetchInto(task, part);
  }
  const found = await hashOf(bytes);
  if (!found.startsWith(hash)) {
    await part.reset();
    throw new FormatError(
      `${fn}: ${task.url} has the SHA-256 ${found.slice(0, hash.length)}…, its name says ${hash}; it was changed or damaged on the way, load it from elsewhere`,
    );
  }
  await cache.write(name, bytes);
  await part.reset();
  return bytes;
}

async function fetchInto(task: Download, part: ReturnType<DownloadCache['part']>): Promise<Uint8Array> {
  await download(task, part);
  return part.read();
}
