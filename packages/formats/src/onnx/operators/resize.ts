// Resize, and Upsample, which it replaced.

import { permute, type ResizeOptions, reshape, resize, type Tensor } from 'neocog';
import { willMake } from '../../budget.ts';
import { type Arguments, operation } from '../../graph/operation.ts';
import { toFloats } from '../../graph/value.ts';
import { fromStart } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';

const coordinates = {
  half_pixel: 'half-pixel',
  half_pixel_symmetric: 'half-pixel-symmetric',
  pytorch_half_pixel: 'pytorch-half-pixel',
  tf_half_pixel_for_nn: 'tf-half-pixel',
  asymmetric: 'asymmetric',
  align_corners: 'align-corners',
  tf_crop_and_resize: undefined, // its crop says where
} as const;

const roundings = {
  round_prefer_floor: 'prefer-floor',
  round_prefer_ceil: 'prefer-ceil',
  floor: 'floor',
  ceil: 'ceil',
} as const;

const modes: Readonly<Record<string, 'nearest' | 'linear' | 'cubic'>> = {
  nearest: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
  cubic: 'cubic',
};

const isCropped = (node: OnnxNode): boolean =>
  node.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize';

/** What does not depend on the input. */
function settingsOf(node: OnnxNode): ResizeOptions {
  const mode = node.choice('mode', 'nearest', modes);
  const cropped = isCropped(node);
  return {
    mode,
    coordinates: node.choice('coordinate_transformation_mode', 'half_pixel', coordinates),
    ...(mode === 'nearest' && {
      rounding: node.choice('nearest_mode', 'round_prefer_floor', roundings),
    }),
    ...(mode === 'cubic' && { cubicCoefficient: node.float('cubic_coeff_a', -0.75) }),
    ...(mode !== 'nearest' && {
      antialias: node.int('antialias', 0) === 1,
      excludeOutside: node.int('exclude_outside', 0) === 1,
    }),
    ...(cropped && { extrapolation: node.float('extrapolation_value', 0) }),
  };
}

/** Where sizes come from: numbers for each of some axes of the input. */
interface Wanted {
  readonly axes: readonly number[];
  readonly scales: number[] | undefined;
  readonly sizes: number[] | undefined;
  readonly crop: [number, number][] | undefined;
}

const resizeOperator: Operator = {
  name: 'Resize',
  limits: 'up to 3 axes change their size',
  build: (node) => {
    // Before opset 11: scales alone, and coordinates as Upsample has them.
    const old = node.opset < 11;
    const settings = old ? plainSettings(node) : settingsOf(node);
    const policy = node.text('keep_aspect_ratio_policy', 'stretch');
    return operation('Resize', (inputs) => {
      const x = toFloats(inputs[0]!);
      const axes = (node.ints('axes') ?? x.shape.map((_, d) => d)).map((a) => fromStart(a, x.rank));
      const wanted = (old ? wantedScales : wantedSizes)(node, inputs, axes);
      return resizeAxes(x, keepAspect(x, wanted, policy), settings);
    });
  },
};

function plainSettings(node: OnnxNode): ResizeOptions {
  const mode = node.choice('mode', 'nearest', modes);
  return { mode, coordinates: 'asymmetric', ...(mode === 'nearest' && { rounding: 'floor' }) };
}

function wantedScales(node: OnnxNode, [, given]: Arguments, axes: readonly number[]): Wanted {
  const scales = given ? [...node.read(given).data] : (node.floats('scales') ?? planeScales(node));
  return { axes, scales, sizes: undefined, crop: undefined };
}

/** As Upsample has them in opset 1: of the height and the width of images. */
const planeScales = (node: OnnxNode): number[] => [
  1,
  1,
  node.float('height_scale', 1),
  node.float('width_scale', 1),
];

function wantedSizes(node: OnnxNode, inputs: Arguments, axes: readonly number[]): Wanted {
  const numbers = (i: number): number[] | undefined => {
    const list = inputs[i] && [...node.read(inputs[i]).data];
    return list && list.length > 0 ? list : undefined;
  };
  const [region, scales, sizes] = [1, 2, 3].map(numbers);
  const cropped = isCropped(node);
  if (!scales && !sizes) node.refuse('it has neither scales nor sizes');
  const crop =
    cropped && region
      ? axes.map((_, i): [number, number] => [region[i], region[i + axes.length]])
      : undefined;
  return { axes, scales, sizes, crop };
}

/** One scale for all axes, so that the result fits into (or around) the sizes. */
function keepAspect(x: Tensor, wanted: Wanted, policy: string): Wanted {
  const { axes, sizes } = wanted;
  if (policy === 'stretch' || !sizes) return wanted;
  const ratios = axes.map((axis, i) => sizes[i] / x.shape[axis]);
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const scaled = axes.map((axis) => Math.floor(scale * x.shape[axis] + 0.5));
  return { ...wanted, sizes: scaled, scales: axes.map(() => scale) };
}

/** The axes that change become the spatial axes of `resize`. */
function resizeAxes(x: Tensor, { axes, scales, sizes, crop }: Wanted, settings: ResizeOptions): Tensor {
  const changes = axes.map((axis, i) => ({
    axis,
    scale: scales?.[i],
    size: sizes?.[i] ?? Math.floor(x.shape[axis] * scales![i] * (crop ? crop[i][1] - crop[i][0] : 1)),
    crop: crop?.[i],
  }));
  const spatial = changes
    .filter(
      ({ axis, scale, size, crop: part }) =>
        size !== x.shape[axis] || (scale ?? 1) !== 1 || (part && (part[0] !== 0 || part[1] !== 1)),
    )
    .sort((a, b) => a.axis - b.axis);
  if (spatial.length === 0) return x;
  const rest = x.shape.map((_, d) => d).filter((d) => !spatial.some(({ axis }) => axis === d));
  const order = [...rest, ...spatial.map(({ axis }) => axis)];
  const moved = permute(x, order);
  const planes = rest.reduce((n, d) => n * x.shape[d], 1);
  // Tables of the cells that each new cell reads, before any value.
  for (const { size } of spatial) willMake(size, 'it', 64);
  const flat = reshape(moved, [1, planes, ...spatial.map(({ axis }) => x.shape[axis])]);
  const options = {
    ...settings,
    size: spatial.map(({ size }) => size),
    ...(scales && { scale: spatial.map(({ scale }) => scale!) }),
    ...(crop && { crop: spatial.map(({ crop: part }) => part!) }),
  };
  const y = resize(flat, options);
  const shape = [...rest.map((d) => x.shape[d]), ...spatial.map(({ size }) => size)];
  return permute(
    reshape(y, shape),
    order.map((_, d) => order.indexOf(d)),
  );
}

const upsample: Operator = {
  name: 'Upsample',
  limits: 'up to 3 axes change their size',
  build: (node) => {
    const settings = plainSettings(node);
    return operation('Upsample', (inputs) => {
      const x = toFloats(inputs[0]!);
      const axes = x.shape.map((_, d) => d);
      return resizeAxes(x, wantedScales(node, inputs, axes), settings);
    });
  },
};

export const resizeOperators: readonly Operator[] = [resizeOperator, upsample];
