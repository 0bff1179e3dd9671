// loadTfjs: a TensorFlow.js model, of layers or as a graph, as a module with named inputs and outputs.

import { FormatError, type Tensor } from 'neocog';
import { atCostOf } from '../budget.ts';
import type { GraphModule } from '../graph/graphModule.ts';
import type { Shapes } from '../graph/shapes.ts';
import { isObject } from '../json.ts';
import { buildNetwork, type CustomLayers } from '../keras/network.ts';
import { indexWeights, type NamedWeight, NamedWeights, weightPath } from '../keras/weights.ts';
import { type Opened, opening, type ReadOptions } from '../open.ts';
import { type FilesAtHand, isPlaced } from '../source.ts';
import { jsonOf, readArtifacts, type TfjsArtifacts, type TfjsSource } from './artifacts.ts';
import { buildGraph } from './graph.ts';
import { readWeights } from './weights.ts';

/** What `loadTfjs` is told of a model beside its limits. */
export interface LoadTfjsOptions extends ReadOptions {
  /** Sizes of open axes: a shape by the name of an input, or a number by the name of an axis. Default: they stay open. */
  shapes?: Shapes | undefined;
  /** Layers that neocog does not know, by class name or by name. Default none. */
  customLayers?: CustomLayers | undefined;
  /** What comes out: names of outputs, or of nodes or layers inside, whose results are then outputs. Default: the outputs of the file. */
  outputs?: readonly string[] | undefined;
}

/**
 * Loads a TensorFlow.js model: a layers model or a graph model, its weights whole or quantised, in any number of shards. The
 * network runs, trains further, compiles and exports as any module. Inputs and outputs have the axes of TensorFlow, channels
 * last.
 *
 * @param source The path or URL of model.json, beside which the shards are; of the module that an npm package makes of it
 * (`model.min.js`), which is read and not run; or `{ modelJson, weights }` that were read.
 * @throws UnsupportedError naming every layer or operation that neocog does not have.
 * @throws FormatError if a file is broken, or names shards outside its folder.
 * @throws NeocogError if a file cannot be read. @throws ShapeError if `shapes` do not fit the network.
 * @example const net = await loadTfjs('model/model.json'); net.forward(zeros([1, 224, 224, 3]))
 */
export async function loadTfjs(source: TfjsSource, options: LoadTfjsOptions = {}): Promise<GraphModule> {
  const files = opening('loadTfjs', options, ['shapes', 'customLayers', 'outputs']);
  const opened = isPlaced(source) ? await files.source(source) : files.bytes(jsonOf(source), 'model.json');
  return readTfjs(source, opened);
}

/** The network of a model.json whose bytes are at hand; `source` is where its shards are. */
export async function readTfjs(
  source: TfjsSource | FilesAtHand,
  opened: Opened<LoadTfjsOptions>,
): Promise<GraphModule> {
  const artifacts = await readArtifacts(source, opened);
  return atCostOf(opened.budget, () => build(artifacts, opened.options));
}

function build(artifacts: TfjsArtifacts, options: LoadTfjsOptions): GraphModule {
  const { budget, model, groups, bytes } = artifacts;
  const { about } = budget;
  const weights = readWeights(budget, groups, bytes);
  const { modelTopology: topology } = model;
  if (!isObject(topology))
    throw new FormatError(`${about} holds no modelTopology; is it a TensorFlow.js model?`);
  const { shapes = {}, customLayers = {}, outputs } = options;
  return Array.isArray(topology.node)
    ? buildGraph({ budget, topology, signature: signatureOf(artifacts), weights, shapes, outputs })
    : buildNetwork({
        budget,
        model: topology.model_config ?? topology,
        weights: new NamedWeights(indexWeights(namedWeights(weights))),
        dialect: 'tfjs',
        customLayers,
        shapes,
        outputs,
      });
}

/** Older converters put the signature into the user's metadata. */
function signatureOf({ model }: TfjsArtifacts): unknown {
  const { signature, userDefinedMetadata: metadata } = model;
  return signature ?? (isObject(metadata) ? metadata.signature : undefined);
}

const namedWeights = (weights: ReadonlyMap<string, Tensor>): NamedWeight[] =>
  [...weights].map(([name, tensor]) => ({ path: weightPath(name), read: () => tensor }));
