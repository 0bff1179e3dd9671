// One way in for files of any format: what it is, the network in it if there is one, and its weights.

import { FormatError, NeocogError, type nn } from 'neocog';
import { detectFormat, type Format } from './detect.ts';
import { readKeras } from './keras/load.ts';
import { parseNpy } from './npy.ts';
import { parseNpz } from './npz.ts';
import { readOnnx } from './onnx/load.ts';
import { type Opened, openSource, type ReadOptions } from './open.ts';
import { parseSafetensors, safetensorsMetadata, type TensorDict } from './safetensors.ts';
import { type Source, sourceName } from './source.ts';
import { readArtifacts } from './tfjs/artifacts.ts';
import { readTfjs } from './tfjs/load.ts';
import { parseTorch } from './torch.ts';

/** What `loadFile` is told of a file, whatever its format. */
export interface LoadOptions extends ReadOptions {
  /** Of a file of torch.save: only what lies within this key, such as `state_dict`. */
  readonly within?: string | undefined;
  /** Of a network, where the file leaves sizes open: a shape by the name of an input, or a number by the name of an axis. */
  readonly shapes?: Readonly<Record<string, readonly number[] | number>> | undefined;
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
  const opened = await openSource('loadFile', source, options, ['within', 'shapes']);
  const { bytes } = opened;
  const name = sourceName(source);
  const format = detectFormat(
    bytes,
    typeof source === 'string' || source instanceof URL ? String(source) : '',
  );
  if (format === undefined) {
    throw new FormatError(
      `loadFile: ${name} is of no format that is known here; pass ONNX, a model.json of TensorFlow.js, Keras (.keras, .h5), ` +
        'safetensors, PyTorch (.pt, .pth) or NumPy (.npz, .npy)',
    );
  }
  const none = { format, network: null, metadata: {} };
  const limits = { limits: options.limits };
  switch (format) {
    case 'safetensors': {
      const metadata = safetensorsMetadata(bytes, name, limits);
      return { ...none, tensors: parseSafetensors(bytes, name, limits), metadata };
    }
    case 'torch':
      return { ...none, tensors: parseTorch(bytes, name, { ...limits, within: options.within }) };
    case 'npz':
      return { ...none, tensors: parseNpz(bytes, name, limits) };
    case 'npy':
      return { ...none, tensors: { array: parseNpy(bytes, name, limits) } };
    default:
      return withWeights(format, await readNetwork(format, source, opened));
  }
}

type NetworkFormat = 'onnx' | 'tfjs' | 'keras';

/** From bytes that have been read; what lies beside the file is read now. */
async function readNetwork(
  format: NetworkFormat,
  source: Source,
  { bytes, budget, options }: Opened<LoadOptions>,
): Promise<nn.NamedModule> {
  const { shapes, limits } = options;
  const opened = { bytes, budget, options: { shapes, limits } };
  switch (format) {
    case 'onnx':
      return readOnnx(source, opened);
    case 'keras':
      return readKeras(opened);
    case 'tfjs':
      if (typeof source === 'string' || source instanceof URL) {
        return readTfjs(await readArtifacts(source, limits ?? {}, bytes), { shapes });
      }
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
