// What saveOnnx writes, read by onnxruntime-node: every network of `models`, and modules that do more than layers do.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { saveOnnx } from '@neocog/formats';
import {
  add,
  concat,
  Generator,
  models,
  mul,
  nn,
  noGrad,
  pad,
  permute,
  pixelShuffle,
  resize,
  type Shape,
  slice,
  softmax,
  Tensor,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { saveCases } from '../../packages/formats/test/saveCases.ts';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { openSession } from './onnxruntime.ts';

const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(new URL('../node_modules/onnxruntime-node', import.meta.url));

function randomInput(shape: Shape): Tensor {
  const generator = new Generator(7);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => generator.uniform() - 0.5),
    shape,
  );
}

async function expectSame(module: nn.Module, shape: Shape, opset?: number): Promise<void> {
  const x = randomInput(shape);
  const want = noGrad(() => module.eval().forward(x));
  const session = await openSession(require, saveOnnx(module, { input: shape, opset }));
  const { output } = await session.run({ input: x });
  expect(output.shape).toEqual([...want.shape]);
  const values = Array.from(want.data);
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-3);
  const off = values.reduce((a, v, i) => Math.max(a, Math.abs(v - output.data[i])), 0);
  expect(off / most).toBeLessThan(1e-4);
}

/** Smaller inputs than the networks were made for, where those take long. */
const smaller: Partial<Record<models.ModelName, Shape>> = {
  unet: [1, 1, 204, 204],
  wavenet: [1, 256, 400],
  c3d: [1, 3, 16, 112, 112],
};

class Moves extends nn.Module {
  forward(x: Tensor): Tensor {
    const turned = permute(slice(x, { axis: 2, start: -1, end: 1, step: -2 }), [0, 1, 3, 2]);
    const joined = concat(
      [
        turned,
        pad(turned, [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
      ],
      { axis: 1 },
    );
    const grown = resize(pixelShuffle(joined, 2), { scale: 1.5, mode: 'bilinear' });
    return softmax(
      pad(
        grown,
        [
          [0, 0],
          [0, 0],
          [1, 2],
          [2, 1],
        ],
        { mode: 'reflect' },
      ),
      { axis: 1 },
    );
  }
}

class Gated extends nn.Module {
  readonly a = new nn.Conv1d(4, 4, 3, { padding: 'causal', dilation: 2, activation: 'tanh' });
  readonly b = new nn.Conv1d(4, 4, 3, { padding: 1, paddingMode: 'reflect', activation: 'gelu' });

  forward(x: Tensor): Tensor {
    return add(mul(this.a.forward(x), this.b.forward(x)), x);
  }
}

const modules: readonly (readonly [string, () => nn.Module, Shape])[] = [
  ['moves', () => new Moves(), [2, 4, 9, 6]],
  ['gated', () => new Gated(), [2, 4, 12]],
  [
    'norms and activations',
    () =>
      new nn.Sequential(
        new nn.Conv2d(3, 8, 3, {
          stride: 2,
          padding: [
            [0, 1],
            [1, 1],
          ],
          groups: 1,
        }),
        new nn.GroupNorm(2, 8),
        new nn.SiLU(),
        new nn.InstanceNorm2d(8, { affine: true }),
        new nn.LeakyReLU({ negativeSlope: 0.2 }),
        new nn.PReLU(8),
        new nn.ConvTranspose2d(8, 6, 3, { stride: 2, padding: 1, outputPadding: 1 }),
        new nn.Hardswish(),
        new nn.LayerNorm([10, 10]),
        new nn.Mish(),
        new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false, ceilMode: true }),
        new nn.MaxPool2d(2, { ceilMode: true }),
        new nn.Flatten(),
        new nn.Linear(6 * 3 * 3, 5),
        new nn.LogSoftmax(),
      ),
    [2, 3, 11, 9],
  ],
];

describe.skipIf(leftOut(installed ? null : packagesHint))('saveOnnx', () => {
  it.each(Object.keys(models.inputShapes) as models.ModelName[])('%s', async (name) => {
    const shape = smaller[name] ?? models.inputShapes[name];
    await expectSame(models[name](), shape);
  });

  it.each(saveCases())('$name', async ({ module, shape, opset }) => {
    await expectSame(module, shape, opset);
  });

  it.each(modules)('%s', async (_, make, shape) => {
    await expectSame(make(), shape);
    await expectSame(make(), shape, 21);
  });
});
