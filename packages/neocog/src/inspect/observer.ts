// A backend that computes nothing: it answers with zeros, counts multiply-adds, and notes where each value's cells come
// from. So a layer needs no description of itself, and one that a user wrote is seen as well.

import type { Backend } from '../backends/backend.ts';
import { type ArrayKind, kindOf, resultsOf, type Values, type Work } from '../backends/work.ts';
import type { FusedLoop, StridedView } from '../backends/workParts.ts';
import { multiplyAdds } from '../geometry/conv.ts';
import { throughTransposed, throughWindow } from '../geometry/receptive.ts';
import type { ConvGeometry, WindowAxis } from '../geometry/types.ts';
import { type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import type { KnownFields, Slide } from './knownFields.ts';

/** Hears of the work of each computation; `convolution` is there for those, also transposed. */
export type NoteWork = (multiplyAdds: number, convolution?: ConvGeometry) => void;

/** A backend in the place of `real`, which answers what is not part of a forward pass of layers. */
export function observer(real: Backend, fields: KnownFields, note: NoteWork): Backend {
  const memory = zeroMemory();
  const run: Backend['run'] = (work, inputs) => {
    const kinds = resultsOf(work, inputs.map(kindOf));
    const results = isReal(work, inputs) ? real.run(work, inputs) : memory(kinds);
    look(work, { inputs, y: results[0] }, { fields, note });
    return results;
  };
  // Described, not assigned: a backend may be frozen.
  return Object.create(real, { run: { value: run } }) as Backend;
}

/** Whole numbers that are moved may be places or classes, so they are really copied; and what no layer asks for is really done. */
const isReal = ({ op }: Work, [x]: readonly Values[]): boolean =>
  op === 'copy' || op === 'copyAdd'
    ? x instanceof Int32Array
    : ['weightGrad', 'sumPoolGrad', 'take', 'scatterAdd', 'fusedMany'].includes(op);

interface Notes {
  readonly fields: KnownFields;
  readonly note: NoteWork;
}

/** What a computation read, and its result. */
interface Arrays {
  readonly inputs: readonly Values[];
  readonly y: Values;
}

function look(work: Work, arrays: Arrays, { fields, note }: Notes): void {
  const { inputs, y } = arrays;
  const [x] = inputs;
  switch (work.op) {
    case 'conv':
      note(multiplyAdds(work.geometry), work.geometry);
      return fields.slide(x, y, windows(work.geometry.axes));
    case 'inputGrad':
      note(multiplyAdds(work.geometry), work.geometry);
      return fields.slide(x, y, transposed(work.geometry.axes));
    case 'maxPool':
    case 'sumPool':
      return fields.slide(x, y, windows(work.geometry.axes));
    case 'matmul': {
      const { batch, m, k, n } = work.shape;
      return note(batch * m * k * n);
    }
    case 'fused':
      return noteFused(work.loop, arrays, fields);
    case 'truncate':
      return fields.join([x], y);
    case 'copy':
      return noteCopy(work.view, arrays, fields);
    case 'copyAdd':
      if (work.views.every((view, i) => keepsPlanes(view, fields.planes(inputs[i])))) fields.join(inputs, y);
  }
}

/** Zeros for results of any size, at least: all share them, since nobody writes into what a backend gives. */
function zeroMemory(): (kinds: readonly ArrayKind[]) => Values[] {
  let memory = new ArrayBuffer(0);
  return (kinds) => {
    const bytes = 4 * Math.max(...kinds.map(({ size }) => size));
    if (bytes > memory.byteLength) memory = new ArrayBuffer(bytes);
    return kinds.map(({ size, dtype }) =>
      dtype === 'int32' ? new Int32Array(memory, 0, size) : new Float32Array(memory, 0, size),
    );
  };
}

type Sliding = Parameters<typeof throughWindow>[1];

const windows = (axes: readonly WindowAxis[]): Slide => ({
  from: axes.map((axis) => axis.input),
  to: axes.map((axis) => axis.output),
  through: (field, i) => throughWindow(field, axes[i]),
});

const transposed = (axes: readonly WindowAxis[]): Slide => ({
  from: axes.map((axis) => axis.output),
  to: axes.map((axis) => axis.input),
  through: (field, i) => throughTransposed(field, axes[i]),
});

/**
 * An elementwise function keeps what is known if every input that depends on more than parameters is read at the result's
 * own place. (An input of size 1 along an axis has planes of its own sizes, which tell it apart.) One that then sums over
 * whole planes is a window as large as they are.
 */
function noteFused(loop: FusedLoop, { inputs, y }: Arrays, fields: KnownFields): void {
  const dense = stridesOf(loop.shape);
  const varying = inputs
    .map((x, i) => ({ x, strides: loop.strides[i] }))
    .filter(({ x }) => !fields.isConstant(x));
  const inPlace = varying.every(({ strides }) =>
    strides.every((step, d) => step === dense[d] || step === 0 || loop.shape[d] === 1),
  );
  const sources = varying.map(({ x }) => x);
  if (!inPlace) return;
  if (!loop.reduced.some(Boolean)) fields.join(sources, y);
  else if (sources.length === 1) noteWholePlanes(loop, { inputs: sources, y }, fields);
}

function noteWholePlanes({ shape, reduced }: FusedLoop, { inputs, y }: Arrays, fields: KnownFields): void {
  const [x] = inputs;
  const from = fields.planes(x, shape.slice(2));
  const leading = shape.length - (from?.length ?? 0);
  const whole = reduced.every((each, d) => each === (d >= leading && shape[d] > 1));
  if (!from || !whole || !sameShape(shape.slice(leading), from)) return;
  const through: Slide['through'] = (field, d) =>
    throughWindow(field, { kernel: from[d], stride: 1, dilation: 1, padBefore: 0 });
  fields.slide(x, y, { from, to: from.map(() => 1), through });
}

/** Copies that move whole planes, such as the concatenation of channels, keep what is known; crops move it. */
function noteCopy(view: StridedView, { inputs, y }: Arrays, fields: KnownFields): void {
  const [x] = inputs;
  const sizes = fields.planes(x);
  const crop = sizes && cropOf(view, sizes);
  if (crop) fields.slide(x, y, crop);
}

/** Does a view move whole planes of `sizes`? */
function keepsPlanes(view: StridedView, sizes: Shape | null): boolean {
  const crop = sizes && cropOf(view, sizes);
  return crop !== null && sameShape(crop.to, sizes ?? []);
}

/**
 * A view that reads every plane of `sizes` from a cell on, every so many cells: a window of one tap. Null for any other.
 */
function cropOf(view: StridedView, sizes: Shape): Slide | null {
  const [plane, dense] = [sizeOf(sizes), stridesOf(sizes)];
  const leading = view.shape.length - sizes.length;
  const wholePlanes = view.strides
    .slice(0, Math.max(leading, 0))
    .every((step) =>
      typeof step === 'number' ? step % plane === 0 : step.every((each) => each % plane === 0),
    );
  if (leading < 0 || !wholePlanes) return null;
  const to = view.shape.slice(leading);
  const first = view.offset % plane;
  const axes = sizes.map((size, d): Sliding | null => {
    const start = Math.floor(first / dense[d]) % size;
    const step = to[d] === 1 ? 1 : Number(view.strides[leading + d]) / dense[d];
    const inside = Number.isInteger(step) && step > 0 && start + (to[d] - 1) * step < size;
    return inside ? { kernel: 1, stride: step, dilation: 1, padBefore: -start } : null;
  });
  return {
    from: sizes,
    to,
    through: (field, d) => {
      const axis = axes[d];
      return axis && throughWindow(field, axis);
    },
  };
}
