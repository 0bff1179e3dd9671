// Batch normalisation with known statistics, and any other scaling and shifting of channels after a convolution with
// constant weights, becomes part of the weights and the bias; after one of whole numbers, one scale and one shift.

import type { Backend } from '../../backends/backend.ts';
import type { Graph, GraphNode, GraphValue, NodeOf } from '../../backends/graph.ts';
import { ValueMaker } from '../../backends/rewrite.ts';
import type { ConvWork, FusedWork } from '../../backends/work.ts';
import { affineIn } from '../../expression/affine.ts';
import type { Expr } from '../../expression/expression.ts';
import * as e from '../../expression/expression.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { isMap, readsPositions } from './joinLoops.ts';
import { isChannel, isPerChannel, planesOf, readsInPlace } from './loopPlaces.ts';
import { readersOf, resultsOf } from './rewrite.ts';

/** @param alike whether a batch of one must be treated as others are, where an array of one cell has a value per channel too */
export function foldScales(graph: Graph, backend: Backend, alike = false): Graph {
  const make = new ValueMaker(graph);
  const readers = readersOf(graph.nodes);
  const kept = new Set(resultsOf(graph));
  const gone = new Set<GraphNode>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (gone.has(node)) continue;
    let folded = node;
    for (;;) {
      const next = folded.op === 'conv' || folded.op === 'inputGrad' ? onlyReader(folded) : null;
      const joined = next && fold(folded as NodeOf<ConvWork>, next, { make, backend, alike });
      if (!joined) break;
      gone.add(next);
      folded = joined;
    }
    nodes.push(folded);
  }
  return { ...graph, nodes };

  function onlyReader(node: GraphNode): NodeOf<FusedWork> | null {
    const [y] = node.outputs;
    const list = readers.get(y) ?? [];
    const [reader] = list;
    return list.length === 1 && reader.op === 'fused' && !kept.has(y) ? reader : null;
  }
}

const isConstant = (value: GraphValue): boolean => value.source === 'constant';

interface Means {
  readonly make: ValueMaker;
  readonly backend: Backend;
  readonly alike: boolean;
}

/** The convolution that gives what `next` makes of the result of `node`, or null if weights cannot hold that. */
function fold(
  node: NodeOf<ConvWork>,
  next: NodeOf<FusedWork>,
  { make, backend, alike }: Means,
): NodeOf<ConvWork> | null {
  const { loop } = next;
  const own = next.inputs.indexOf(node.outputs[0]);
  const planes = planesOf(node);
  const constant =
    node.inputs.slice(1).every(isConstant) && next.inputs.every((v, i) => i === own || isConstant(v));
  if ((node.finish.formula && !isScaled(node)) || !constant || !isMap(loop)) return null;
  if (!readsInPlace(loop, own)) return null;
  if (readsPositions(loop.expr) || sizeOf(loop.shape) !== node.outputs[0].size) return null;
  const oneEach = alike ? isPerChannel : isChannel;
  const perChannel = next.inputs.every((_, i) => i === own || oneEach(loop, i, planes));
  const affine = affineIn(loop.expr, own);
  if (!perChannel || !affine) return null;
  const strides = next.inputs.map((value, i) => [i === own || value.size === 1 ? 0 : 1]);
  const values = (expr: Expr): Float32Array =>
    backend.run(
      { op: 'fused', loop: { expr, strides, shape: [planes.channels], reduced: [false], combine: 'sum' } },
      next.inputs.map((value, i) => (i === own ? new Float32Array(1) : (value.data as Float32Array))),
    )[0] as Float32Array;
  const [scale, shift] = [values(affine.scale), values(affine.shift)];
  const [x, weight, bias] = node.inputs;
  if (staysAsItIs(node)) return scaledAfter(node, { scale, shift, make, outputs: next.outputs });
  return {
    ...node,
    inputs: [
      x,
      scale.every((s) => s === 1)
        ? weight
        : make.constant(scaleWeights(node, weight.data as Float32Array, scale)),
      make.constant(shift.map((s, c) => s + (bias ? (bias.data?.[c] as number) * scale[c] : 0))),
    ],
    bias: true,
    outputs: next.outputs,
  };
}

const [times, timesAndPlus] = [
  e.mul(e.input(0), e.input(1)),
  e.add(e.mul(e.input(0), e.input(1)), e.input(2)),
];

/** Whether a convolution ends with a scale and a shift that are constants of its channels. */
const isScaled = ({ finish: { formula } }: NodeOf<ConvWork>): boolean =>
  formula === times || formula === timesAndPlus;

/** Whether weights are whole numbers of 8 bits, whose scale is to be left out of them: so they can be multiplied as such, and take a byte. */
const staysAsItIs = ({ whole, inputs: [, weight] }: NodeOf<ConvWork>): boolean =>
  whole !== undefined ||
  (weight.data as Float32Array).every((w) => w === Math.round(w) && Math.abs(w) <= 127);

interface After extends Pick<Means, 'make'>, Pick<NodeOf<ConvWork>, 'outputs'> {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/** Weights stay as they are: their sums are scaled, and scaled once where they were before. */
function scaledAfter(node: NodeOf<ConvWork>, { scale, shift, make, outputs }: After): NodeOf<ConvWork> {
  const own = node.inputs.slice(node.bias ? 3 : 2).map((value) => value.data as Float32Array);
  const [first, second] = own;
  const scales = first ? scale.map((s, c) => s * first[c]) : scale;
  const shifts = second ? shift.map((s, c) => s + scale[c] * second[c]) : shift;
  const isShifted = shifts.some((s) => s !== 0);
  const constants = isShifted ? [scales, shifts] : [scales];
  return {
    ...node,
    inputs: [...node.inputs.slice(0, node.bias ? 3 : 2), ...constants.map((values) => make.constant(values))],
    finish: { formula: isShifted ? timesAndPlus : times, extras: constants.map(() => 'channel') },
    outputs,
  };
}

/** Weights `[out, in / groups, …]` times a factor per channel of the result. */
function scaleWeights(
  { op, geometry: g }: NodeOf<ConvWork>,
  weight: Float32Array,
  scale: Float32Array,
): Float32Array {
  const [perOut, perIn] = [g.outChannels / g.groups, g.inChannels / g.groups];
  const taps = weight.length / (g.outChannels * perIn);
  const scaled = new Float32Array(weight.length);
  // Runs of weights that share a factor: all of an output channel, or the taps of one input channel.
  const [runs, length] = op === 'conv' ? [1, perIn * taps] : [perIn, taps];
  let i = 0;
  for (let out = 0; out < g.outChannels; out++) {
    const first = op === 'conv' ? out : Math.floor(out / perOut) * perIn;
    for (let run = 0; run < runs; run++) {
      const factor = scale[first + run];
      for (const end = i + length; i < end; i++) scaled[i] = weight[i] * factor;
    }
  }
  return scaled;
}
