// Programs that take frames: what they give is what they give for the tensors that the frames become, bit for bit.

import { afterAll, describe, expect, it } from 'vitest';
import { noise } from '../../../../test/frames.ts';
import { type Frame, framesToValues } from '../backends/frames.ts';
import { ShapeError } from '../errors.ts';
import * as models from '../models/index.ts';
import * as nn from '../nn/index.ts';
import { add, cast, permute } from '../ops/index.ts';
import { withBackend } from '../settings.ts';
import { manualSeed } from '../tensor/random.ts';
import { Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { type CompileOptions, compile } from './compile.ts';
import { type PackOptions, pack } from './pack.ts';
import { type PixelOptions, withFrames } from './pixels.ts';
import type { Program } from './program.ts';

const frameOf = (width: number, height: number, bytes = 4): Frame => ({
  data: noise(width * height * bytes),
  width,
  height,
});

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The values that frames become by plain loops. */
function valuesOf(shape: readonly number[], pixels: PixelOptions, frames: readonly Frame[]): Tensor {
  const [value] = withFrames('test', [{ name: 'x', shape, dtype: 'float32' }], pixels);
  return new Tensor(framesToValues(value!.frames!, frames), shape);
}

const programs: Program[] = [];
async function compiled(net: nn.Module, options: CompileOptions): Promise<Program> {
  const program = await compile(net, options);
  programs.push(program);
  return program;
}
afterAll(() => {
  for (const program of programs) program.dispose();
});

function small(channels = 3): nn.Module {
  manualSeed(3);
  return new nn.Sequential(
    new nn.Conv2d(channels, 8, 3, { stride: 2, padding: 1, activation: 'relu' }),
    new nn.Conv2d(8, 4, 3),
    new nn.GlobalAvgPool(),
  );
}

describe('bytes', () => {
  const frame = { data: Uint8Array.of(0, 51, 102, 153, 204, 255), width: 2, height: 1 };

  it.each<[string, PixelOptions, number[]]>([
    ['lie from 0 to 1', {}, [0, 0.6, 0.2, 0.8, 0.4, 1]],
    [
      'have a mean and a deviation of each channel, of values from 0 to 1',
      { mean: [0.1, 0.2, 0.3], std: [0.5, 2, 0.25] },
      [-0.2, 1, 0, 0.3, 0.4, 2.8],
    ],
    [
      'have those of all channels, of bytes, with blue first',
      { scale: 1, mean: 51, std: 2, order: 'bgr' },
      [25.5, 102, 0, 76.5, -25.5, 51],
    ],
    ['have those of values from 0 to 2', { scale: 2 / 255, mean: 1 }, [-1, 0.2, -0.6, 0.6, -0.2, 1]],
  ])('%s', async (_, pixels, wanted) => {
    const same = new nn.LeakyReLU({ negativeSlope: 1 });
    for (const backend of ['wasm', 'reference'] as const) {
      const program = await withBackend(backend, () => compiled(same, { input: [1, 3, 1, 2], pixels }));
      expect([...(await program.run(frame)).data]).toEqual(wanted.map((v) => expect.closeTo(v, 5)));
    }
  });
});

describe('a program that takes frames', () => {
  const shape = [1, 3, 30, 41];
  const net = small();
  const pixels = { ...imageNet, fit: 'contain', background: 114 } as const;

  it.each([
    [1, false],
    [2, false],
    [1, true],
    [2, true],
  ])('gives what the same tensors give, on %i threads, exact %s', async (threads, exact) => {
    const program = await compiled(net, { input: shape, threads, exact, pixels });
    const plain = await compiled(net, { input: shape, threads: 1, exact });
    for (const frame of [
      frameOf(64, 48),
      frameOf(41, 30),
      frameOf(300, 200),
      frameOf(5, 9),
      frameOf(64, 48),
    ]) {
      const expected = await plain.run(valuesOf(shape, pixels, [frame]));
      expect((await program.run(frame)).data).toEqual(expected.data);
    }
  });

  it('takes tensors as well, and frames after them', async () => {
    const program = await compiled(net, { input: shape, pixels });
    const values = valuesOf(shape, pixels, [frameOf(20, 20)]);
    const byFrame = await program.run(frameOf(20, 20));
    expect((await program.run(values)).data).toEqual(byFrame.data);
    expect((await program.run(zeros(shape))).data).not.toEqual(byFrame.data);
    expect((await program.run(frameOf(20, 20))).data).toEqual(byFrame.data);
  });

  it('takes bytes of its own size, and writes into a tensor', async () => {
    const program = await compiled(net, { input: shape, pixels });
    const frame = frameOf(41, 30);
    const into = zeros(program.outputShape);
    expect(await program.run(new Uint8ClampedArray(frame.data), { into })).toBe(into);
    expect(into.data).toEqual((await program.run(frame)).data);
  });

  it('takes each frame as it was when it was given', async () => {
    const program = await compiled(net, { input: shape, threads: 2, pixels });
    const frames = [frameOf(64, 48), frameOf(33, 20)];
    const alone = [];
    for (const frame of frames) alone.push((await program.run(frame)).data);
    const changing = frames.map(({ data, ...size }) => ({ ...size, data: data.slice() }));
    const runs = changing.map((frame) => program.run(frame));
    for (const { data } of changing) data.fill(7);
    expect((await Promise.all(runs)).map(({ data }) => data)).toEqual(alone);
  });

  it('computes nothing of frames before the first', async () => {
    const program = await compiled(net, { input: shape, pixels });
    const { steps } = await program.profile();
    expect(steps[0]).toMatchObject({
      operation: 'frames',
      description: 'contain, bilinear, to 3×30×41',
    });
    await program.run(frameOf(64, 48));
    await expect(program.profile()).resolves.toBeDefined();
  });

  it('runs on the reference backend', async () => {
    const frame = frameOf(64, 48);
    const program = await withBackend('reference', () => compile(net, { input: shape, pixels }));
    const [slow, fast] = [
      await program.run(frame),
      await (await compiled(net, { input: shape, pixels })).run(frame),
    ];
    slow.data.forEach((value, i) => {
      expect(fast.data[i]).toBeCloseTo(value, 4);
    });
  });
});

describe('frames of other kinds', () => {
  it('makes a batch of frames of different sizes', async () => {
    const [shape, net] = [[3, 3, 16, 20], small()];
    const frames = [frameOf(64, 48), frameOf(20, 16), frameOf(9, 90)];
    const program = await compiled(net, { input: shape, threads: 2, pixels: imageNet });
    const plain = await compiled(net, { input: shape });
    const expected = await plain.run(valuesOf(shape, imageNet, frames));
    expect((await program.run(frames)).data).toEqual(expected.data);
  });

  it.each<[string, number, number, PixelOptions]>([
    ['gray bytes', 1, 1, { mean: 0.1307, std: 0.3081 }],
    ['RGB for gray', 3, 1, { interpolation: 'bicubic' }],
    ['RGBA for gray', 4, 1, { background: [9, 200, 30] }],
    ['blue first', 3, 3, { order: 'bgr', scale: 1, mean: [103.9, 116.8, 123.7], fit: 'stretch' }],
    ['gray for colour', 1, 3, { interpolation: 'nearest' }],
    ['transparent', 4, 3, { scale: 1 / 127.5, mean: 1, background: [255, 0, 9] }],
  ])('%s', async (_, bytes, channels, pixels) => {
    const [shape, net] = [[1, channels, 19, 22], small(channels)];
    const frame = frameOf(50, 31, bytes);
    const program = await compiled(net, { input: shape, pixels });
    const plain = await compiled(net, { input: shape });
    const expected = await plain.run(valuesOf(shape, pixels, [frame]));
    expect((await program.run(frame)).data).toEqual(expected.data);
  });

  it('takes frames of other bytes in every run', async () => {
    const program = await compiled(small(), { input: [1, 3, 9, 9], pixels: {} });
    const gray = await program.run(frameOf(20, 20, 1));
    const colour = await program.run(frameOf(20, 20, 3));
    expect(colour.data).not.toEqual(gray.data);
    expect((await program.run(frameOf(20, 20, 1))).data).toEqual(gray.data);
  });

  it('runs a network whose first layer is of a gray LeNet', async () => {
    const program = await compiled(models.lenet5(), { input: [1, 1, 28, 28], pixels: {} });
    expect((await program.run(noise(28 * 28))).shape).toEqual([1, 10]);
  });
});

class Two extends nn.NamedModule {
  readonly inputs = [
    { name: 'image', shape: [1, 3, 8, 8], dtype: 'float32' },
    { name: 'bias', shape: [3, 1, 1], dtype: 'float32' },
    { name: 'other', shape: [1, 3, 8, 8], dtype: 'float32' },
  ] as const;
  readonly outputs = [{ name: 'sum', shape: [1, 3, 8, 8], dtype: 'float32' }] as const;

  run({ image, bias, other }: nn.NamedTensors): Record<string, Tensor> {
    return { sum: add(add(image!, bias!), other!) };
  }
}

describe('several inputs', () => {
  it('takes frames for some of them, by name', async () => {
    const program = await compiled(new Two(), {
      pixels: { image: { scale: 1 }, other: { scale: 2, fit: 'stretch' } },
    });
    const [a, b] = [frameOf(20, 30), frameOf(31, 9)];
    const bias = tensor([1, 2, 3], [3, 1, 1]);
    const { sum } = await program.run({ image: a, bias, other: b });
    const [x, y] = [
      valuesOf([1, 3, 8, 8], { scale: 1 }, [a]),
      valuesOf([1, 3, 8, 8], { scale: 2, fit: 'stretch' }, [b]),
    ];
    expect(sum!.data).toEqual(add(add(x, bias), y).data);
  });

  it('refuses names that no input has', async () => {
    await expect(compile(new Two(), { pixels: { picture: {} } as never })).rejects.toThrow(
      'compile: there are pixels for picture, but the inputs are image, bias, other; name one of them',
    );
  });
});

describe('a network that takes pixels one after the other', () => {
  const frames = [frameOf(64, 48), frameOf(41, 30), frameOf(5, 9, 3)];

  /** The network for `[n, h, w, c]`. */
  class Turned extends nn.Module {
    readonly net: nn.Module;

    constructor(net: nn.Module) {
      super();
      this.net = net;
    }

    forward(x: Tensor): Tensor {
      return this.net.forward(permute(cast(x, 'float32'), [0, 3, 1, 2]));
    }
  }

  class TurnedBytes extends Turned {
    override get inputType(): 'int32' {
      return 'int32';
    }
  }

  it.each([1, 3])('gives the bits of one that takes planes, of %i channels', async (channels) => {
    const net = small(channels);
    for (const backend of ['wasm', 'reference'] as const) {
      const [planes, pixels] = await withBackend(backend, () =>
        Promise.all([
          compiled(net, { input: [1, channels, 30, 41], pixels: {} }),
          compiled(new Turned(net), { input: [1, 30, 41, channels], pixels: {} }),
        ]),
      );
      expect(pixels.inputShape).toEqual([1, 30, 41, channels]);
      for (const frame of frames)
        expect((await pixels.run(frame)).data).toEqual((await planes.run(frame)).data);
    }
  });

  it('takes tensors as well', async () => {
    const program = await compiled(new Turned(small()), { input: [1, 30, 41, 3], pixels: {} });
    const planes = valuesOf([1, 3, 30, 41], {}, [frames[0]]);
    expect((await program.run(permute(planes, [0, 2, 3, 1]))).data).toEqual(
      (await program.run(frames[0])).data,
    );
    await expect(program.run(planes)).rejects.toThrow(
      'input is float32 [1,3,30,41], but the program needs float32 [1,30,41,3]',
    );
  });

  it('may take whole numbers', async () => {
    const options = { input: [1, 30, 41, 3], pixels: { scale: 1 } };
    const program = await compiled(new TurnedBytes(small()), options);
    const floats = await compiled(new Turned(small()), options);
    const [byFrame, wanted] = [await program.run(frames[0]), await floats.run(frames[0])];
    expect(byFrame.data).toEqual(wanted.data);
    const planes = valuesOf([1, 3, 30, 41], { scale: 1 }, [frames[0]]);
    expect((await program.run(cast(permute(planes, [0, 2, 3, 1]), 'int32'))).data).toEqual(wanted.data);
  });
});

describe('what is refused', () => {
  const refused = (net: nn.Module, input: readonly number[], pixels: unknown) =>
    compile(net, { input, pixels: pixels as PixelOptions });

  it.each<[unknown, string]>([
    [
      { mean: [1, 2] },
      'compile: pixels.mean has 2 numbers for 3 channels; give one for each, or one number for all',
    ],
    [
      { std: 0 },
      'compile: std is 0; give a finite number other than 0, or a list of them, one for each channel',
    ],
    [{ fit: 'crop' }, "compile: fit is 'crop'; give one of 'cover', 'contain', 'stretch'"],
    [
      { background: [1, 2] },
      'compile: background is [1,2]; give a whole number from 0 to 255, or a list of 3 of them (red, green, blue)',
    ],
    [
      { size: 3 },
      "compile: option 'size' is unknown; choose from mean, std, scale, fit, interpolation, background, order",
    ],
  ])('%#', async (pixels, message) => {
    await expect(refused(small(), [1, 3, 8, 8], pixels)).rejects.toThrow(new ShapeError(message));
  });

  it.each<[nn.Module, readonly number[], string]>([
    [new nn.Linear(3, 2), [1, 3], '[1,3]'],
    [small(4), [1, 4, 8, 8], '[1,4,8,8]'],
    [small(), [0, 3, 8, 8], '[0,3,8,8]'],
  ])('refuses inputs that are no pictures', async (net, shape, text) => {
    await expect(refused(net, shape, {})).rejects.toThrow(
      `compile: input is float32 ${text}, but pixels need [n, 1 or 3, height, width] or [n, height, width, 1 or 3] of at least one pixel; compile without pixels, and give tensors`,
    );
  });

  it('refuses frames that are none, or of other lengths', async () => {
    const program = await compiled(small(), { input: [1, 3, 8, 8], pixels: {} });
    const run = (frame: unknown) => program.run(frame as Frame);
    const frame = frameOf(4, 5);
    const found = [
      run({ ...frame, width: 5 }),
      run(new Uint8Array(7)),
      run([frame, frame]),
      run({ ...frame, data: new Float32Array(80) }),
      run({ ...frame, width: 0 }),
      run([1]),
      run(zeros([1, 3, 8, 9])),
    ];
    expect(
      await Promise.all(found.map((one) => one.catch((error: Error) => [error.name, error.message]))),
    ).toEqual(
      [
        'input has 80 bytes for 5 × 5 pixels of 4 (RGBA), 3 or 1 bytes each; give as many bytes as its size needs',
        'input has 7 bytes for 8 × 8 pixels of 4 (RGBA), 3 or 1 bytes each; give { data, width, height } for another size',
        'input has 2 frames, but the program takes 1; compile again for another batch',
        'input has data Float32Array of 320 bytes, width 4 and height 5; give bytes, and sizes of at least 1',
        'input has data Uint8Array of 80 bytes, width 0 and height 5; give bytes, and sizes of at least 1',
        'input is [1]; give a frame { data, width, height }, its bytes, or a tensor',
        'input is float32 [1,3,8,9], but the program needs float32 [1,3,8,8]; compile again for another shape',
      ].map((message) => ['ShapeError', `Program.run: ${message}`]),
    );
  });

  it('meets anything else with an error of its own', async () => {
    const program = await compiled(small(), { input: [1, 3, 8, 8], pixels: {} });
    const frame = frameOf(4, 5);
    const odd: unknown[] = [
      null,
      undefined,
      7,
      'x',
      {},
      [],
      [[frame]],
      new Map(),
      () => frame,
      new DataView(new ArrayBuffer(8)),
    ];
    const fields = ['data', 'width', 'height'].flatMap((key) =>
      odd.map((value) => ({ ...frame, [key]: value })),
    );
    for (const given of [...odd, ...fields, { input: frame, more: frame }, { input: 3 }])
      await expect(program.run(given as Frame), String(given)).rejects.toThrow(ShapeError);
    for (const pixels of odd.filter((value) => value !== undefined && String(value) !== '[object Object]'))
      await expect(refused(small(), [1, 3, 8, 8], pixels), String(pixels)).rejects.toThrow(ShapeError);
    for (const key of ['mean', 'std', 'scale', 'fit', 'interpolation', 'background', 'order'])
      for (const value of [null, Number.NaN, 'x', {}, [Number.NaN], [1, 2, 3, 4]])
        await expect(refused(small(), [1, 3, 8, 8], { [key]: value }), key).rejects.toThrow(ShapeError);
  });

  it('refuses to pack frames', () => {
    expect(() => pack(small(), { input: [1, 3, 8, 8], pixels: {} } as PackOptions)).toThrow(
      "pack: pixels is for compile, code alone takes tensors; make them by fromPixels of '@neocog/vision', or leave pixels out",
    );
  });

  it('refuses frames for a program that takes tensors', async () => {
    const program = await compiled(small(), { input: [1, 3, 8, 8] });
    await expect(program.run(frameOf(8, 8))).rejects.toThrow(
      'Program.run: input is a frame, but the program takes float32 [1,3,8,8]; compile it with pixels',
    );
  });
});
