// The shapes of the reference vectors: every convolution, transposed convolution and pooling window.

import { expect, it } from 'vitest';
import conv from '../../../../test/golden/conv.json' with { type: 'json' };
import convTranspose from '../../../../test/golden/conv_transpose.json' with { type: 'json' };
import pool from '../../../../test/golden/pool.json' with { type: 'json' };
import { convGeometry, convTransposeGeometry, inputShape, outputShape } from './conv.ts';
import type { ConvOptions, ConvTransposeOptions, PoolOptions, Rank, SidePads } from './options.ts';
import { poolGeometry, poolOutputShape } from './pool.ts';

it.each(conv.cases.map((c) => [c.id, c] as const))('%s', (_, { op, params, inputs, outputs }) => {
  const padding = params.padding === 'same' ? 'same' : (params.pads as unknown as SidePads);
  const options = { ...params, padding } as ConvOptions;
  const g = convGeometry(
    { fn: op, rank: params.rank as Rank },
    { input: inputs.input.shape, weight: inputs.weight.shape },
    options,
  );
  expect(outputShape(g)).toEqual(outputs.output.shape);
  expect(g.axes.map((a) => [a.padBefore, a.padAfter])).toEqual(params.pads);
});

it.each(convTranspose.cases.map((c) => [c.id, c] as const))('%s', (_, { op, params, inputs, outputs }) => {
  const rank = params.rank as Rank;
  const shapes = { input: inputs.input.shape, weight: inputs.weight.shape };
  const { outputSize, ...padded } = params;
  const g = convTransposeGeometry({ fn: op, rank }, shapes, padded as ConvTransposeOptions);
  expect([inputShape(g), outputShape(g)]).toEqual([outputs.output.shape, inputs.input.shape]);
  const { outputPadding, ...sized } = params;
  expect(convTransposeGeometry({ fn: op, rank }, shapes, sized as ConvTransposeOptions)).toEqual(g);
  expect([outputSize.length, outputPadding.length]).toEqual([rank, rank]);
});

const windows = pool.cases.filter((c) => /^(max|avg|lp)Pool/.test(c.op));

it.each(windows.map((c) => [c.id, c] as const))('%s', (_, { op, params, inputs, outputs }) => {
  const options = params as PoolOptions;
  const g = poolGeometry(
    { fn: op, rank: params.rank as Rank },
    { input: inputs.input.shape, kernel: params.kernel as number[] },
    options,
  );
  expect(poolOutputShape(g)).toEqual(outputs.output.shape);
});
