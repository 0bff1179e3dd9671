// Networks that Keras has saved: archives of Keras 3 (`.keras`), and HDF5 files of Keras 2 and 3 (`.h5`).

import { FormatError } from 'neocog';
import { atCostOf } from '../budget.ts';
import { isHdf5 } from '../bytes.ts';
import type { GraphModule } from '../graph/graphModule.ts';
import type { Shapes } from '../graph/shapes.ts';
import { parseJsonObject } from '../json.ts';
import { type Opened, opening, type ReadOptions } from '../open.ts';
import { jsonText } from '../options.ts';
import type { Source } from '../source.ts';
import { isZip, unzip } from '../zip.ts';
import { Hdf5Group } from './hdf5.ts';
import { buildNetwork, type CustomLayers, type NetworkSource } from './network.ts';
import { ArchiveWeights, Hdf5Weights } from './weights.ts';

/** What `loadKeras` is told of a file beside its limits. */
export interface LoadKerasOptions extends ReadOptions {
  /** Layers that neocog does not know, by class name or by name. Default none. */
  customLayers?: CustomLayers | undefined;
  /** Sizes of open axes: a shape by the name of an input, or a number by the name of an axis. Default: they stay open. */
  shapes?: Shapes | undefined;
  /** The network of a file that holds weights alone: the result of `model.to_json()` in Keras, as a string or parsed. Needed for such a file only. */
  config?: string | object | undefined;
  /** What comes out: names of layers, whose results are then the outputs. Default: the outputs of the file. */
  outputs?: readonly string[] | undefined;
}

/**
 * Loads a network that Keras has saved, as `.keras` or `.h5`: sequential and functional networks, with their weights, ready
 * to run, train further, compile or export. Inputs and outputs have the axes of Keras, channels last.
 *
 * @throws UnsupportedError naming every layer that neocog does not have.
 * @throws FormatError if the bytes are no such file.
 * @throws NeocogError if `source` cannot be read.
 * @example const net = await loadKeras('digits.keras'); net.forward(zeros([1, 28, 28, 1]))
 */
export async function loadKeras(source: Source, options: LoadKerasOptions = {}): Promise<GraphModule> {
  return readKeras(
    await opening('loadKeras', options, ['customLayers', 'shapes', 'config', 'outputs']).source(source),
  );
}

/** The network of a file whose bytes are at hand. */
export function readKeras(opened: Opened<LoadKerasOptions>): GraphModule {
  const { bytes, budget, options } = opened;
  const { customLayers = {}, shapes = {}, outputs } = options;
  const readParts = isZip(bytes) ? readArchive : isHdf5(bytes) ? readHdf5 : null;
  if (!readParts) throw new FormatError(`${budget.about} is neither a .keras archive nor an HDF5 file`);
  return atCostOf(budget, () =>
    buildNetwork({ ...readParts(opened), budget, customLayers, shapes, outputs }),
  );
}

type Parts = Pick<NetworkSource, 'model' | 'weights' | 'dialect'>;

function readArchive({ bytes, budget }: Opened<LoadKerasOptions>): Parts {
  const { about } = budget;
  const files = unzip(bytes, budget);
  const [config, weights, metadata] = ['config.json', 'model.weights.h5', 'metadata.json'].map((name) =>
    files.get(name),
  );
  if (!config || !weights)
    throw new FormatError(`${about} holds no config.json and model.weights.h5; was it saved by Keras?`);
  const version = metadata ? parseJsonObject(metadata, budget).keras_version : '3';
  return {
    model: parseJsonObject(config, budget),
    weights: new ArchiveWeights(Hdf5Group.open(weights, budget)),
    dialect: dialectOf(version),
  };
}

function readHdf5({ bytes, budget, options }: Opened<LoadKerasOptions>): Parts {
  const { about } = budget;
  const file = Hdf5Group.open(bytes, budget);
  const config = options.config ?? file.attribute('model_config');
  if (typeof config !== 'string' && (typeof config !== 'object' || config === null)) {
    throw new FormatError(
      `${about} holds weights without a network; pass { config } with the result of model.to_json()`,
    );
  }
  const text = typeof config === 'string' ? config : jsonText('loadKeras', 'config', config);
  const model = parseJsonObject(new TextEncoder().encode(text), budget);
  const whole = file.group('model_weights');
  const named = whole ?? (file.attribute('layer_names') === null ? null : file);
  const version = file.attribute('keras_version') ?? named?.attribute('keras_version') ?? '3';
  const weights = named ? new Hdf5Weights(named) : new ArchiveWeights(file);
  return { model, weights, dialect: dialectOf(version) };
}

const dialectOf = (version: unknown): 'keras2' | 'keras3' =>
  /^[12]\./.test(String(version)) ? 'keras2' : 'keras3';
