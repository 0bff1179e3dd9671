// Where the new last layer of a network stands that was trained for something else. What its last layers know may be too much of that
// other task; a few layers before, there are maps of things in general. So several places are tried: the network runs once over a part
// of the training samples, and what came to each place says how well a layer there would tell samples that it has not seen.

import {
  compile,
  concat,
  type Dataset,
  featuresOf,
  globalAvgPool,
  nn,
  reshape,
  subset,
  Tensor,
} from 'neocog';
import { StageBar } from '../progress.ts';
import { Features, keptFeatures } from './features.ts';
import { leftOutError } from './leastSquares.ts';
import type { Machine } from './machine.ts';
import type { Samples } from './samples.ts';

/** A network whose body stays as it is, and the head that learns. */
export interface Placed {
  readonly module: nn.Module;
  readonly body: nn.Module;
  readonly head: nn.Module;
  /** The layer of the network before which the head stands, and all behind it is gone. */
  readonly before: string;
}

/** What a head is placed for. */
export interface Trial {
  /** Of one class after the other, as the network takes them; see `evenly`. */
  readonly samples: Samples;
  /** Shape of one sample. */
  readonly input: readonly number[];
  readonly classes: number;
}

/** As many samples of a data set as a trial looks at, from all of its classes. */
export function evenly<S extends object>(dataset: Dataset<S>): Dataset<S> {
  const { length } = dataset;
  const count = Math.min(length, mostSamples);
  return subset(
    dataset,
    Array.from({ length: count }, (_, i) => Math.floor((i * length) / count)),
  );
}

/** How many places are tried, in the last part of a network, and from how many samples at most. */
const [mostPlaces, lastPart, mostSamples] = [12, 0.6, 400];

type Weighted = nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear;

/** @throws ShapeError for a network without a linear or convolution layer */
export async function placeHead(known: nn.Module, given: Trial, machine: Machine): Promise<Placed> {
  nn.freeze(known);
  const places = placesIn(known);
  const { rows, labels } = await gathered(new AtPlaces(known, places), given, machine);
  let best: { error: number; place: Place; features: Float32Array[] } | null = null;
  let from = 0;
  for (const place of places) {
    const features = rows.map((row) => row.subarray(from, from + place.width));
    const error = leftOutError({ rows: normalised(features), labels, classes: given.classes });
    if (!best || error < best.error) best = { error, place, features };
    from += place.width;
  }
  const { place, features } = best as NonNullable<typeof best>; // there is one place at least, or placesIn has thrown
  const body = new Pooled(featuresOf(known, { path: place.path }), place.layout);
  const head = headOf(features, given.classes);
  return { module: new nn.Sequential({ body, head }), body, head, before: place.path };
}

interface Place {
  /** The layer before which the head stands. */
  readonly path: string;
  readonly layer: Weighted;
  readonly layout: 'channels-first' | 'channels-last';
  /** Of the features that come there. */
  readonly width: number;
}

/** Before some of the last layers with weights, and in the place of the very last. */
function placesIn(module: nn.Module): Place[] {
  const layers = module.namedModules().filter((entry): entry is [string, Weighted] => isWeighted(entry[1]));
  const last = layers.slice(Math.floor(layers.length * (1 - lastPart)));
  const step = Math.max(1, Math.ceil(last.length / mostPlaces));
  const some = last.filter((_, i) => (last.length - 1 - i) % step === 0);
  return some.map(([path, layer]) => ({ path, layer, layout: layoutOf(layer), width: widthOf(layer) }));
}

const isWeighted = (part: nn.Module): part is Weighted =>
  part instanceof nn.Conv1d ||
  part instanceof nn.Conv2d ||
  part instanceof nn.Conv3d ||
  part instanceof nn.Linear;

const layoutOf = (layer: Weighted): Place['layout'] =>
  layer instanceof nn.Linear ? 'channels-first' : (layer.options.layout ?? 'channels-first');

/** Channels that a layer takes. */
const widthOf = (layer: Weighted): number =>
  (layer.weight.shape[1] as number) * (layer instanceof nn.Linear ? 1 : (layer.options.groups ?? 1));

/** The mean of each map that comes to a place. */
function pooled(maps: Tensor, layout: Place['layout']): Tensor {
  if (maps.rank === 2) return maps;
  const means = globalAvgPool(maps, { layout });
  const [samples] = means.shape as [number];
  return reshape(means, [samples, means.size / samples]);
}

class Pooled extends nn.Module {
  readonly features: nn.Module;
  readonly #layout: Place['layout'];

  constructor(features: nn.Module, layout: Place['layout']) {
    super();
    this.features = features;
    this.#layout = layout;
  }

  forward(x: Tensor): Tensor {
    return pooled(this.features.forward(x), this.#layout);
  }
}

/** The features of all places side by side. */
class AtPlaces extends nn.Module {
  readonly network: nn.Module;
  readonly #places: readonly Place[];

  constructor(network: nn.Module, places: readonly Place[]) {
    super();
    this.network = network;
    this.#places = places;
  }

  forward(x: Tensor): Tensor {
    const seen = new Map<Place, Tensor>();
    const restore = this.#places.map((place) => listen(place, (maps) => seen.set(place, maps)));
    try {
      this.network.forward(x);
    } finally {
      for (const undo of restore) undo();
    }
    const features = this.#places.map((place) => pooled(seen.get(place) as Tensor, place.layout)); // each layer has run
    return concat(features, { axis: 1 });
  }
}

/** Tells what comes to a layer, until the returned function is called. */
function listen({ layer }: Place, tell: (maps: Tensor) => void): () => void {
  const own = layer as { forward?: (x: Tensor) => Tensor };
  const forward = layer.forward.bind(layer) as (x: Tensor) => Tensor;
  own.forward = (x) => {
    tell(x);
    return forward(x);
  };
  return () => delete own.forward;
}

/** What comes to all places from a part of the samples, and what these are. */
async function gathered(
  all: AtPlaces,
  { samples, input }: Trial,
  { threads }: Machine,
): Promise<{ rows: Float32Array[]; labels: number[] }> {
  const loader = samples.loader({ batchSize: 1 });
  const program = await compile(all, { input: [1, ...input], threads });
  const bar = new StageBar();
  try {
    const onProgress = (done: number): void =>
      bar.update('finding the place of the new layer', done / samples.length);
    const features = await keptFeatures(new Features(program, loader), { batchSize: 1, onProgress });
    const batches = [...features];
    // A batch is one sample, and what a body gives are floats.
    return {
      rows: batches.map(({ x }) => x.data as Float32Array),
      labels: batches.map(({ y }) => y.data[0] as number),
    };
  } finally {
    bar.stop();
    program.dispose();
    loader.close();
  }
}

/** Normalises features, whose scales are their network's own, by their mean and deviation: the layer then learns at one rate. */
function headOf(features: readonly Float32Array[], classes: number): nn.Module {
  const width = (features[0] as Float32Array).length;
  const [mean, variance] = momentsOf(features);
  const norm = new nn.BatchNorm1d(width, { affine: false });
  norm.loadStateDict({
    running_mean: new Tensor(Float32Array.from(mean), [width]),
    running_var: new Tensor(Float32Array.from(variance), [width]),
  });
  nn.freeze(norm);
  return new nn.Sequential({ norm, linear: new nn.Linear(width, classes) });
}

/** A feature that hardly ever differs must not become large where it does: this part of the mean variance is the least. */
const leastVariance = 1e-3;

function normalised(rows: readonly Float32Array[]): Float32Array[] {
  const [mean, variance] = momentsOf(rows);
  const scales = variance.map((v) => 1 / Math.sqrt(v));
  return rows.map((row) => row.map((value, c) => (value - (mean[c] as number)) * (scales[c] as number)));
}

function momentsOf(rows: readonly Float32Array[]): [mean: number[], variance: number[]] {
  const columns = Array.from(rows[0] as Float32Array, (_, c) => rows.map((row) => row[c] as number));
  const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = columns.map(meanOf);
  const variance = columns.map((values, c) => meanOf(values.map((v) => (v - (mean[c] as number)) ** 2)));
  const least = leastVariance * meanOf(variance) + Number.MIN_VALUE;
  return [mean, variance.map((v) => Math.max(v, least))];
}
