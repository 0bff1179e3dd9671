// One way in for files of any format: what it is, the network in it if there is one, and its weights.

import { FormatError, NeocogError, type nn, ShapeError } from 'neocog';
import { detectFormat, type Format } from './detect.ts';
import type { Shapes } from './graph/shapes.ts';
import { readKeras } from './keras/load.ts';
import { readNpy } from './npy.ts';
import { readNpz } from './npz.ts';
import { readOnnx } from './onnx/load.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { needBytes } from './options.ts';
import { readSafetensors, type TensorDict } from './safetensors.ts';
import { shown } from './shown.ts';
import { FilesAtHand, isPlaced, type Source } from './source.ts';
import { readTfjs } from './tfjs/load.ts';
import { readTorch } from './torch.ts';

/** What `loadFile` is told of a file, whatever its format. */
export interface LoadOptions extends ReadOptions {
  /** Of a file of torch.save: only what lies within this key, such as `state_dict`. Default: everything. */
  readonly within?: string | undefined;
  /** Of a network, where the file leaves sizes open: a shape by the name of an input, or a number by the name of an axis. Default: they stay open. */
  readonly shapes?: Shapes | undefined;
}

/** What `loadFile` found: a network, or weights alone. */
export interface LoadedFile {
  /** By the first bytes; see `detectFormat`. */
  readonly format: Format;
  /** Null for a file of weights alone. */
  readonly network: nn.NamedModule | null;
  /** The weights by name; of a network its state dict. The array of a .npy file has the name `array`. */
  readonly tensors: TensorDict;
  /** Texts that a safetensors or ONNX file carries. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Loads a file of any format that neocog reads, which it tells from its first bytes.
 *
 * @throws FormatError if the file is of no known format, or damaged. @throws UnsupportedError for a network of which neocog
 * does not have every operator. @throws NeocogError if `source` cannot be read.
 * @example const { network, tensors } = await loadFile('model.onnx');
 */
export async function loadFile(source: Source, options: LoadOptions = {}): Promise<LoadedFile> {
  const opened = await opening('loadFile', options, ['within', 'shapes']).source(source);
  const format = detectFormat(opened.bytes, isPlaced(source) ? String(source) : '');
  if (format === undefined) {
    throw new FormatError(
      `${opened.budget.about} is of no known format; pass ONNX, a model.json of TensorFlow.js, Keras (.keras, .h5), ` +
        'safetensors, PyTorch (.pt, .pth) or NumPy (.npz, .npy)',
    );
  }
  return { format, network: null, metadata: {}, ...(await readers[format](opened, source)) };
}

/**
 * Loads a network or weights from files whose bytes are at hand, such as those that were dropped on a page: one file of any format,
 * or one with those that it names, as model.json and its shards, or an ONNX file and its weights.
 *
 * @param files Bytes by path. Of several, the first that holds a network, or else weights, is loaded.
 * @throws FormatError if none is of a known format, or one is damaged. @throws NeocogError for a file that is named and missing.
 * @throws UnsupportedError for a network of which neocog does not have every operator.
 * @example const { network } = await loadFiles({ 'model.json': json, 'group1-shard1of1.bin': shard });
 */
export async function loadFiles(
  files: Readonly<Record<string, Uint8Array>>,
  options: LoadOptions = {},
): Promise<LoadedFile> {
  const opener = opening('loadFiles', options, ['within', 'shapes']);
  const found = Object.entries(needFiles(files))
    .map(([name, bytes]) => ({ name, bytes, format: detectFormat(bytes, name) }))
    .filter(({ format }) => format !== undefined)
    .sort((a, b) => rankOf(a) - rankOf(b));
  const [main] = found;
  if (!main?.format) {
    throw new FormatError(
      `loadFiles: no file is of a known format (${shown(Object.keys(files).join(', '))}); give ONNX, a model.json of TensorFlow.js ` +
        'with its shards, Keras (.keras, .h5), safetensors, PyTorch (.pt, .pth) or NumPy (.npz, .npy)',
    );
  }
  const { name, bytes, format } = main;
  const contents = await readers[format](opener.bytes(bytes, name), new FilesAtHand(name, files));
  return { format, network: null, metadata: {}, ...contents };
}

function needFiles(files: Readonly<Record<string, Uint8Array>>): Readonly<Record<string, Uint8Array>> {
  const entries = Object.prototype.toString.call(files) === '[object Object]' ? Object.entries(files) : [];
  if (entries.length === 0)
    throw new ShapeError('loadFiles: there are no files; give an object of bytes by path');
  for (const [name, bytes] of entries) needBytes(`loadFiles: ${shown(name)}`, bytes);
  return files;
}

const networks: readonly Format[] = ['tfjs', 'onnx', 'keras'];

/** Networks before weights; model.json before other JSON files; a name that says the format before bytes that may mean it. */
function rankOf({ name, format }: { readonly name: string; readonly format?: Format | undefined }): number {
  const place = format && networks.includes(format) ? 0 : 4;
  const json = format === 'tfjs' && !/(^|\/)model\.json$/i.test(name) ? 2 : 0;
  const nameless = format === 'onnx' && !/\.onnx$/i.test(name) ? 3 : 0;
  return place + json + nameless;
}

type Contents = Partial<LoadedFile> & Pick<LoadedFile, 'tensors'>;

/** From the bytes that have been read; what lies beside them is looked for beside `source`. */
const readers: Readonly<
  Record<Format, (opened: Opened<LoadOptions>, source: Source | FilesAtHand) => Contents | Promise<Contents>>
> = {
  safetensors: readSafetensors,
  torch: (opened) => ({ tensors: readTorch(opened) }),
  npz: (opened) => ({ tensors: readNpz(opened) }),
  npy: (opened) => ({ tensors: { array: readNpy(opened) } }),
  onnx: async (opened, source) => {
    const { network, metadata } = await readOnnx(source, opened);
    return { ...withWeights(network), metadata };
  },
  keras: (opened) => withWeights(readKeras(opened)),
  tfjs: async (opened, source) => {
    if (source instanceof FilesAtHand || isPlaced(source)) return withWeights(await readTfjs(source, opened));
    throw new NeocogError(
      'loadFile: the weights of a model.json lie beside it; pass its path, or call loadTfjs',
    );
  },
};

const withWeights = (network: nn.NamedModule): Contents => ({ network, tensors: network.stateDict() });
