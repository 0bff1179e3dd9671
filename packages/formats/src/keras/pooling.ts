// Pooling layers of Keras, and those that change the size of images.

import { nn, pad, resize, slice } from 'neocog';
import { counted } from 'neocog/arguments';
import { tensorStep } from '../graph/operation.ts';
import { poolModule } from '../graph/pools.ts';
import type { Rank } from '../graph/ranks.ts';
import { isSize } from '../shape.ts';
import { shown } from '../shown.ts';
import type { LayerConfig } from './config.ts';
import { type LayerReader, type LayerTable, onImages } from './reader.ts';

const pool =
  (kind: 'max' | 'average', rank: Rank): LayerReader =>
  (config) => {
    const kernel = config.sizes('pool_size', rank, new Array(rank).fill(2));
    const stride = config.sizes('strides', rank, kernel);
    const same = config.oneOf('padding', ['valid', 'same']) === 'same';
    return onImages(config, poolModule(kind, { kernel, stride, same }));
  };

const globalPool =
  (kind: 'max' | 'average'): LayerReader =>
  (config) => {
    const module = kind === 'max' ? new nn.GlobalMaxPool() : new nn.GlobalAvgPool();
    const apply = onImages(config, module);
    if (config.flag('keepdims', false)) return apply;
    return (plan, inputs) => {
      const pooled = apply(plan, inputs);
      // A cell is left of each plane: either order of axes reads the same.
      const cells = { ...pooled, last: pooled.last ?? pooled.first };
      return plan.plain(`${config.name}_flatten`, new nn.Flatten(), [cells], 2);
    };
  };

/** Pairs of cells before and after each axis. */
export function sides(config: LayerConfig, key: string, rank: Rank): [number, number][] {
  const value = config.value(key) ?? 1;
  const list: unknown[] = Array.isArray(value) && (rank > 1 || value.every(Array.isArray)) ? value : [value];
  const pairs = rank > 1 && list.length === 1 ? new Array(rank).fill(list[0]) : list;
  const read = pairs.map((side) => (Array.isArray(side) ? side : [side, side]));
  const good = read.length === rank && read.every((pair) => pair.length === 2 && pair.every(isSize));
  return good
    ? (read as [number, number][])
    : config.fail(
        `has ${key} ${shown(value)} instead of a pair for each of ${counted(rank, 'axis', 'axes')}`,
      );
}

const zeroPadding =
  (rank: Rank): LayerReader =>
  (config) => {
    const pads = sides(config, 'padding', rank);
    const module = tensorStep('ZeroPadding', (x) => pad(x, [[0, 0], [0, 0], ...pads]));
    return onImages(config, module);
  };

const cropping =
  (rank: Rank): LayerReader =>
  (config) => {
    const cells = sides(config, 'cropping', rank);
    const module = tensorStep('Cropping', (x) =>
      slice(x, {
        start: [0, 0, ...cells.map(([before]) => before)],
        end: [null, null, ...cells.map(([, after], d) => x.shape[d + 2] - after)],
      }),
    );
    return onImages(config, module);
  };

const upSampling =
  (rank: Rank): LayerReader =>
  (config) => {
    const scale = config.sizes('size', rank, new Array(rank).fill(2));
    const mode = rank === 2 ? config.oneOf('interpolation', ['nearest', 'bilinear']) : 'nearest';
    // TensorFlow.js takes samples at the corners of cells, Keras in their middle.
    const corners = mode === 'bilinear' && config.dialect === 'tfjs';
    const coordinates = corners ? { coordinates: 'asymmetric' as const } : {};
    return onImages(config, new nn.Upsample({ scale, mode, ...coordinates }));
  };

const resizing: LayerReader = (config) => {
  const size = [config.number('height'), config.number('width')];
  const mode = config.oneOf('interpolation', ['bilinear', 'nearest']);
  const coordinates = mode === 'nearest' ? 'tf-half-pixel' : 'half-pixel';
  for (const key of ['crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'antialias']) {
    if (config.flag(key, false)) config.refuse(`has ${key}, but neocog resizes without it`);
  }
  return onImages(
    config,
    tensorStep('Resizing', (x) => resize(x, { size, mode, coordinates })),
  );
};

const names = {
  max: ['MaxPooling', 'GlobalMaxPooling'],
  average: ['AveragePooling', 'GlobalAveragePooling'],
};

const table = (kind: 'max' | 'average'): [string, LayerReader][] =>
  ([1, 2, 3] as const).flatMap((rank): [string, LayerReader][] => [
    [`${names[kind][0]}${rank}D`, pool(kind, rank)],
    [`${names[kind][1]}${rank}D`, globalPool(kind)],
  ]);

export const poolingLayers: LayerTable = {
  ...Object.fromEntries([...table('max'), ...table('average')]),
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  ZeroPadding3D: zeroPadding(3),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Cropping3D: cropping(3),
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
  UpSampling3D: upSampling(3),
  Resizing: resizing,
};
