// Fewer kinds of nodes, so that compilers need not know all: matrix products become convolutions over one cell, and padding
// other than with zeros becomes a copy.

import * as e from '../expression/expression.ts';
import { paddedCells } from '../geometry/padding.ts';
import type { ConvGeometry, WindowAxis } from '../geometry/types.ts';
import { oneCell, product } from '../geometry/window.ts';
import type { Graph, GraphNode, GraphValue, NodeOf, NormalGraph, NormalNode } from './graph.ts';
import { mapNodes, type ValueMaker } from './rewrite.ts';
import type {
  ConvWork,
  CopyAddWork,
  CopyWork,
  FusedWork,
  MatmulWork,
  SumPoolWork,
  WeightGradWork,
} from './work.ts';
import { plainFinish, type StridedView } from './workParts.ts';

export const normalForm = (graph: Graph): NormalGraph => mapNodes(graph, simplify);

/** Whether a compiler knows such nodes. */
export const isNormal = (node: GraphNode): node is NormalNode => node.op !== 'matmul';

function simplify(node: GraphNode, make: ValueMaker): readonly NormalNode[] {
  if (node.op === 'matmul') return asConvolution(node, make);
  if (node.op === 'sumPool' && node.geometry.axes.every(isWhole)) return [wholePlane(node)];
  if (node.op !== 'conv' && node.op !== 'inputGrad' && node.op !== 'weightGrad') return [node];
  const { geometry: g } = node;
  const padded = g.axes.some((axis) => axis.padBefore + axis.padAfter > 0);
  if (g.paddingMode === 'zeros') return [node];
  if (!padded) return [{ ...node, geometry: { ...g, paddingMode: 'zeros' } }];
  return node.op === 'inputGrad' ? foldedGradient(node, make) : paddedFirst(node, make);
}

/** Products of matrices `[images, from]` with matrices of `from` by `to` elements. */
interface RowProducts {
  readonly groups: number;
  readonly images: number;
  readonly from: number;
  readonly to: number;
}

/** Rows are images of one cell, columns are channels, and every pair of matrices is a group. */
const rows = ({ groups, images, from, to }: RowProducts): ConvGeometry => ({
  batch: images,
  groups,
  inChannels: groups * from,
  outChannels: groups * to,
  axes: [oneCell],
  paddingMode: 'zeros',
});

/** Matrices one after another; `swapped` ones lie column by column. */
interface Matrices {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly swapped?: boolean;
}

/**
 * A·Bᵀ is a convolution with the weights B, A·B its input gradient, and Aᵀ·B a weight gradient. For Aᵀ·Bᵀ, A is transposed
 * first. Of several products at once, rows of the same number come together: they are one image.
 */
function asConvolution(node: NodeOf<MatmulWork>, make: ValueMaker): readonly NormalNode[] {
  const { shape: s, outputs, label } = node;
  const { batch, m, k, n, transposeA, transposeB } = s;
  if (batch * m * k * n === 0) return [zeros(node)];
  const nodes: NormalNode[] = [];
  const together = (x: GraphValue, matrices: Matrices): GraphValue =>
    batch === 1 && !matrices.swapped ? x : permuted(x, rowsTogether(matrices));
  const [a, b] = node.inputs;
  const common = { bias: false, finish: plainFinish, whole: node.whole, label };
  if (transposeA && !transposeB) {
    // Rows of both are the pixels that are summed over: the result [m, n] from y = A [k, m] and x = B [k, n].
    const inputs = [together(b, { batch, rows: k, columns: n }), together(a, { batch, rows: k, columns: m })];
    const geometry = rows({ groups: batch, images: k, from: n, to: m });
    return [...nodes, { op: 'weightGrad', geometry, inputs, outputs, label }];
  }
  const inputs = [together(a, { batch, rows: m, columns: k, swapped: transposeA }), b];
  const [y] = batch === 1 ? outputs : [make.node(batch * m * n)];
  const op = transposeB ? 'conv' : 'inputGrad';
  const [from, to] = transposeB ? [k, n] : [n, k];
  const geometry = rows({ groups: batch, images: m, from, to });
  nodes.push({ op, geometry, inputs, outputs: [y], ...common });
  if (batch > 1) permuted(y, rowsTogether({ batch: m, rows: batch, columns: n }), outputs[0]);
  return nodes;

  function permuted(x: GraphValue, view: StridedView, to = make.node(product(view.shape))): GraphValue {
    nodes.push({ op: 'copy', view, inputs: [x], outputs: [to], label });
    return to;
  }
}

/** `[batch][rows][columns]` as `[rows][batch][columns]`; `swapped` lies as `[batch][columns][rows]`. */
const rowsTogether = ({ batch, rows, columns, swapped = false }: Matrices): StridedView => ({
  shape: [rows, batch, columns],
  strides: [swapped ? 1 : columns, rows * columns, swapped ? rows : 1],
  offset: 0,
});

/** Products of which nothing is summed up, or of which there are none. */
const zeros = ({ shape, outputs, label }: NodeOf<MatmulWork>): NodeOf<FusedWork> => ({
  op: 'fused',
  loop: {
    expr: e.constant(0),
    shape: [shape.batch * shape.m * shape.n],
    strides: [],
    reduced: [false],
    combine: 'sum',
  },
  inputs: [],
  outputs,
  label,
});

/** A window that is the whole axis. */
const isWhole = (axis: WindowAxis): boolean =>
  axis.output === 1 &&
  axis.kernel === axis.input &&
  axis.padBefore + axis.padAfter === 0 &&
  axis.dilation === 1;

/** Pooling over whole planes is a sum like any other. */
function wholePlane(node: NodeOf<SumPoolWork>): NodeOf<FusedWork> {
  const { geometry: g, inputs, outputs, label } = node;
  const plane = product(g.axes.map((axis) => axis.input));
  const loop = {
    expr: e.mul(e.input(0), e.input(1)),
    shape: [g.batch, g.channels, plane],
    strides: [
      [g.channels * plane, plane, 1],
      [0, 0, 0],
    ],
    reduced: [false, false, true],
    combine: 'sum',
  } as const;
  return { op: 'fused', loop, inputs, outputs, label };
}

/** The geometry on an input that has its border already. */
const onPadded = (g: ConvGeometry): ConvGeometry => ({
  ...g,
  paddingMode: 'zeros',
  axes: g.axes.map((axis) => ({
    ...axis,
    input: axis.padBefore + axis.input + axis.padAfter,
    padBefore: 0,
    padAfter: 0,
  })),
});

/** Where each cell of the padded input comes from. */
function paddingView(g: ConvGeometry): StridedView {
  const cells = g.axes.map((axis) => paddedCells(axis, g.paddingMode));
  const steps = g.axes.map((_, d) => product(g.axes.slice(d + 1).map((axis) => axis.input)));
  const plane = product(g.axes.map((axis) => axis.input));
  return {
    shape: [g.batch, g.inChannels, ...cells.map((table) => table.length)],
    strides: [g.inChannels * plane, plane, ...cells.map((table, d) => table.map((cell) => cell * steps[d]))],
    offset: 0,
  };
}

function paddedFirst(
  node: NodeOf<ConvWork> | NodeOf<WeightGradWork>,
  make: ValueMaker,
): readonly NormalNode[] {
  const view = paddingView(node.geometry);
  const padded = make.node(product(view.shape));
  const [x, ...others] = node.inputs;
  const copy: NodeOf<CopyWork> = { op: 'copy', view, inputs: [x], outputs: [padded], label: node.label };
  return [copy, { ...node, geometry: onPadded(node.geometry), inputs: [padded, ...others] }];
}

/** The gradient of the padded input, whose border is then added to the cells that it was copied from. */
function foldedGradient(node: NodeOf<ConvWork>, make: ValueMaker): readonly NormalNode[] {
  const { geometry: g, inputs, outputs, label } = node;
  const view = paddingView(g);
  const [padded, folded] = [
    make.node(product(view.shape)),
    node.bias ? make.node(outputs[0].size) : outputs[0],
  ];
  const [y, weight, bias] = inputs;
  const valid: NodeOf<ConvWork> = {
    ...node,
    geometry: onPadded(g),
    bias: false,
    inputs: [y, weight],
    outputs: [padded],
  };
  const fold: NodeOf<CopyAddWork> = {
    op: 'copyAdd',
    views: [view],
    size: folded.size,
    inputs: [padded],
    outputs: [folded],
    label,
  };
  return node.bias
    ? [valid, fold, addPerChannel(g, { inputs: [folded, bias], outputs, label })]
    : [valid, fold];
}

/** Adds to the first input, of a geometry's input's shape, the second, a value per channel. */
function addPerChannel(
  g: ConvGeometry,
  place: Pick<NodeOf<FusedWork>, 'inputs' | 'outputs' | 'label'>,
): NodeOf<FusedWork> {
  const plane = product(g.axes.map((axis) => axis.input));
  const loop = {
    expr: e.add(e.input(0), e.input(1)),
    shape: [g.batch, g.inChannels, plane],
    strides: [
      [g.inChannels * plane, plane, 1],
      [0, 1, 0],
    ],
    reduced: [false, false, false],
    combine: 'sum',
  } as const;
  return { op: 'fused', loop, ...place };
}
