// A convolution, or one phase of its input gradient, as sums over those taps that fall inside the input ("clipped"): what
// the direct kernels are generated from. x is what is read and y what is written, whichever tensors those are. There is
// no border in memory, so nothing here knows of padding but as a start before cell 0.

import { type Phase, phasesOf } from '../../../../geometry/phases.ts';
import { type SumAxis, sumAxis } from '../../../../geometry/sumAxis.ts';
import type { ConvGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { product, rowMajor } from '../../../../geometry/window.ts';

/** One axis of a sum that divides by nothing, and where result o lies: in y's cell `yStart + o·yStep`. */
export interface ClipAxis extends SumAxis {
  readonly yStart: number;
  readonly yStep: number;
  /** Cells of y. */
  readonly ySize: number;
}

/** How the row-major weights of the tensor are read as [group][lane][…tap][in], in floats. */
export interface WeightSource {
  readonly groupStep: number;
  readonly laneStep: number;
  readonly inStep: number;
  readonly tapSteps: readonly number[];
  readonly start: number;
}

export interface ClipPlan {
  readonly images: number;
  readonly groups: number;
  /** Channels of x and of y per group. */
  readonly ins: number;
  readonly lanes: number;
  /** Channels of x per group where `ins` counts words of two of them, as whole numbers of 16 bits. Undefined for floats. */
  readonly pairs?: number;
  /** Whether sums of such pairs stay as they are, and do not become floats. */
  readonly int32?: boolean;
  /** So many groups of the convolution make up one here: each of its vectors of lanes reads channels of its own. 1 unless stated. */
  readonly joined?: number;
  /** Floats per pixel. */
  readonly xPitch: number;
  /** 1 for planes. */
  readonly yPitch: number;
  /** Planes of an image of y where it lies as these, [image][channel][…cell]. */
  readonly yPlanes?: number;
  /** Outermost first; pixels of a register tile lie along the last. */
  readonly axes: readonly ClipAxis[];
  readonly weights: WeightSource;
}

export interface Pitches {
  readonly xPitch: number;
  readonly yPitch: number;
}

/** The same sum of whole numbers, two channels to a word. */
export const asPairs = (p: ClipPlan): ClipPlan => ({ ...p, pairs: p.ins, ins: Math.ceil(p.ins / 2) });

/** The weights of all taps of a row wait in registers. */
const mostJoinedTaps = 8;

/**
 * Groups of one vector of channels on both sides, in pairs: the engine then finds the neighbours that it can join. Their
 * weights must follow each other.
 */
export function joinPairs(p: ClipPlan): ClipPlan {
  const { groups, ins, lanes, weights } = p;
  const inOrder = weights.groupStep === lanes * weights.laneStep;
  const { taps } = p.axes[p.axes.length - 1];
  if (ins !== 4 || lanes !== 4 || groups % 2 === 1 || taps > mostJoinedTaps || !inOrder) return p;
  const pairs = { ...weights, groupStep: 2 * weights.groupStep };
  return { ...p, groups: groups / 2, lanes: 2 * lanes, joined: 2, weights: pairs };
}

/** y from x. */
export function forwardPlan(g: ConvGeometry, { xPitch, yPitch }: Pitches): ClipPlan {
  const [ins, lanes] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const cells = product(g.axes.map((a) => a.kernel));
  const weights = {
    groupStep: lanes * ins * cells,
    laneStep: ins * cells,
    inStep: cells,
    tapSteps: kernelSteps(g),
    start: 0,
  };
  return {
    ...{ images: g.batch, groups: g.groups, ins, lanes, xPitch, yPitch, weights },
    axes: g.axes.map((a) => ({
      ...sumAxis(a, 'conv'),
      ...{ yStart: 0, yStep: 1, ySize: a.output },
    })),
  };
}

const kernelSteps = (g: ConvGeometry): number[] =>
  rowMajor(
    g.axes.map((a) => a.kernel),
    1,
  );

/** The gradient by the input, from that by the output: one plan per combination of the axes' phases. */
export function inputGradPlans(g: ConvGeometry, { xPitch, yPitch }: Pitches): ClipPlan[] {
  const perAxis = g.axes.map((a) => phasesOf(a, a.padBefore, a.input));
  const chosen = perAxis.reduce<Phase[][]>(
    (all, phases) => all.flatMap((head) => phases.map((phase) => [...head, phase])),
    [[]],
  );
  return chosen.map((phases) => phasePlan(g, phases, { xPitch: yPitch, yPitch: xPitch }));
}

/** Taps are walked by falling shift, upwards through what is read. */
function phasePlan(g: ConvGeometry, phases: readonly Phase[], pitches: Pitches): ClipPlan {
  const [ins, lanes] = [g.outChannels / g.groups, g.inChannels / g.groups];
  const cells = product(g.axes.map((a) => a.kernel));
  const upwards = phases.map((p) => [...p.taps].sort((s, t) => t.shift - s.shift));
  const steps = kernelSteps(g);
  const weights = {
    groupStep: ins * lanes * cells,
    laneStep: cells,
    inStep: lanes * cells,
    tapSteps: upwards.map((taps, i) => (taps.length > 1 ? (taps[1].kernel - taps[0].kernel) * steps[i] : 0)),
    start: upwards.reduce((sum, taps, i) => sum + (taps[0]?.kernel ?? 0) * steps[i], 0),
  };
  return {
    ...{ images: g.batch, groups: g.groups, ins, lanes, ...pitches, weights },
    axes: g.axes.map((a, i) => phaseAxis(a, phases[i], upwards[i])),
  };
}

function phaseAxis(axis: WindowAxis, phase: Phase, taps: Phase['taps']): ClipAxis {
  const tapStep = taps.length > 1 ? taps[0].shift - taps[1].shift : 1;
  return {
    ...{ results: phase.count, step: 1, start: -(taps[0]?.shift ?? 0), sources: axis.output, divide: 1 },
    ...{ taps: taps.length, tapStep },
    ...{ yStart: phase.first - axis.padBefore, yStep: axis.stride, ySize: axis.input },
  };
}

/** The taps of output o that fall inside, `from ≤ t < to`; `from === to` where there are none. */
export function validTaps(a: SumAxis, o: number): { from: number; to: number } {
  const first = a.start + o * a.step;
  const from = Math.min(a.taps, Math.max(0, Math.ceil(-first / a.tapStep)));
  const to = Math.min(a.taps, Math.max(0, Math.ceil((a.sources - first) / a.tapStep)));
  return { from, to: Math.max(from, to) };
}

/** No tap of any output falls outside. */
export function isInside(a: SumAxis): boolean {
  return a.start >= 0 && a.start + (a.results - 1) * a.step + (a.taps - 1) * a.tapStep < a.sources;
}

/** Tap counts over an axis's outputs. */
export function tapStatistics(a: SumAxis): { sum: number; least: number } {
  if (isInside(a)) return { sum: a.results * a.taps, least: a.taps };
  let [sum, least] = [0, a.taps];
  for (let o = 0; o < a.results; o++) {
    const { from, to } = validTaps(a, o);
    sum += to - from;
    least = Math.min(least, to - from);
  }
  return { sum, least };
}

export const tapsOf = (plan: ClipPlan): number => product(plan.axes.map((a) => a.taps));

/** Those that are done: taps outside the input are left out. */
export const multiplicationsOf = (p: ClipPlan): number =>
  p.images * p.groups * (p.pairs ?? p.ins) * p.lanes * product(p.axes.map((a) => tapStatistics(a).sum));

/** Taps of the last axis whose channels touch in memory are read as one run. */
export function mergesTaps(plan: ClipPlan): boolean {
  const last = plan.axes[plan.axes.length - 1];
  return plan.groups === 1 && last.tapStep * plan.xPitch === plan.ins;
}

/** Floats of x from one cell of an axis to the next. */
export const xSteps = (plan: ClipPlan): number[] =>
  rowMajor(
    plan.axes.map((a) => a.sources),
    plan.xPitch,
  );

export const ySteps = (plan: ClipPlan): number[] =>
  rowMajor(
    plan.axes.map((a) => a.ySize),
    plan.yPitch,
  );
