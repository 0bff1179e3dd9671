// Reading images and volumes between their cells: along each axis a place is made of a few cells with weights, and what lies
// outside is zero or found inside again. GridSample reads where a grid says. Jaderberg et al., "Spatial Transformer
// Networks", 2015.

import {
  abs,
  add,
  cast,
  clamp,
  div,
  floor,
  greaterEqual,
  indexSelect,
  lessEqual,
  minimum,
  mul,
  permute,
  reshape,
  round,
  ShapeError,
  slice,
  sub,
  Tensor,
  UnsupportedError,
} from 'neocog';
import { operation } from '../../graph/operation.ts';
import { toFloats } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import type { Operator } from '../node.ts';

/** One of the cells that a place is made of, by its number along the axis, and its share; both `[planes, places]`. */
interface Tap {
  readonly cell: Tensor;
  readonly weight: Tensor | undefined;
}

export interface SampledAxis {
  readonly size: number;
  readonly taps: readonly Tap[];
}

/** Cells around places, whole numbers that may lie outside of the axis. */
type Interpolation = (place: Tensor) => Tap[];

const linear: Interpolation = (place) => {
  const low = floor(place);
  const share = sub(place, low);
  return [
    { cell: low, weight: sub(1, share) },
    { cell: add(low, 1), weight: share },
  ];
};

const nearest: Interpolation = (place) => [{ cell: round(place), weight: undefined }];

/** Keys, "Cubic convolution interpolation", 1981, with a = −0.75. */
const cubic: Interpolation = (place) => {
  const a = -0.75;
  const low = floor(place);
  const share = sub(place, low);
  const polynomial = (t: Tensor, [c3, c2, c1, c0]: readonly number[]): Tensor =>
    add(mul(add(mul(add(mul(t, c3), c2), t), c1), t), c0);
  const near = (t: Tensor): Tensor => polynomial(t, [a + 2, -(a + 3), 0, 1]);
  const far = (t: Tensor): Tensor => polynomial(t, [a, -5 * a, 8 * a, -4 * a]);
  const rest = sub(1, share);
  const weights = [far(add(share, 1)), near(share), near(rest), far(add(rest, 1))];
  return weights.map((weight, i) => ({ cell: add(low, i - 1), weight }));
};

/** A tap whose cell lies on the axis. */
type Outside = (tap: Tap, size: number) => Tap;

const onAxis = (cell: Tensor, size: number): Tensor => clamp(cell, { min: 0, max: size - 1 });

const zeros: Outside = ({ cell, weight }, size) => {
  const within = mul(greaterEqual(cell, 0), lessEqual(cell, size - 1));
  return { cell: onAxis(cell, size), weight: weight ? mul(within, weight) : within };
};

const border: Outside = ({ cell, weight }, size) => ({ cell: onAxis(cell, size), weight });

/** Mirrored at the outer cells' centres, or half a cell further out. */
const reflection =
  (atCentres: boolean): Outside =>
  ({ cell, weight }, size) => {
    const shift = atCentres ? 0 : 0.5;
    const period = Math.max(1, 2 * (size - 1 + 2 * shift));
    const distance = abs(add(cell, shift));
    const rest = sub(distance, mul(floor(div(distance, period)), period));
    return { cell: onAxis(sub(minimum(rest, sub(period, rest)), shift), size), weight };
  };

/** Places `[planes, places]` along an axis, in cells, by linear interpolation among zeros. */
export const linearAxis = (place: Tensor, size: number): SampledAxis => ({
  size,
  taps: linear(place).map((tap) => zeros(tap, size)),
});

/** Whole numbers of float32 are exact up to this one. */
const mostCells = 2 ** 24;

/** planes `[p, c, cells]` at places `[p, places]` along each axis of the cells → `[p, c, places]`. */
export function readPlaces(planes: Tensor, axes: readonly SampledAxis[]): Tensor {
  const [p, c, cells] = planes.shape;
  if (p * cells > mostCells) {
    throw new ShapeError(
      `reading between the cells of [${planes.shape}] reaches ${mostCells} cells; take fewer at once`,
    );
  }
  const flat = reshape(permute(planes, [0, 2, 1]), [p * cells, c]);
  const read = ({ cell, weight }: Tap): Tensor => {
    const values = indexSelect(flat, cast(reshape(cell, [cell.size]), 'int32'), { axis: 0 });
    const moved = permute(reshape(values, [p, cell.shape[1], c]), [0, 2, 1]);
    return weight ? mul(moved, reshape(weight, [p, 1, cell.shape[1]])) : moved;
  };
  const starts = new Tensor(
    Float32Array.from({ length: p }, (_, i) => i),
    [p, 1],
  );
  let corners: Tap[] = [{ cell: starts, weight: undefined }];
  for (const { size, taps } of axes) {
    corners = corners.flatMap((corner) => taps.map((tap) => joined(corner, tap, size)));
  }
  return corners.map(read).reduce((sum, part) => add(sum, part));
}

/** A cell of the axes so far and one of the next axis as one, counted row-major. */
const joined = (corner: Tap, { cell, weight }: Tap, size: number): Tap => ({
  cell: add(mul(corner.cell, size), cell),
  weight: corner.weight && weight ? mul(corner.weight, weight) : (corner.weight ?? weight),
});

const interpolations: Readonly<Record<string, Interpolation>> = {
  linear,
  bilinear: linear,
  nearest,
  cubic,
  bicubic: cubic,
};

interface GridPlan {
  readonly interpolate: Interpolation;
  readonly outside: Outside;
  readonly alignCorners: boolean;
}

const gridSample: Operator = {
  name: 'GridSample',
  limits: 'up to 5 spatial axes',
  build: (node) => {
    const alignCorners = node.int('align_corners', 0) === 1;
    const plan = {
      interpolate: node.choice('mode', 'linear', interpolations),
      outside: node.choice('padding_mode', 'zeros', { zeros, border, reflection: reflection(alignCorners) }),
      alignCorners,
    };
    return operation('GridSample', ([x, grid]) => sampleGrid(plan, toFloats(x!), toFloats(grid!)));
  },
};

const mostSampled = 5;

/** x `[n, c, …]`, grid `[n, …, axes]` from −1 to 1, one number per axis of x, the last axis first → `[n, c, …]`. */
function sampleGrid({ interpolate, outside, alignCorners }: GridPlan, x: Tensor, grid: Tensor): Tensor {
  const [n, c, ...sizes] = x.shape;
  const places = grid.shape.slice(1, -1);
  if (grid.shape.at(-1) !== sizes.length || grid.shape[0] !== n) {
    throw new ShapeError(`GridSample: the grid [${grid.shape}] does not fit the input [${x.shape}]`);
  }
  // Each axis multiplies the cells that a place is made of by up to four.
  if (sizes.length > mostSampled)
    throw new UnsupportedError(
      `GridSample: the input has ${sizes.length} spatial axes, but neocog reads at most ${mostSampled}`,
    );
  const axes = sizes.map((size, d): SampledAxis => {
    const from = sizes.length - 1 - d;
    const part = slice(grid, { axis: -1, start: from, end: from + 1 });
    const along = reshape(part, [n, grid.size / n / sizes.length]);
    const place = alignCorners
      ? mul(add(along, 1), (size - 1) / 2)
      : div(sub(mul(add(along, 1), size), 1), 2);
    return { size, taps: interpolate(place).map((tap) => outside(tap, size)) };
  });
  const planes = reshape(x, [n, c, product(sizes)]);
  return reshape(readPlaces(planes, axes), [n, c, ...places]);
}

export const sampleOperators: readonly Operator[] = [gridSample];
