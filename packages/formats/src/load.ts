// One way in for files of any format: what it is, the network in it if there is one, and its weights.

import { FormatError, NeocogError, type nn } from 'neocog';
import { detectFormat, type Format } from './detect.ts';
import type { Shapes } from './graph/shapes.ts';
import { readKeras } from './keras/load.ts';
import { readNpy } from './npy.ts';
import { readNpz } from './npz.ts';
import { readOnnx } from './onnx/load.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { readSafetensors, type TensorDict } from './safetensors.ts';
import { isPlaced, type Source } from './source.ts';
import { readTfjs } from './tfjs/load.ts';
import { readTorch } from './torch.ts';

/** What `loadFile` is told of a file, whatever its format. */
export interface LoadOptions extends ReadOptions {
  /** Of a file of torch.save: only what lies within this key, such as `state_dict`. */
  readonly within?: string | undefined;
  /** Of a network, where the file leaves sizes open: a shape by the name of an input, or a number by the name of an axis. */
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
  /** Texts that a safetensors file carries. */
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
      `${opened.budget.about} is of no format that is known here; pass ONNX, a model.json of TensorFlow.js, Keras (.keras, .h5), ` +
        'safetensors, PyTorch (.pt, .pth) or NumPy (.npz, .npy)',
    );
  }
  return { format, network: null, metadata: {}, ...(await readers[format](opened, source)) };
}

type Contents = Partial<LoadedFile> & Pick<LoadedFile, 'tensors'>;

/** From the bytes that have been read; what lies beside them is looked for beside `source`. */
const readers: Readonly<
  Record<Format, (opened: Opened<LoadOptions>, source: Source) => Contents | Promise<Contents>>
> = {
  safetensors: readSafetensors,
  torch: (opened) => ({ tensors: readTorch(opened) }),
  npz: (opened) => ({ tensors: readNpz(opened) }),
  npy: (opened) => ({ tensors: { array: readNpy(opened) } }),
  onnx: async (opened, source) => withWeights(await readOnnx(source, opened)),
  keras: (opened) => withWeights(readKeras(opened)),
  tfjs: async (opened, source) => {
    if (isPlaced(source)) return withWeights(await readTfjs(source, opened));
    throw new NeocogError(
      'loadFile: the weights of a model.json lie beside it; pass its path, or call loadTfjs',
    );
  },
};

const withWeights = (network: nn.NamedModule): Contents => ({ network, tensors: network.stateDict() });
