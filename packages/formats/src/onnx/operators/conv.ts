// Convolution and transposed convolution. With weights that are known at load they are neocog's layers.

import { add, fold, type nn, pad, reshape, slice, type Tensor } from 'neocog';
import { counted } from 'neocog/arguments';
import { type Arguments, operation, tensors } from '../../graph/operation.ts';
import { convLayers, convs, type Rank, transposedConvs, transposedLayers } from '../../graph/ranks.ts';
import { toFloats } from '../../graph/value.ts';
import { type Built, type OnnxNode, type Operator, setWeights } from '../node.ts';
import { scaledConv } from './wholeSums.ts';

type Pairs = [before: number, after: number][];

/** The attribute's pads, all befores and then all afters, as pairs. */
export function pairsOf(node: OnnxNode, rank: number): Pairs {
  const pads = node.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank || pads.some((n) => n < 0)) {
    node.refuse(`pads are [${pads}] instead of ${2 * rank} numbers of at least 0`);
  }
  return Array.from({ length: rank }, (_, d) => [pads[d], pads[rank + d]]);
}

type AutoPad = 'same' | 'same-lower' | 'valid' | undefined;

const autoPads: Readonly<Record<string, AutoPad>> = {
  NOTSET: undefined,
  SAME_UPPER: 'same',
  SAME_LOWER: 'same-lower',
  VALID: 'valid',
};

export const autoPad = (node: OnnxNode): AutoPad => node.choice('auto_pad', 'NOTSET', autoPads);

export function perAxis(node: OnnxNode, name: string, rank: number, otherwise = 1): number[] {
  const values = node.ints(name) ?? new Array<number>(rank).fill(otherwise);
  if (values.length === rank && values.every((n) => n >= 0)) return values;
  return node.refuse(`${name} is [${values}] instead of ${counted(rank, 'number')} of at least 0`);
}

export function needRank(node: OnnxNode, rank: number): Rank {
  if (rank === 1 || rank === 2 || rank === 3) return rank;
  return node.refuse(`it has ${rank} spatial axes, but neocog computes 1 to 3`);
}

const windowOf = (node: OnnxNode, rank: number) => ({
  stride: perAxis(node, 'strides', rank),
  dilation: perAxis(node, 'dilations', rank),
  groups: node.int('group', 1),
});

/** Of a convolution of so many spatial axes. */
export const windowOptions = (node: OnnxNode, axes: number) => {
  const rank = needRank(node, axes);
  return { ...windowOf(node, rank), padding: autoPad(node) ?? pairsOf(node, rank) };
};

const conv: Operator = {
  name: 'Conv',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    const optionsFor = (rank: number) => windowOptions(node, rank);
    if (!node.isDequantised(1) && node.weight(1) && (!node.given(2) || node.weight(2))) {
      const rank = needRank(node, node.weight(1)!.rank - 2);
      return convLayer(node, rank, optionsFor(rank));
    }
    return operation('Conv', (inputs) => {
      const scaled = scaledConv(inputs, optionsFor);
      if (scaled) return scaled;
      const [x, w, bias] = tensors(inputs);
      const rank = needRank(node, x!.rank - 2);
      return convs[rank](x!, w!, { ...optionsFor(rank), bias: bias ?? null });
    });
  },
};

function convLayer(node: OnnxNode, rank: Rank, options: nn.ConvLayerOptions & { groups: number }): Built {
  const { shape } = node.weight(1)!;
  const bias = node.given(2);
  const channels = shape[1] * options.groups;
  const Layer = convLayers[rank];
  const module = new Layer(channels, shape[0], shape.slice(2), { ...options, bias });
  setWeights(module, { weight: node.parameter(1), bias: bias ? node.parameter(2) : null });
  return { module, inputs: [0] };
}

const convTranspose: Operator = {
  name: 'ConvTranspose',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    if (node.weight(1) && (!node.given(2) || node.weight(2))) {
      const window = transposedWindow(node, node.weight(1)!.rank - 2);
      if (isPlain(window)) return transposedLayer(node, window);
    }
    const made = operation('ConvTranspose', (inputs) =>
      transposeFreely(transposedWindow(node, inputs[1]!.shape.length - 2), inputs),
    );
    return node.withWeights(made, [1, 2]);
  },
};

interface TransposedWindow {
  readonly rank: Rank;
  readonly window: ReturnType<typeof windowOf>;
  readonly padding: Pairs | 'same' | 'same-lower';
  readonly outputPadding: readonly number[];
  /** The spatial size of the result, from which padding follows. */
  readonly wanted: readonly number[] | undefined;
}

function transposedWindow(node: OnnxNode, axes: number): TransposedWindow {
  const rank = needRank(node, axes);
  const [kind, wanted] = [autoPad(node), node.ints('output_shape')?.slice(-rank)];
  const isNone = kind === 'valid' || (kind === undefined && wanted !== undefined);
  return {
    rank,
    window: windowOf(node, rank),
    padding: isNone ? Array.from({ length: rank }, () => [0, 0]) : (kind ?? pairsOf(node, rank)),
    outputPadding: perAxis(node, 'output_padding', rank, 0),
    wanted,
  };
}

/** Whether neocog's layers take it as it is. */
function isPlain({ window, padding, outputPadding, wanted }: TransposedWindow): boolean {
  const { stride, dilation } = window;
  const isSame = typeof padding === 'string';
  return (
    wanted === undefined &&
    outputPadding.every((n, d) => n === 0 || (!isSame && n < Math.max(stride[d], dilation[d])))
  );
}

/** Cells to take away at both ends, the odd one at the end if `upper`; fewer than none are zeros to add at the end. */
function share(cells: number, upper: boolean): [number, number] {
  if (cells < 0) return [0, cells];
  const [less, more] = [Math.floor(cells / 2), Math.ceil(cells / 2)];
  return upper ? [less, more] : [more, less];
}

function transposedLayer(node: OnnxNode, { rank, window, padding, outputPadding }: TransposedWindow): Built {
  const { shape } = node.weight(1)!;
  const bias = node.given(2);
  const options = { ...window, padding, outputPadding, bias };
  const module = new transposedLayers[rank](shape[0], shape[1] * window.groups, shape.slice(2), options);
  setWeights(module, { weight: node.parameter(1), bias: bias ? node.parameter(2) : null });
  return { module, inputs: [0] };
}

/** Any pads and output padding: everything is computed, then cells are cut off or zeros added. */
function transposeFreely(
  { rank, window, padding, outputPadding, wanted }: TransposedWindow,
  inputs: Arguments,
): Tensor {
  const [x, w, bias] = tensors(inputs);
  const whole = transposedConvs[rank](x!, w!, window);
  const y = outputPadding.reduce((cut, extra, d) => {
    // 'Same' gives input × stride cells, whatever the input.
    const size = wanted?.[d] ?? x!.shape[d + 2] * window.stride[d];
    const shared = share(whole.shape[d + 2] + extra - size, padding === 'same');
    const [before, after] = wanted || typeof padding === 'string' ? shared : padding[d];
    return cutAxis(cut, d + 2, [before, after - extra]);
  }, whole);
  return bias ? add(y, reshape(bias, [1, bias.size, ...new Array<number>(rank).fill(1)])) : y;
}

/** Takes cells away at both ends of an axis, or adds zeros where a number is negative. */
export function cutAxis(x: Tensor, axis: number, [before, after]: Pairs[number]): Tensor {
  const added = x.shape.map((_, d): [number, number] =>
    d === axis ? [Math.max(0, -before), Math.max(0, -after)] : [0, 0],
  );
  const padded = added.flat().some((n) => n > 0) ? pad(x, added) : x;
  const [start, end] = [Math.max(0, before), padded.shape[axis] - Math.max(0, after)];
  return start > 0 || end < padded.shape[axis] ? slice(padded, { axis, start, end }) : padded;
}

/** Columns added back to the image that they were taken from: the adjoint of im2col. */
const col2im: Operator = {
  name: 'Col2Im',
  limits: '1 to 3 spatial axes; computed sizes on the host',
  build: (node) =>
    operation('Col2Im', ([columns, imageShape, blockShape]) => {
      const [image, block] = [imageShape, blockShape].map((sizes) => [...node.read(sizes!).data]);
      const rank = needRank(node, image.length);
      const x = toFloats(columns!);
      const padding = pairsOf(node, rank);
      const [stride, dilation] = ['strides', 'dilations'].map((name) => perAxis(node, name, rank));
      return fold(x, image, block, { stride, dilation, padding });
    }),
};

export const convOperators: readonly Operator[] = [conv, convTranspose, col2im];
