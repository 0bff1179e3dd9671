// Random networks as plain data: lists of layers by the name and arguments of their constructors, with branches whose results
// are added or put side by side. What fits is found by trying: a layer is taken if the library takes it.

import type { Generator, Tensor } from '../../packages/neocog/src/index.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { between, oneIn, pick, times } from './drawing.ts';

const { nn } = neocog;
type Module = neocog.nn.Module;

export type LayerSpec =
  | { readonly layer: string; readonly args: readonly unknown[] }
  /** body(x) + shortcut(x); an empty shortcut is x itself. */
  | { readonly body: readonly LayerSpec[]; readonly shortcut: readonly LayerSpec[] }
  /** The results side by side, along the channels. */
  | { readonly branches: readonly (readonly LayerSpec[])[] };

class Branches extends nn.Module {
  readonly #branches: readonly Module[];

  constructor(branches: readonly Module[]) {
    super();
    this.#branches = branches;
  }

  override children(): [string, Module][] {
    return this.#branches.map((branch, i) => [String(i), branch]);
  }

  forward(x: Tensor): Tensor {
    return neocog.concat(
      this.#branches.map((branch) => branch.forward(x)),
      { axis: 1 },
    );
  }
}

/** The network of the specifications, with weights by the default generator. */
export function build(layers: readonly LayerSpec[]): Module {
  return new nn.Sequential(...layers.map(buildLayer));
}

function buildLayer(spec: LayerSpec): Module {
  if ('branches' in spec) return new Branches(spec.branches.map(build));
  if ('body' in spec) {
    return new nn.Residual(build(spec.body), spec.shortcut.length > 0 ? build(spec.shortcut) : null);
  }
  const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => Module>)[spec.layer];
  if (!Layer) throw new Error(`nn has no ${spec.layer}`);
  return new Layer(...spec.args);
}

/** Values of a batch beyond which a network is too slow to judge. */
const mostValues = 40_000;

/** The shape after a layer, or null where the library refuses it or it is too large. */
function shapeAfter(spec: LayerSpec, shape: readonly number[]): readonly number[] | null {
  try {
    const y = neocog.noGrad(() => buildLayer(spec).eval().forward(neocog.zeros(shape)));
    return y.size <= mostValues && y.size > 0 ? y.shape : null;
  } catch (error) {
    if (error instanceof neocog.NeocogError) return null;
    throw error;
  }
}

interface Grown {
  readonly layers: LayerSpec[];
  readonly shape: readonly number[];
}

/** Up to `depth` layers that take `shape`. */
export function growLayers(random: Generator, start: readonly number[], depth: number, nested = 0): Grown {
  const layers: LayerSpec[] = [];
  let shape = start;
  for (let i = 0; i < depth; i++) {
    const spec = drawLayer(random, shape, nested);
    const next = spec && shapeAfter(spec, shape);
    if (!spec || !next) continue;
    layers.push(spec);
    shape = next;
  }
  return { layers, shape };
}

const activations = [
  ...['ReLU', 'ReLU', 'ReLU', 'ReLU6', 'LeakyReLU', 'GELU', 'SiLU', 'Mish', 'Tanh', 'Sigmoid', 'ELU', 'SELU'],
  ...['CELU', 'Softplus', 'Softsign', 'Hardswish', 'Hardsigmoid', 'Hardtanh', 'LogSigmoid', 'Tanhshrink'],
];

type Draw = (random: Generator, shape: readonly number[], nested: number) => LayerSpec | null;

const kinds: readonly [weight: number, draw: Draw][] = [
  [6, convolution],
  [2, transposed],
  [2, separable],
  [4, (random) => ({ layer: pick(random, activations), args: [] })],
  [1, (random, shape) => ({ layer: 'PReLU', args: [oneIn(random, 2) ? 1 : shape[1]] })],
  [3, normalisation],
  [3, pool],
  [3, residual],
  [2, branches],
  [1, resized],
  [1, (random) => ({ layer: 'Softmax', args: [pick(random, [1, -1])] })],
  [1, (random) => ({ layer: 'LocalResponseNorm', args: [between(random, 1, 5)] })],
];

function drawLayer(random: Generator, shape: readonly number[], nested: number): LayerSpec | null {
  if (shape.length < 3) return dense(random, shape);
  if (nested === 0 && oneIn(random, 14)) return { layer: 'Flatten', args: [] };
  let at = random.integer(kinds.reduce((total, [weight]) => total + weight, 0));
  const found = kinds.find(([weight]) => {
    at -= weight;
    return at < 0;
  });
  return found?.[1](random, shape, nested) ?? null;
}

const rankOf = (shape: readonly number[]): number => shape.length - 2;
const channelsOf = (shape: readonly number[]): number => shape[1] as number;

function dense(random: Generator, shape: readonly number[]): LayerSpec {
  if (oneIn(random, 2)) return { layer: pick(random, activations), args: [] };
  if (oneIn(random, 4)) return { layer: 'BatchNorm1d', args: [shape[1]] };
  return { layer: 'Linear', args: [shape.at(-1), between(random, 1, 40), { bias: oneIn(random, 2) }] };
}

function windowOptions(random: Generator, rank: number): Record<string, unknown> {
  return {
    stride: times(rank, () => pick(random, [1, 1, 1, 2, 3])),
    dilation: times(rank, () => pick(random, [1, 1, 1, 2, 3])),
    padding: times(rank, () => pick(random, [0, 1, 1, 2, 3])),
    bias: oneIn(random, 2),
  };
}

const drawKernel = (random: Generator, rank: number): number[] =>
  oneIn(random, 2)
    ? Array(rank).fill(pick(random, [1, 3, 3, 5]))
    : times(rank, () => pick(random, [1, 2, 3, 4, 7, 9]));

const divisors = (n: number): number[] =>
  times(n, () => 0).flatMap((_, i) => (n % (i + 1) === 0 ? [i + 1] : []));

function convolution(random: Generator, shape: readonly number[]): LayerSpec {
  const [rank, channels] = [rankOf(shape), channelsOf(shape)];
  const groups = pick(random, [1, 1, pick(random, divisors(channels))]);
  const out =
    groups *
    pick(
      random,
      [1, 2, 3, 4, 8].filter((n) => n * groups <= 64 || n === 1),
    );
  const options = {
    ...windowOptions(random, rank),
    groups,
    paddingMode: pick(random, ['zeros', 'zeros', 'zeros', 'reflect', 'replicate', 'circular']),
    ...(oneIn(random, 3) && { activation: pick(random, ['relu', 'tanh', 'sigmoid', 'silu', 'gelu']) }),
  };
  return { layer: `Conv${rank}d`, args: [channels, out, drawKernel(random, rank), options] };
}

function transposed(random: Generator, shape: readonly number[]): LayerSpec {
  const [rank, channels] = [rankOf(shape), channelsOf(shape)];
  const groups = pick(random, [1, 1, pick(random, divisors(channels))]);
  const options = { ...windowOptions(random, rank), groups };
  const out = groups * pick(random, [1, 2, 4]);
  return { layer: `ConvTranspose${rank}d`, args: [channels, out, drawKernel(random, rank), options] };
}

function separable(random: Generator, shape: readonly number[]): LayerSpec {
  const [rank, channels] = [rankOf(shape), channelsOf(shape)];
  const options = { ...windowOptions(random, rank), padding: 1 };
  const kernel = drawKernel(random, rank);
  if (oneIn(random, 2)) return { layer: `DepthwiseConv${rank}d`, args: [channels, kernel, options] };
  return { layer: `SeparableConv${rank}d`, args: [channels, between(random, 1, 24), kernel, options] };
}

function normalisation(random: Generator, shape: readonly number[]): LayerSpec {
  const [rank, channels] = [rankOf(shape), channelsOf(shape)];
  const kind = random.integer(6);
  if (kind <= 2) return { layer: `BatchNorm${rank}d`, args: [channels] };
  if (kind === 3) return { layer: `InstanceNorm${rank}d`, args: [channels, { affine: oneIn(random, 2) }] };
  if (kind === 4) return { layer: 'GroupNorm', args: [pick(random, divisors(channels)), channels] };
  // Over parts of each sample, never over the batch.
  return { layer: 'LayerNorm', args: [shape.slice(Math.max(1, shape.length - between(random, 1, 3)))] };
}

function pool(random: Generator, shape: readonly number[]): LayerSpec {
  const rank = rankOf(shape);
  const kind = random.integer(6);
  if (kind === 0)
    return { layer: `Adaptive${pick(random, ['Avg', 'Max'])}Pool${rank}d`, args: [between(random, 1, 4)] };
  if (kind === 1)
    return { layer: pick(random, ['GlobalAvgPool', 'GlobalMaxPool']), args: [{ keepAxes: true }] };
  const kernel = times(rank, () => between(random, 1, 3));
  const options = {
    stride: times(rank, () => between(random, 1, 3)),
    padding: kernel.map((k) => random.integer(Math.floor(k / 2) + 1)),
    ceilMode: oneIn(random, 3),
  };
  return { layer: `${pick(random, ['Max', 'Max', 'Avg'])}Pool${rank}d`, args: [kernel, options] };
}

/** The body ends in a convolution to the channels of x; where it changed the size, the shortcut does so too. */
function residual(random: Generator, shape: readonly number[], nested: number): LayerSpec | null {
  if (nested > 1) return null;
  const { layers, shape: inner } = growLayers(random, shape, between(random, 1, 3), nested + 1);
  const [rank, channels] = [rankOf(shape), channelsOf(shape)];
  const same = inner.length === shape.length && inner.slice(2).every((n, i) => n === shape[i + 2]);
  if (!same) return null;
  const back = {
    layer: `Conv${rank}d`,
    args: [inner[1], channels, 3, { padding: 1, bias: oneIn(random, 2) }],
  };
  const one = { layer: `Conv${rank}d`, args: [channels, channels, 1, { bias: oneIn(random, 2) }] };
  return {
    body: inner[1] === channels ? layers : [...layers, back],
    shortcut: oneIn(random, 3) ? [one] : [],
  };
}

function branches(random: Generator, shape: readonly number[], nested: number): LayerSpec | null {
  if (nested > 1) return null;
  const grown = times(between(random, 2, 3), () =>
    growLayers(random, shape, between(random, 0, 2), nested + 1),
  );
  return { branches: grown.map(({ layers }) => layers) };
}

function resized(random: Generator, shape: readonly number[]): LayerSpec {
  const channels = channelsOf(shape);
  if (rankOf(shape) === 2 && channels % 4 === 0 && oneIn(random, 2))
    return { layer: 'PixelShuffle', args: [2] };
  return { layer: 'Upsample', args: [{ scale: 2, mode: pick(random, ['nearest', 'linear']) }] };
}

/** One layer left out, or a branch in the place of its whole. */
export function* smallerLayers(layers: readonly LayerSpec[]): Iterable<readonly LayerSpec[]> {
  if (layers.length > 3) yield layers.slice(0, layers.length >> 1);
  if (layers.length > 3) yield layers.slice(layers.length >> 1);
  for (const [i, spec] of layers.entries()) {
    const put = (instead: readonly LayerSpec[]): LayerSpec[] =>
      layers.flatMap((l, k) => (k === i ? instead : [l]));
    yield put([]);
    yield* smallerLayer(spec, put);
  }
}

function* smallerLayer(
  spec: LayerSpec,
  put: (instead: readonly LayerSpec[]) => LayerSpec[],
): Iterable<readonly LayerSpec[]> {
  if ('branches' in spec) {
    for (const [i, branch] of spec.branches.entries()) {
      yield put(branch);
      for (const less of smallerLayers(branch))
        yield put([{ branches: spec.branches.map((b, k) => (k === i ? less : b)) }]);
    }
  } else if ('body' in spec) {
    yield put(spec.body);
    for (const body of smallerLayers(spec.body)) yield put([{ ...spec, body }]);
    if (spec.shortcut.length > 0) yield put([{ ...spec, shortcut: [] }]);
  }
}
