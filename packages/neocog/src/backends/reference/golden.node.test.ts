// The reference backend against the reference vectors: convolution, transposed convolution and pooling with
// gradients. Node only, since it reads the files' bytes from disk.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { convGeometry, convTransposeGeometry } from '../../geometry/conv.ts';
import type { ConvOptions, ConvTransposeOptions, PoolOptions, Rank } from '../../geometry/options.ts';
import { type AverageOptions, poolGeometry, poolScales } from '../../geometry/pool.ts';
import { conv, convInputGrad, convWeightGrad } from './conv.ts';
import { scatterAdd } from './move.ts';
import { maxPool, sumPool, sumPoolGrad } from './pool.ts';

interface Stored {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
  readonly reduction?: number;
  readonly f32err?: number;
}
interface Case {
  readonly id: string;
  readonly op: string;
  readonly tags: readonly string[];
  readonly params: Record<string, unknown> & { readonly rank: Rank };
  readonly inputs: Record<string, Stored>;
  readonly outputs: Record<string, Stored>;
}

interface Suite {
  readonly cases: readonly Case[];
  readonly read: (t: Stored) => Float32Array;
}

function load(name: string): Suite {
  const file = new URL(`../../../../../test/golden/${name}`, import.meta.url);
  const bytes = new Uint8Array(readFileSync(new URL(`${file}.bin`))).buffer;
  const { cases } = JSON.parse(readFileSync(new URL(`${file}.json`), 'utf8')) as { cases: Case[] };
  return { cases, read: (t) => new Float32Array(bytes, t.offset, t.length) };
}

/** |got − want| ≤ max(1e-5·√reduction, 10·f32err) + 1e-4·|want|; equality for exact data. */
function expectClose(suite: Suite, c: Case, name: string, got: Float32Array): void {
  const stored = c.outputs[name];
  const want = suite.read(stored);
  expect(got.length).toBe(want.length);
  const absolute = Math.max(1e-5 * Math.sqrt(stored.reduction ?? 1), 10 * (stored.f32err ?? 0));
  const exact = c.tags.includes('exact');
  const wrong = got.findIndex((value, i) => {
    if (value === want[i] || Number.isNaN(value + want[i]))
      return Number.isNaN(value) !== Number.isNaN(want[i]);
    return exact || !(Math.abs(value - want[i]) <= absolute + 1e-4 * Math.abs(want[i]));
  });
  expect(wrong, `${name}[${wrong}] is ${got[wrong]}, not ${want[wrong]}`).toBe(-1);
}

const named = (suite: Suite) => suite.cases.map((c) => [`${c.id} ${c.op} ${c.tags.join(' ')}`, c] as const);

const convs = load('conv');

const floats = (sums: Float64Array): Float32Array => new Float32Array(sums);

it.each(named(convs))('%s', (_, c) => {
  const { input, weight, bias, grad_output } = c.inputs;
  const options = { ...c.params, padding: c.params.pads } as ConvOptions;
  const g = convGeometry(
    { fn: c.op, rank: c.params.rank },
    { input: input.shape, weight: weight.shape },
    options,
  );
  const [x, w, y] = [input, weight, grad_output].map(convs.read);
  expectClose(convs, c, 'output', floats(conv(g, x, w, bias ? convs.read(bias) : null)));
  expectClose(convs, c, 'grad_input', floats(convInputGrad(g, y, w, null)));
  expectClose(convs, c, 'grad_weight', convWeightGrad(g, x, y));
});

const transposed = load('conv_transpose');

it.each(named(transposed))('%s', (_, c) => {
  const { input, weight, bias, grad_output } = c.inputs;
  const { outputSize, ...options } = c.params;
  const caller = { fn: c.op, rank: c.params.rank };
  const shapes = { input: input.shape, weight: weight.shape };
  const g = convTransposeGeometry(caller, shapes, options as ConvTransposeOptions);
  const [x, w, y] = [input, weight, grad_output].map(transposed.read);
  expectClose(transposed, c, 'output', floats(convInputGrad(g, x, w, bias ? transposed.read(bias) : null)));
  expectClose(transposed, c, 'grad_input', floats(conv(g, y, w, null)));
  expectClose(transposed, c, 'grad_weight', convWeightGrad(g, y, x));
});

const pools = load('pool');
const windows = (op: RegExp) => named(pools).filter(([, c]) => op.test(c.op));
const poolOf = (c: Case) =>
  poolGeometry(
    { fn: c.op, rank: c.params.rank },
    { input: c.inputs.input.shape, kernel: c.params.kernel as number[] },
    c.params as PoolOptions,
  );

it.each(windows(/^maxPool/))('%s', (_, c) => {
  const g = poolOf(c);
  const { output, indices } = maxPool(g, pools.read(c.inputs.input));
  expectClose(pools, c, 'output', output);
  if (c.outputs.indices) {
    const { buffer, byteOffset, length } = pools.read(c.outputs.indices);
    expect(indices).toEqual(new Int32Array(buffer, byteOffset, length));
  }
  if (!c.outputs.grad_input) return;
  const planes = g.batch * g.channels;
  const size = c.inputs.input.length / planes;
  const grad = scatterAdd({ planes, size }, pools.read(c.inputs.grad_output), indices);
  expectClose(pools, c, 'grad_input', grad);
});

it.each(windows(/^avgPool/))('%s', (_, c) => {
  const g = poolOf(c);
  const scale = poolScales(g, c.params as AverageOptions);
  expectClose(pools, c, 'output', sumPool(g, pools.read(c.inputs.input), scale));
  if (!c.outputs.grad_input) return;
  expectClose(pools, c, 'grad_input', sumPoolGrad(g, pools.read(c.inputs.grad_output), scale));
});
