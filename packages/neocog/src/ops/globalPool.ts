// Pooling over whole planes.

import { type Fields, needOptions } from '../arguments/options.ts';
import { backend } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { type Layout, layout } from '../geometry/options.ts';
import { poolGeometry } from '../geometry/pool.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { record, Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse, maxAlong } from './fuse.ts';
import { scatterAdd } from './gather.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';

/** How global pooling reads its input. */
export interface GlobalPoolOptions {
  /** Order of the axes of input and result. Default 'channels-first'. */
  layout?: Layout | undefined;
}

export const globalPoolFields: Fields<GlobalPoolOptions> = { layout };

function spatialAxes(fn: string, x: Tensor, options: GlobalPoolOptions): number[] {
  needOptions(fn, options, globalPoolFields);
  floats(fn, 'input', x);
  const { layout: order = 'channels-first' } = options;
  if (x.rank < 3 || x.shape.slice(1).includes(0)) {
    throw new ShapeError(
      `${fn}: input has shape ${formatShape(x.shape)}; give [n, c, …] with at least one cell; only the batch may be empty`,
    );
  }
  const first = order === 'channels-first' ? 2 : 1;
  return Array.from({ length: x.rank - 2 }, (_, i) => first + i);
}

/**
 * Mean over all spatial axes, which keep size 1: `[n, c, …]` → `[n, c, 1, …]`.
 *
 * @throws ShapeError without such axes or without cells.
 * @example globalAvgPool(zeros([2, 512, 7, 7])).shape // [2, 512, 1, 1]
 */
export function globalAvgPool(x: Tensor, options: GlobalPoolOptions = {}): Tensor {
  const axes = spatialAxes('globalAvgPool', x, options);
  const into = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  return fuse('globalAvgPool', e.input(0), [x], { into, combine: 'mean' });
}

/**
 * Maximum over all spatial axes, which keep size 1: `[n, c, …]` → `[n, c, 1, …]`. The first maximum takes the whole
 * gradient.
 *
 * @throws ShapeError without such axes or without cells.
 * @example globalMaxPool(zeros([2, 512, 7, 7])).shape // [2, 512, 1, 1]
 */
export function globalMaxPool(x: Tensor, options: GlobalPoolOptions = {}): Tensor {
  const axes = spatialAxes('globalMaxPool', x, options);
  const largest = maxAlong('globalMaxPool', x, axes);
  const last = options.layout === 'channels-last';
  const rule = (dy: Tensor): Tensor => {
    const [plain, gradient] = last ? [toChannelsFirst(x), toChannelsFirst(dy)] : [x, dy];
    const dx = scatterAdd(gradient, firstMaxima(plain), plain.shape);
    return last ? toChannelsLast(dx) : dx;
  };
  return record(largest.data, largest.shape, { name: 'globalMaxPool', inputs: [x], rules: [rule] });
}

/** The position of each plane's first maximum. x `[n, c, …]` → int32 `[n, c, 1, …]`. */
function firstMaxima(x: Tensor): Tensor {
  const plane = sizeOf(x.shape.slice(2));
  const windowed = { input: [x.shape[0], x.shape[1], plane], kernel: plane };
  const whole = poolGeometry({ fn: 'globalMaxPool', rank: 1 }, windowed);
  const [, indices] = backend().run({ op: 'maxPool', geometry: whole }, [
    floats('globalMaxPool', 'input', x),
  ]);
  return new Tensor(
    indices,
    x.shape.map((n, d) => (d < 2 ? n : 1)),
  );
}
