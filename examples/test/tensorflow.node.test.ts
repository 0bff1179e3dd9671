// Pre-trained TensorFlow.js networks of npm packages, eagerly and compiled, against TensorFlow.js on the same input.
// Without the examples' packages (`npm install` in examples/) the tests say so and are left out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadTfjs } from '@neocog/formats';
import { compile, Generator, type Shape, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { fromFolder, fromModules, runTensorFlow, type TfParts } from './tensorflow.ts';

const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));
const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(`${packages}@tensorflow/tfjs-layers`);

const filled = (shape: Shape, value: (i: number) => number): Tensor =>
  new Tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
    shape,
  );

/** Waves of two lengths, 0 … 1. */
const waves = (shape: Shape): Tensor =>
  filled(shape, (i) => 0.5 + 0.5 * Math.sin(i * 0.37) * Math.cos(i * 0.0113));

/** Two tones and noise, so that no band is silent: logarithms follow, in which silence would be rounding errors. */
function sound(shape: Shape): Tensor {
  const noise = new Generator(3);
  return filled(
    shape,
    (i) => 0.3 * Math.sin(i * 0.0627) + 0.2 * Math.sin(i * 0.19) + 0.2 * (noise.uniform() - 0.5),
  );
}

interface Case {
  readonly name: string;
  readonly parts: () => TfParts;
  readonly shape: Shape;
  readonly input: (shape: Shape) => Tensor;
}

const cases: readonly Case[] = [
  {
    name: '@upscalerjs/default-model',
    parts: () => fromFolder('@upscalerjs/default-model/models'),
    shape: [1, 24, 20, 3],
    input: waves,
  },
  {
    name: '@spotify/basic-pitch',
    parts: () => fromFolder('@spotify/basic-pitch/model'),
    shape: [1, 43844, 1],
    input: sound,
  },
  {
    name: 'nsfwjs mobilenet_v2',
    parts: () => fromModules(require, 'mobilenet_v2'),
    shape: [1, 224, 224, 3],
    input: waves,
  },
  {
    name: 'nsfwjs mobilenet_v2_mid',
    parts: () => fromModules(require, 'mobilenet_v2_mid'),
    shape: [1, 224, 224, 3],
    input: waves,
  },
  {
    name: 'nsfwjs inception_v3',
    parts: () => fromModules(require, 'inception_v3'),
    shape: [1, 299, 299, 3],
    input: waves,
  },
];

function expectClose(given: Tensor, wanted: Tensor): void {
  expect(given.shape).toEqual(wanted.shape);
  const far = given.data.findIndex((v, i) => !(Math.abs(v - wanted.data[i]) <= 1e-5));
  expect(far, `${given.data[far]} instead of ${wanted.data[far]}`).toBe(-1);
}

describe.skipIf(leftOut(installed ? null : packagesHint))('TensorFlow.js networks agree', () => {
  it.each(cases)('$name', async ({ parts, shape, input }) => {
    const source = parts();
    const net = await loadTfjs(source);
    const x = input(shape);
    const feeds = { [net.inputs[0].name]: x };
    const wanted = await runTensorFlow(require, source, [x]);
    const eager = net.run(feeds);
    const program = await compile(net, { input: { [net.inputs[0].name]: shape } });
    const compiled = await program.run(feeds);
    program.dispose();
    net.outputs.forEach(({ name }, i) => {
      expectClose(eager[name], wanted[i]);
      expectClose(compiled[name], wanted[i]);
    });
  });

  it('from a path, with shards beside model.json', async () => {
    const net = await loadTfjs(`${packages}@upscalerjs/default-model/models/model.json`, {
      shapes: { LR: [1, 8, 8, 3] },
    });
    expect(net.outputs).toEqual([{ name: 'SR', shape: [1, 16, 16, 3], dtype: 'float32' }]);
    expect(net.forward(waves([1, 8, 8, 3])).shape).toEqual([1, 16, 16, 3]);
  });
});
