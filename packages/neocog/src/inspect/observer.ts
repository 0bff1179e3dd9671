// A backend that computes nothing: it answers with zeros, counts multiply-adds, and notes where each value's cells come
// from. So a layer needs no description of itself, and one that a user wrote is seen as well.

import type { Backend, FusedLoop, PlacedValues, StridedView, Values } from '../backends/backend.ts';
import { inputShape, multiplyAdds, outputShape } from '../geometry/conv.ts';
import { poolOutputShape } from '../geometry/pool.ts';
import { throughTransposed, throughWindow } from '../geometry/receptive.ts';
import type { ConvGeometry, WindowAxis } from '../geometry/types.ts';
import { type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import type { KnownFields, Slide } from './knownFields.ts';

/** Hears of the work of each call; `convolution` is there for those, also transposed. */
export type NoteWork = (multiplyAdds: number, convolution?: ConvGeometry) => void;

/** A backend in the place of `real`, which answers what is not part of a forward pass of layers. */
export function observer(real: Backend, fields: KnownFields, note: NoteWork): Backend {
  const memory = zeroMemory();
  const zeros = (shape: Shape): Float32Array => new Float32Array(memory(shape), 0, sizeOf(shape));
  const slide = <T extends Values>(x: Values, y: T, window: Slide): T => {
    fields.slide(x, y, window);
    return y;
  };
  const observed: Partial<Backend> = {
    conv(g, x) {
      note(multiplyAdds(g), g);
      return slide(x, zeros(outputShape(g)), windows(g.axes));
    },
    convInputGrad(g, y) {
      note(multiplyAdds(g), g);
      return slide(y, zeros(inputShape(g)), transposed(g.axes));
    },
    maxPool(g, x) {
      const output = slide(x, zeros(poolOutputShape(g)), windows(g.axes));
      return { output, indices: new Int32Array(output.buffer, 0, output.length) };
    },
    sumPool: (g, x) => slide(x, zeros(poolOutputShape(g)), windows(g.axes)),
    matmul({ batch, m, k, n }) {
      note(batch * m * k * n);
      return zeros([batch, m, n]);
    },
    fused(loop, inputs) {
      const y = zeros(loop.shape.filter((_, d) => !loop.reduced[d]));
      noteFused(loop, inputs, y, fields);
      return y;
    },
    truncate(x) {
      const y = new Int32Array(zeros([x.length]).buffer, 0, x.length);
      fields.join([x], y);
      return y;
    },
    ...observeMoves(real, fields, zeros),
  };
  // Described, not assigned: a backend may be frozen.
  return Object.create(real, Object.getOwnPropertyDescriptors(observed)) as Backend;
}

/** Zeros for values of any shape, at least: all results share them, since nobody writes into what a backend gives. */
function zeroMemory(): (shape: Shape) => ArrayBuffer {
  let memory = new ArrayBuffer(0);
  return (shape) => {
    const bytes = 4 * sizeOf(shape);
    if (bytes > memory.byteLength) memory = new ArrayBuffer(bytes);
    return memory;
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
function noteFused(loop: FusedLoop, inputs: readonly Values[], y: Values, fields: KnownFields): void {
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
  else if (sources.length === 1) noteWholePlanes(loop, sources[0], y, fields);
}

function noteWholePlanes({ shape, reduced }: FusedLoop, x: Values, y: Values, fields: KnownFields): void {
  const from = fields.planes(x, shape.slice(2));
  const leading = shape.length - (from?.length ?? 0);
  const whole = reduced.every((each, d) => each === (d >= leading && shape[d] > 1));
  if (!from || !whole || !sameShape(shape.slice(leading), from)) return;
  const through: Slide['through'] = (field, d) =>
    throughWindow(field, { kernel: from[d], stride: 1, dilation: 1, padBefore: 0 });
  fields.slide(x, y, { from, to: from.map(() => 1), through });
}

/**
 * Copies that move whole planes, such as the concatenation of channels, keep what is known; crops move it. Whole numbers
 * may be places or classes, so they are really copied.
 */
function observeMoves(
  real: Backend,
  fields: KnownFields,
  zeros: (shape: Shape) => Float32Array,
): Pick<Backend, 'copy' | 'copyAdd'> {
  return {
    copy<T extends Values>(view: StridedView, x: T): T {
      const y = x instanceof Int32Array ? real.copy(view, x) : (zeros(view.shape) as Values as T);
      const sizes = fields.planes(x);
      const crop = sizes && cropOf(view, sizes);
      if (crop) fields.slide(x, y, crop);
      return y;
    },
    copyAdd<T extends Values>(parts: readonly PlacedValues<T>[], size: number): T {
      const sources = parts.map(({ values }) => values);
      const whole = parts.every(({ values, view }) => keepsPlanes(view, fields.planes(values)));
      const y = sources[0] instanceof Int32Array ? real.copyAdd(parts, size) : (zeros([size]) as Values as T);
      if (whole) fields.join(sources, y);
      return y;
    },
  };
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
