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
import { Known } from './known.ts';
import { isChannel, isPerChannel, planesOf, readsInPlace } from './loopPlaces.ts';
import { readersOf, resultsOf } from './rewrite.ts';

interface Options {
  /** Whether a batch of one must be treated as others are, where an array of one cell has a value per channel too. */
  readonly alike?: boolean;
  readonly known?: Known;
}

export function foldScales(
  graph: Graph,
  backend: Backend,
  { alike = false, known = new Known() }: Options = {},
): Graph {
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
      const joined = next && fold(folded as NodeOf<ConvWork>, next, { make, backend, alike, known });
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
  readonly known: Known;
}

/** The convolution that gives what `next` makes of the result of `node`, or null if weights cannot hold that. */
function fold(
  node: NodeOf<ConvWork>,
  next: NodeOf<FusedWork>,
  { make, backend, alike, known }: Means,
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
  const affine = perChannel ? affineIn(loop.expr, own) : null;
  if (!affine) return null;
  const { op, geometry: g } = node;
  const [x, ...ownConstants] = node.inputs;
  const arrays = [...ownConstants, ...next.inputs].map((value) => value.data);
  const after = staysAsItIs(node);
  const how = `${op} g${g.groups} c${g.inChannels}>${g.outChannels} ${node.bias} f${loop.expr.id} ${after} f${node.finish.formula?.id}`;
  const found = known.get(how, arrays, () => scaled(node, next, { affine, own, backend }));
  if (after)
    return endingWith(
      node,
      next,
      found.map((values) => make.constant(values)),
    );
  const [weight, bias] = found;
  const kept = weight === ownConstants[0].data ? ownConstants[0] : make.constant(weight);
  return { ...node, inputs: [x, kept, make.constant(bias)], bias: true, outputs: next.outputs };
}

interface Scaling {
  /** What a value becomes. */
  readonly affine: { readonly scale: Expr; readonly shift: Expr };
  /** Which input of the loop it is. */
  readonly own: number;
  readonly backend: Backend;
}

/** Weights and bias that hold the scale and the shift of each channel; or, where weights stay as they are, what their sums are times, and plus. */
function scaled(
  node: NodeOf<ConvWork>,
  { inputs }: NodeOf<FusedWork>,
  { affine, own, backend }: Scaling,
): Float32Array[] {
  const strides = inputs.map((value, i) => [i === own || value.size === 1 ? 0 : 1]);
  const shape = [planesOf(node).channels];
  const values = (expr: Expr): Float32Array =>
    backend.run(
      { op: 'fused', loop: { expr, strides, shape, reduced: [false], combine: 'sum' } },
      inputs.map((value, i) => (i === own ? new Float32Array(1) : (value.data as Float32Array))),
    )[0] as Float32Array;
  const [scale, shift] = [values(affine.scale), values(affine.shift)];
  const weight = node.inputs[1].data as Float32Array;
  const before = node.inputs[2]?.data;
  if (staysAsItIs(node)) return scaledAfter(node, scale, shift);
  return [
    scale.every((s) => s === 1) ? weight : scaleWeights(node, weight, scale),
    shift.map((s, c) => s + (before ? (before[c] as number) * scale[c] : 0)),
  ];
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

/** A scale and, unless it is 0, a shift for each channel after the sums, with those that are there already. */
function scaledAfter(node: NodeOf<ConvWork>, scale: Float32Array, shift: Float32Array): Float32Array[] {
  const own = node.inputs.slice(node.bias ? 3 : 2).map((value) => value.data as Float32Array);
  const [first, second] = own;
  const scales = first ? scale.map((s, c) => s * first[c]) : scale;
  const shifts = second ? shift.map((s, c) => s + scale[c] * second[c]) : shift;
  return shifts.some((s) => s !== 0) ? [scales, shifts] : [scales];
}

/** Weights stay as they are; their sums are scaled and shifted. */
const endingWith = (
  node: NodeOf<ConvWork>,
  { outputs }: NodeOf<FusedWork>,
  constants: readonly GraphValue[],
): NodeOf<ConvWork> => ({
  ...node,
  inputs: [...node.inputs.slice(0, node.bias ? 3 : 2), ...constants],
  finish: { formula: constants.length > 1 ? timesAndPlus : times, extras: constants.map(() => 'channel') },
  outputs,
});

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
