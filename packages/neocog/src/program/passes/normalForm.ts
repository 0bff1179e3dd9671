// Fewer kinds of nodes, so that compilers need not know all: matrix products become convolutions over one cell, and padding
// other than with zeros becomes a copy.

import type { StridedView } from '../../backends/backend.ts';
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
} from '../../backends/graph.ts';
import { plainFinish } from '../../backends/graph.ts';
import * as e from '../../expression/expression.ts';
import { paddedCells } from '../../geometry/padding.ts';
import type { ConvGeometry, WindowAxis } from '../../geometry/types.ts';
import { product } from '../../geometry/window.ts';
import { mapNodes, type ValueMaker } from './rewrite.ts';

export const normalForm = (graph: Graph): Graph => mapNodes(graph, simplify);

function simplify(node: GraphNode, make: ValueMaker): readonly GraphNode[] | null {
  if (node.op === 'matmul') return [asConvolution(node)];
  if (node.op === 'sumPool' && node.geometry.axes.every(isWhole)) return [wholePlane(node)];
  if (node.op !== 'conv' && node.op !== 'inputGrad' && node.op !== 'weightGrad') return null;
  const { geometry: g } = node;
  const padded = g.axes.some((axis) => axis.padBefore + axis.padAfter > 0);
  if (g.paddingMode === 'zeros') return null;
  const zeros: ConvGeometry = { ...g, paddingMode: 'zeros' };
  if (!padded) return [{ ...node, geometry: zeros }];
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

/** Rows are images of one cell, columns are channels: rows × columns is `[n, c, 1]` as it lies. */
const rows = (batch: number, inChannels: number, outChannels: number): ConvGeometry => ({
  batch,
  groups: 1,
  inChannels,
  outChannels,
  axes: [oneCell],
  paddingMode: 'zeros',
});

/**
 * A·Bᵀ is a convolution with the weights B, A·B its input gradient, and Aᵀ·B a weight gradient. What is left, several
 * products at once and Aᵀ·Bᵀ, is sums of products in a fused loop.
 */
function asConvolution(node: MatmulNode): GraphNode {
  const { shape: s, inputs, outputs, label } = node;
  const { batch, m, k, n, transposeA, transposeB } = s;
  if (batch !== 1 || m * k * n === 0 || (transposeA && transposeB)) return sumOfProducts(node);
  const [a, b] = inputs;
  const common = { bias: false, finish: plainFinish, outputs, label };
  if (transposeA) {
    // Rows of both are the pixels that are summed over: result [m, n] from y = A [k, m] and x = B [k, n].
    return { op: 'weightGrad', geometry: rows(k, n, m), inputs: [b, a], outputs, label };
  }
  if (transposeB) return { op: 'conv', geometry: rows(m, k, n), inputs: [a, b], ...common };
  return { op: 'inputGrad', geometry: rows(m, n, k), inputs: [a, b], ...common };
}

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

function sumOfProducts(node: MatmulNode): FusedNode {
  const { batch, m, k, n, transposeA, transposeB } = node.shape;
  const left = transposeA ? [1, m] : [k, 1];
  const right = transposeB ? [1, k] : [n, 1];
  return {
    op: 'fused',
    loop: {
      expr: e.mul(e.input(0), e.input(1)),
      shape: [batch, m, n, k],
      strides: [
        [m * k, left[0], 0, left[1]],
        [k * n, 0, right[1], right[0]],
      ],
      reduced: [false, false, false, true],
      combine: 'sum',
    },
    inputs: node.inputs,
    outputs: node.outputs,
    label: node.label,
  };
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
  const fold: GraphNode = { op: 'copyAdd', views: [view], inputs: [padded], outputs: [folded], label };
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
