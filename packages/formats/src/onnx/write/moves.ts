// Copies of grids of places as Transpose, Slice, Gather and Expand where they are that, else as a Gather from the flat array;
// and their adjoint as Concat, Pad and Add.

import { type GraphNode, UnsupportedError } from 'neocog';
import { product, stridesOf } from '../../shape.ts';
import type { GraphWriter, Named } from './graphWriter.ts';

type View = Extract<GraphNode, { op: 'copy' }>['view'];

/** The values of an array at the places of a view, in the view's shape. */
export function writeView(writer: GraphWriter, x: Named, view: View): string {
  return writePermuted(writer, x, view) ?? writeAxes(writer, x, view) ?? writeAnyView(writer, x, view);
}

/** All values in another order of axes. */
function writePermuted(writer: GraphWriter, x: Named, { shape, strides, offset }: View): string | undefined {
  if (offset !== 0 || product(shape) !== product(x.shape)) return undefined;
  const step = (d: number): number => strides[d] as number;
  const order = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  if (order.some((d) => typeof strides[d] !== 'number')) return undefined;
  order.sort((a, b) => step(b) - step(a));
  const dense = stridesOf(order.map((d) => shape[d]));
  if (order.some((d, i) => step(d) !== dense[i])) return undefined;
  order.push(...shape.map((_, d) => d).filter((d) => shape[d] <= 1));
  const source = writer.reshaped(
    x,
    order.map((d) => shape[d]),
  );
  const perm = shape.map((_, d) => order.indexOf(d));
  const moving = perm.filter((from) => shape[order[from]] > 1);
  // Axes of one cell may stand anywhere.
  if (moving.every((from, i) => i === 0 || from > moving[i - 1])) return writer.reshaped(x, shape);
  return writer.add('Transpose', [source], { perm });
}

/** Some cells of each axis of the array in its own shape. */
function writeAxes(writer: GraphWriter, x: Named, view: View): string | undefined {
  const cells = cellsPerAxis(x.shape, view);
  if (!cells) return undefined;
  let name = x.name;
  const slices: { axis: number; start: number; end: number; step: number }[] = [];
  cells.forEach((list, axis) => {
    const size = x.shape[axis];
    if (list.length === size && list.every((cell, i) => cell === i)) return;
    if (size === 1) return;
    const step = list.length > 1 ? list[1] - list[0] : 1;
    const isEven = step !== 0 && list.every((cell, i) => cell === list[0] + i * step);
    if (isEven) slices.push({ axis, start: list[0], end: endOf(list, step, size), step });
    else name = writer.add('Gather', [name, writer.int64s(list)], { axis });
  });
  if (slices.length > 0) {
    const lists = (['start', 'end', 'axis', 'step'] as const).map((key) =>
      writer.int64s(slices.map((s) => s[key])),
    );
    name = writer.add('Slice', [name, ...lists]);
  }
  const isSpread = cells.some((list, d) => x.shape[d] === 1 && list.length > 1);
  return isSpread ? writer.add('Expand', [name, writer.int64s(view.shape)]) : name;
}

/** The place before the first cell is written as one far below it. */
function endOf(list: readonly number[], step: number, size: number): number {
  const end = list[0] + list.length * step;
  return end < 0 ? -size - 1 : end;
}

function cellsPerAxis(own: readonly number[], { shape, strides, offset }: View): number[][] | undefined {
  if (own.length !== shape.length || product(shape) === 0) return undefined;
  const dense = stridesOf(own);
  let rest = offset;
  const starts = dense.map((step) => {
    const start = Math.floor(rest / step);
    rest %= step;
    return start;
  });
  const cells = shape.map((count, d) => {
    const stride = strides[d];
    const step = (i: number): number => (typeof stride === 'number' ? i * stride : stride[i]);
    return Array.from({ length: count }, (_, i) => starts[d] + step(i) / dense[d]);
  });
  const fits = cells.every((list, d) =>
    list.every((cell) => Number.isInteger(cell) && cell >= 0 && cell < own[d]),
  );
  return fits ? cells : undefined;
}

/** By a table of every place. */
function writeAnyView(writer: GraphWriter, x: Named, { shape, strides, offset }: View): string {
  let places = Int32Array.of(offset);
  shape.forEach((count, d) => {
    const stride = strides[d];
    const next = new Int32Array(places.length * count);
    places.forEach((place, p) => {
      for (let i = 0; i < count; i++) {
        next[p * count + i] = place + (typeof stride === 'number' ? i * stride : stride[i]);
      }
    });
    places = next;
  });
  const flat = writer.reshaped(x, [product(x.shape)]);
  return writer.add('Gather', [flat, writer.tensor(places, shape, 'places')], { axis: 0 });
}

/** An array, and where its values go in another. */
interface Part {
  readonly name: string;
  readonly view: View;
}

/** A block of a larger array. */
interface Block {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/** Blocks added into zeros. @throws UnsupportedError for views that are no blocks. */
export function writeSum(writer: GraphWriter, parts: readonly Part[], size: number): Named {
  const shape = targetShape(parts[0].view, size);
  const blocks = parts.map(({ view }) => blockOf(view, shape));
  const axis = joinedAxis(blocks, shape);
  const names = parts.map(({ name }) => name);
  if (axis !== undefined && parts.length > 1) return { name: writer.add('Concat', names, { axis }), shape };
  const padded = names.map((name, i) => writePadded(writer, name, padsAround(blocks[i], shape)));
  return { name: padded.reduce((a, b) => writer.add('Add', [a, b])), shape };
}

const padsAround = ({ start, size }: Block, shape: readonly number[]): number[] => [
  ...start,
  ...shape.map((n, d) => n - start[d] - size[d]),
];

const writePadded = (writer: GraphWriter, name: string, pads: readonly number[]): string =>
  pads.every((n) => n === 0) ? name : writer.add('Pad', [name, writer.int64s(pads)]);

const noBlock = (): never => {
  throw new UnsupportedError(
    'saveOnnx: the network adds values at places that form no block, and ONNX has no node for that',
  );
};

/** The strides of a block are those of the array that holds it. */
function targetShape({ strides }: View, size: number): number[] {
  const steps = strides.map((stride) => (typeof stride === 'number' && stride > 0 ? stride : noBlock()));
  if (steps.at(-1) !== 1) noBlock();
  return steps.map((step, d) => (d === 0 ? size : steps[d - 1]) / step);
}

function blockOf({ shape, strides, offset }: View, target: readonly number[]): Block {
  const dense = stridesOf(target);
  if (!target.every(Number.isInteger) || strides.some((stride, d) => stride !== dense[d])) noBlock();
  let rest = offset;
  const start = dense.map((step) => {
    const cell = Math.floor(rest / step);
    rest %= step;
    return cell;
  });
  return { start, size: shape };
}

/** The axis along which blocks follow one another and fill the array. */
function joinedAxis(blocks: readonly Block[], shape: readonly number[]): number | undefined {
  const axis = shape.findIndex((n, d) => blocks[0].size[d] !== n);
  if (axis < 0) return undefined;
  let next = 0;
  for (const { start, size } of blocks) {
    const whole = shape.every((n, d) => (d === axis ? start[d] === next : start[d] === 0 && size[d] === n));
    if (!whole) return undefined;
    next += size[axis];
  }
  return next === shape[axis] ? axis : undefined;
}
