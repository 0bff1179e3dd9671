// What a page can draw becomes the same tensor whatever holds it, and tensors are shown on canvases.

import { compile, DeviceError, FormatError, nn, type Tensor, tensor } from 'neocog';
import { afterEach, describe, expect, it } from 'vitest';
import { readImage } from '../files/read.ts';
import { writeImage } from '../files/write.ts';
import { drawTo } from './drawTo.ts';
import { fromPixels } from './fromPixels.ts';
import { fromVideo, videoFrames } from './fromVideo.ts';
import { rawPixels } from './rawPixels.ts';
import type { PixelSource } from './sources.ts';
import { toPixels } from './toPixels.ts';

const width = 5;
const height = 3;
const levels = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
  i % 4 === 3 ? 255 : (i * 41) % 256,
);
const imageData = () => new ImageData(levels.slice(), width, height);
const expected = fromPixels(imageData(), { dtype: 'int32' });

function canvas(): HTMLCanvasElement {
  const made = Object.assign(document.createElement('canvas'), { width, height });
  made.getContext('2d')?.putImageData(imageData(), 0, 0);
  return made;
}

const fixture = (name: string): string => new URL(`../../fixtures/files/${name}`, import.meta.url).href;

const blob = (): Promise<Blob> => new Promise((resolve) => canvas().toBlob((made) => resolve(made as Blob)));

async function image(source?: string): Promise<HTMLImageElement> {
  const made = new Image();
  made.src = source ?? canvas().toDataURL();
  await made.decode();
  return made;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A video of a canvas whose colour changes; muted, so that it may play. */
async function video(): Promise<{ video: HTMLVideoElement; stop: () => void }> {
  const drawn = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
  const context = drawn.getContext('2d') as CanvasRenderingContext2D;
  let count = 0;
  const paint = (): void => {
    context.fillStyle = count++ % 2 === 0 ? 'rgb(250, 0, 0)' : 'rgb(0, 0, 250)';
    context.fillRect(0, 0, 64, 48);
  };
  paint();
  const stream = drawn.captureStream();
  const timer = setInterval(paint, 30);
  const made = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  const stop = (): void => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
  };
  closing.push(stop, () => Object.assign(made, { srcObject: null }));
  await made.play();
  return { video: made, stop };
}

describe('fromPixels', () => {
  it.each<[string, () => Promise<PixelSource>]>([
    ['ImageData', async () => imageData()],
    ['<canvas>', async () => canvas()],
    ['<img>', () => image()],
    ['ImageBitmap', () => createImageBitmap(canvas())],
    ['VideoFrame', async () => new VideoFrame(canvas(), { timestamp: 0 })],
    [
      'OffscreenCanvas',
      async () => {
        const made = new OffscreenCanvas(width, height);
        made.getContext('2d')?.putImageData(imageData(), 0, 0);
        return made;
      },
    ],
  ])('%s', async (_, make) => {
    const source = await make();
    const x = fromPixels(source, { dtype: 'int32' });
    expect(x.shape).toEqual([3, height, width]);
    expect(x.data).toEqual(expected.data);
    if (source instanceof ImageBitmap || source instanceof VideoFrame) source.close();
  });

  it('Blob and File, in time', async () => {
    const file = new File([await blob()], 'a.png');
    for (const source of [await blob(), file]) {
      const x = await fromPixels(source, { dtype: 'int32' });
      expect(x.data).toEqual(expected.data);
    }
    const broken = fromPixels(new File(['nothing'], 'cat.png'));
    await expect(broken).rejects.toThrow('fromPixels: cat.png is no picture that this browser can read');
    await expect(broken).rejects.toThrow(FormatError);
  });

  it('an <img> at its own size, whatever the page shows', async () => {
    const shown = await image();
    Object.assign(shown, { width: 50, height: 10 });
    expect(fromPixels(shown).shape).toEqual([3, height, width]);
  });

  it('sizes and normalises in one go', () => {
    const x = fromPixels(canvas(), { size: [2, 2], channels: 1, mean: 0.5, std: 0.5 });
    expect(x.shape).toEqual([1, 2, 2]);
    const wanted = fromPixels(imageData(), { size: [2, 2], channels: 1, dtype: 'int32' });
    wanted.data.forEach((v, i) => {
      expect(x.data[i]).toBeCloseTo((v / 255 - 0.5) / 0.5, 6);
    });
  });

  it('refuses what has no pixels, or keeps them', async () => {
    const bitmap = await createImageBitmap(canvas());
    bitmap.close();
    expect(() => fromPixels(bitmap)).toThrow('the ImageBitmap has no pixels; read it before close()');
    const frame = new VideoFrame(canvas(), { timestamp: 0 });
    frame.close();
    expect(() => fromPixels(frame)).toThrow('the VideoFrame has no pixels; read it before close()');
    expect(() => fromPixels(new Image())).toThrow('the <img> has no pixels; await img.decode() first');
    expect(() => fromPixels(document.createElement('video'))).toThrow("wait for its event 'loadeddata'");
    expect(() => fromPixels(Object.assign(document.createElement('canvas'), { width: 0 }))).toThrow(
      DeviceError,
    );
  });

  it('refuses pixels of another origin', async () => {
    const { port } = location;
    const host = location.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    const foreign = await image(`http://${host}:${port}${new URL(fixture('rgb.png')).pathname}`);
    expect(() => fromPixels(foreign)).toThrow('fromPixels: the picture is of another origin');
    expect(() => fromPixels(foreign)).toThrow(DeviceError);
  });
});

describe('rawPixels', () => {
  it('gives the bytes of what a page can draw, again and again', async () => {
    const raw = { data: levels, width, height };
    for (const source of [imageData(), canvas(), await image(), raw]) {
      const pixels = rawPixels(source);
      expect([pixels.width, pixels.height]).toEqual([width, height]);
      expect([...pixels.data]).toEqual([...levels]);
    }
    expect(rawPixels(new OffscreenCanvas(3, 2)).data).toHaveLength(24);
  });

  it('goes on after a picture of another origin', async () => {
    const { port } = location;
    const host = location.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    const foreign = await image(`http://${host}:${port}${new URL(fixture('rgb.png')).pathname}`);
    expect(() => rawPixels(foreign)).toThrow('rawPixels: the picture is of another origin');
    expect([...rawPixels(canvas()).data]).toEqual([...levels]);
  });

  it('makes what a program takes', async () => {
    const program = await compile(new nn.ReLU(), { input: [1, 3, height, width], pixels: { scale: 1 } });
    expect([...(await program.run(rawPixels(canvas()))).data]).toEqual([...expected.data]);
    program.dispose();
  });
});

describe('readImage in a page', () => {
  it('takes bytes, addresses and Blobs', async () => {
    const bytes = new Uint8Array(await (await blob()).arrayBuffer());
    for (const source of [bytes, bytes.buffer, await blob(), canvas().toDataURL()])
      expect((await readImage(source, { dtype: 'int32' })).data).toEqual(expected.data);
    await expect(readImage('/absent.png')).rejects.toThrow(/readImage: /);
  });

  it('turns a picture upright', async () => {
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const x = await readImage(fixture(`turned-${orientation}.jpg`), { dtype: 'int32' });
      expect(x.shape).toEqual(orientation > 4 ? [3, 32, 16] : [3, 16, 32]);
      expect(x.data[0] > 100).toBe([1, 4, 5, 6].includes(orientation));
    }
  });

  it('names the frame of an animation', async () => {
    const gif = fixture('frames.gif');
    await expect(readImage(gif)).rejects.toThrow('has 3 frames; name one');
    await expect(readImage(gif, { frame: 3 })).rejects.toThrow('there is no frame 3');
    for (const name of ['frames.gif', 'frames.webp', 'frames.png']) {
      const read = (frame: number) => readImage(fixture(name), { frame, channels: 1, dtype: 'int32' });
      const levels = await Promise.all([0, 1, 2].map(read));
      expect(levels.map(({ data }) => data[0])).toEqual([10, 120, 250]);
    }
  });

  it.each(['rgb.png', 'rgb.webp', 'grey.png', 'palette.png', 'one-bit.png', 'frame.gif'])(
    '%s',
    async (name) => {
      const { [name]: wanted } = await (await fetch(fixture('expected.json'))).json();
      const x = await readImage(fixture(name), { dtype: 'int32' });
      expect(x.shape).toEqual(wanted.rgb.shape);
      expect([...x.data]).toEqual(wanted.rgb.values);
    },
  );

  it('converts CMYK, and refuses what no browser reads', async () => {
    const x = await readImage(fixture('cmyk.jpg'));
    expect(x.data[8 * 32 + 4]).toBeGreaterThan(2 * x.data[512 + 8 * 32 + 4]);
    await expect(readImage(fixture('floats.tif'))).rejects.toThrow(FormatError);
    await expect(readImage(fixture('make.py'))).rejects.toThrow('is no picture that this browser can read');
  });

  it('has no files to write', async () => {
    await expect(writeImage('a.png', expected)).rejects.toThrow(DeviceError);
  });
});

describe('drawTo', () => {
  it.each([
    ['<canvas>', () => document.createElement('canvas')],
    ['OffscreenCanvas', () => new OffscreenCanvas(1, 1)],
  ] as const)('%s', (_, make) => {
    const shown = make();
    drawTo(shown, expected);
    expect([shown.width, shown.height]).toEqual([width, height]);
    expect(fromPixels(shown, { dtype: 'int32' }).data).toEqual(expected.data);
    drawTo(shown, tensor([[1]], [1, 1], { dtype: 'int32' }), { palette: 'classes' });
    expect([...fromPixels(shown, { dtype: 'int32' }).data]).toEqual([128, 0, 0]);
  });

  it('refuses what is no canvas, or drawn on by WebGL', () => {
    expect(() => drawTo(null as never, expected)).toThrow('drawTo: canvas is null; give a <canvas>');
    const other = document.createElement('canvas');
    other.getContext('bitmaprenderer');
    expect(() => drawTo(other, expected)).toThrow('drawTo: the canvas has no 2d context');
  });

  it('gives what the constructor of ImageData takes', () => {
    const { data } = toPixels(expected);
    expect(new ImageData(data, width, height).data).toEqual(levels);
  });
});

describe('fromVideo', () => {
  const isRed = ({ data }: Tensor): boolean => data[0] > 0.6 && data[1] < 0.3;

  it('gives frames as they are shown, and ends with the video', async () => {
    const { video: playing, stop } = await video();
    const seen = new Set<boolean>();
    let frames = 0;
    for await (const x of fromVideo(playing, { size: 1 })) {
      expect(x.shape).toEqual([3, 1, 1]);
      seen.add(isRed(x));
      if (++frames > 200 || seen.size === 2) stop();
    }
    expect(seen.size).toBe(2);
  });

  it('may be left, and begun again', async () => {
    const { video: playing } = await video();
    for (let round = 0; round < 2; round++) {
      for await (const x of fromVideo(playing)) {
        expect(x.shape).toEqual([3, 48, 64]);
        break;
      }
    }
  });

  it('gives bytes as videoFrames', async () => {
    const { video: playing } = await video();
    for await (const { data, width, height } of videoFrames(playing)) {
      expect([width, height, data.length]).toEqual([64, 48, 64 * 48 * 4]);
      break;
    }
    expect(() => videoFrames(document.createElement('canvas') as never)).toThrow('videoFrames: video is');
  });

  it('says what it cannot play', async () => {
    const broken = Object.assign(document.createElement('video'), { src: 'data:video/mp4,nothing' });
    const next = fromVideo(broken)[Symbol.asyncIterator]().next();
    await expect(next).rejects.toThrow('fromVideo: the video cannot be played (');
    await expect(next).rejects.toThrow(DeviceError);
  });
});
