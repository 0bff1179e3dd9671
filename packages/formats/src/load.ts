// One way in for files of any format: what it is, the network in it if there is one, and its weights.

import { FormatError, NeocogError, type nn } from 'neocog';
import { detectFormat, type Format } from './detect.ts';
import { loadKeras } from './keras/load.ts';
import { parseNpy } from './npy.ts';
import { parseNpz } from './npz.ts';
import { loadOnnx } from './onnx/load.ts';
import { parseSafetensors, safetensorsMetadata, type TensorDict } from './safetensors.ts';
import { readSource, type Source, sourceName } from './source.ts';
import { loadTfjs } from './tfjs/load.ts';
import { parseTorch } from './torch.ts';

export interface LoadOptions {
  /** Of a file of torch.save: only what lies within this key, such as `state_dict`. */
  readonly within?: string | undefined;
  /** Of a network, where the file leaves sizes open: a shape by the name of an input, or a number by the name of an axis. */
  readonly shapes?: Readonly<Record<string, readonly number[] | number>> | undefined;
}

export interface LoadedFile {
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
  const bytes = await readSource('loadFile', source);
  const name = sourceName(source);
  const format = detectFormat(bytes, name);
  if (format === undefined) {
    throw new FormatError(
      `loadFile: ${name} is of no format that is known here; pass ONNX, a model.json of TensorFlow.js, Keras (.keras, .h5), ` +
        'safetensors, PyTorch (.pt, .pth) or NumPy (.npz, .npy)',
    );
  }
  const none = { format, network: null, metadata: {} };
  switch (format) {
    case 'safetensors':
      return { ...none, tensors: parseSafetensors(bytes, name), metadata: safetensorsMetadata(bytes, name) };
    case 'torch':
      return {
        ...none,
        tensors: parseTorch(bytes, name, options.within === undefined ? {} : { within: options.within }),
      };
    case 'npz':
      return { ...none, tensors: parseNpz(bytes, name) };
    case 'npy':
      return { ...none, tensors: { array: parseNpy(bytes, name) } };
    default:
      return withWeights(format, await loadNetwork(format, source, options.shapes));
  }
}

type NetworkFormat = 'onnx' | 'tfjs' | 'keras';

/** From where it lies rather than from its bytes, since weights may lie beside it. */
function loadNetwork(
  format: NetworkFormat,
  source: Source,
  shapes: LoadOptions['shapes'],
): Promise<nn.NamedModule> {
  switch (format) {
    case 'onnx':
      return loadOnnx(source, { shapes });
    case 'keras':
      return loadKeras(source, { shapes });
    case 'tfjs':
      if (typeof source === 'string' || source instanceof URL) return loadTfjs(source, { shapes });
      throw new NeocogError(
        'loadFile: the weights of a model.json lie beside it; pass its path, or call loadTfjs',
      );
  }
}

const withWeights = (format: Format, network: nn.NamedModule): LoadedFile => ({
  format,
  network,
  tensors: network.stateDict(),
  metadata: {},
});
