// Fewer kinds of nodes, so that compilers need not know all: matrix products become convolutions over one cell, and padding
// other than with zeros becomes a copy.

import * as e from '../expression/expression.ts';
import { paddedCells } from '../geometry/padding.ts';
import type { ConvGeometry, WindowAxis } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';
import type {
  ConvNode,
  CopyNode,
  FusedNode,
  Graph,
  GraphNode,
  GraphValue,
  MatmulNode,
  SumPoolNode,
  WeightGradNode,
} from './graph.ts';
import { mapNodes, type ValueMaker } from './rewrite.ts';
import { plainFinish, type StridedView } from './work.ts';

export const normalForm = (graph: Graph): Graph => mapNodes(graph, simplify);

function simplify(node: GraphNode, make: ValueMaker): readonly GraphNode[] | null {
  if (node.op === 'matmul') return asConvolution(node, make);
  if (node.op === 'sumPool' && node.geometry.axes.every(isWhole)) return [wholePlane(node)];
  if (node.op !== 'conv' && node.op !== 'inputGrad' && node.op !== 'weightGrad') return null;
  const { geometry: g } = node;
  const padded = g.axes.some((axis) => axis.padBefore + axis.padAfter > 0);
  if (g.paddingMode === 'zeros') return null;
  if (!padded) return [{ ...node, geometry: { ...g, paddingMode: 'zeros' } }];
  return node.op === 'inputGrad' ? foldedGradient(node, make) : paddedFirst(node, make);
}

const oneCell: WindowAxis = {
  input: 1,
  kernel: 1,
  stride: 1,
  dilation: 1,
  padBefore: 0,
  padAfter: 0,
  output: 1,
};

/** Rows are images of one cell, columns are channels, and every pair of matrices is a group. */
const rows = (batch: number, groups: number, inChannels: number, outChannels: number): ConvGeometry => ({
  batch,
  groups,
  inChannels: groups * inChannels,
  outChannels: groups * outChannels,
  axes: [oneCell],
  paddingMode: 'zeros',
});

/**
 * A·Bᵀ is a convolution with the weights B, A·B its input gradient, and Aᵀ·B a weight gradient. For Aᵀ·Bᵀ, A is transposed
 * first. Of several products at once, rows of the same number come together: they are one image.
 */
function asConvolution(node: MatmulNode, make: ValueMaker): readonly GraphNode[] {
  const { shape: s, outputs, label } = node;
  const { batch, m, k, n, transposeA, transposeB } = s;
  if (batch * m * k * n === 0) return [zeros(node)];
  const nodes: GraphNode[] = [];
  const together = (x: GraphValue, count: number, columns: number, swapped = false): GraphValue =>
    batch === 1 && !swapped ? x : permuted(x, rowsTogether(batch, count, columns, swapped));
  const [a, b] = node.inputs;
  const common = { bias: false, finish: plainFinish, label };
  if (transposeA && !transposeB) {
    // Rows of both are the pixels that are summed over: the result [m, n] from y = A [k, m] and x = B [k, n].
    const inputs = [together(b, k, n), together(a, k, m)];
    return [...nodes, { op: 'weightGrad', geometry: rows(k, batch, n, m), inputs, outputs, label }];
  }
  const inputs = [together(a, m, k, transposeA), b];
  const [y] = batch === 1 ? outputs : [make.node(batch * m * n)];
  if (transposeB) nodes.push({ op: 'conv', geometry: rows(m, batch, k, n), inputs, outputs: [y], ...common });
  else nodes.push({ op: 'inputGrad', geometry: rows(m, batch, n, k), inputs, outputs: [y], ...common });
  if (batch > 1) permuted(y, rowsTogether(m, batch, n), outputs[0]);
  return nodes;

  function permuted(x: GraphValue, view: StridedView, to = make.node(product(view.shape))): GraphValue {
    nodes.push({ op: 'copy', view, inputs: [x], outputs: [to], label });
    return to;
  }
}

/** `[batch][count][columns]` as `[count][batch][columns]`; `swapped` lies as `[batch][columns][count]`. */
const rowsTogether = (batch: number, count: number, columns: number, swapped = false): StridedView => ({
  shape: [count, batch, columns],
  strides: [swapped ? 1 : columns, count * columns, swapped ? count : 1],
  offset: 0,
});

/** Products of which nothing is summed up, or of which there are none. */
const zeros = ({ shape, outputs, label }: MatmulNode): FusedNode => ({
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
function wholePlane(node: SumPoolNode): FusedNode {
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

function paddedFirst(node: ConvNode | WeightGradNode, make: ValueMaker): readonly GraphNode[] {
  const view = paddingView(node.geometry);
  const padded = make.node(product(view.shape));
  const [x, ...others] = node.inputs;
  const copy: CopyNode = { op: 'copy', view, inputs: [x], outputs: [padded], label: node.label };
  return [copy, { ...node, geometry: onPadded(node.geometry), inputs: [padded, ...others] }];
}

/** The gradient of the padded input, whose border is then added to the cells that it was copied from. */
function foldedGradient(node: ConvNode, make: ValueMaker): readonly GraphNode[] {
  const { geometry: g, inputs, outputs, label } = node;
  const view = paddingView(g);
  const [padded, folded] = [
    make.node(product(view.shape)),
    node.bias ? make.node(outputs[0].size) : outputs[0],
  ];
  const [y, weight, bias] = inputs;
  const valid: ConvNode = {
    ...node,
    geometry: onPadded(g),
    bias: false,
    inputs: [y, weight],
    outputs: [padded],
  };
  const fold: GraphNode = {
    op: 'copyAdd',
    views: [view],
    size: folded.size,
    inputs: [padded],
    outputs: [folded],
    label,
  };
  return node.bias ? [valid, fold, addPerChannel(g, folded, bias, outputs[0], label)] : [valid, fold];
}

function addPerChannel(
  g: ConvGeometry,
  x: GraphValue,
  bias: GraphValue,
  to: GraphValue,
  label: string,
): FusedNode {
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
  return { op: 'fused', loop, inputs: [x, bias], outputs: [to], label };
}
