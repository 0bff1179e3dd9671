// The worker of the view: pictures and frames of a camera through the filters, and what the filters take to lie outside.

import { fromPixels, rawPixels, toPixels } from '@neocog/vision';
import {
  abs,
  add,
  compile,
  filters,
  mul,
  nn,
  noGrad,
  type PaddingMode,
  type Program,
  pad,
  type Tensor,
} from 'neocog';
import type { PixelData } from '../../work/pictures.ts';
import { serve, Transfer } from '../../work/serve.ts';
import { filterOf, type Step, type Tone } from './chain.ts';

/** What becomes of a picture. */
export interface Look {
  readonly chain: readonly Step[];
  readonly padding: PaddingMode;
  readonly tone: Tone;
  /** Values are multiplied by it before they are shown. */
  readonly gain: number;
}

export interface Filtered extends PixelData {
  /** How long the filters took. */
  readonly milliseconds: number;
}

type Frame = PixelData | ReturnType<typeof rawPixels>;

class Chain extends nn.Module {
  readonly #look: Look;

  constructor(look: Look) {
    super();
    this.#look = look;
  }

  override forward(x: Tensor): Tensor {
    const { chain, padding: paddingMode, tone, gain } = this.#look;
    const y = chain.reduce((image, { name, settings, rows }) => {
      if (rows) return filters.apply(image, rows, { paddingMode });
      return filterOf(name)?.run(image, { ...settings, paddingMode }) ?? image;
    }, x);
    const shown = tone === 'magnitude' ? abs(y) : y;
    if (tone === 'signed') return add(mul(shown, gain / 2), 0.5);
    return gain === 1 ? shown : mul(shown, gain);
  }
}

let source: PixelData | null = null;
let made: { readonly key: string; readonly program: Program } | null = null;

/** The program for a size and a look; the last one is kept. */
async function programFor({ width, height }: Frame, look: Look): Promise<Program> {
  const key = JSON.stringify([width, height, look]);
  if (made?.key === key) return made.program;
  made?.program.dispose();
  made = null;
  const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  const program = await compile(new Chain(look), {
    input: [1, 3, height, width],
    pixels: { fit: 'stretch' },
    threads,
  });
  made = { key, program };
  return program;
}

async function filtered(picture: Frame, look: Look): Promise<Transfer<Filtered>> {
  const program = await programFor(picture, look);
  const began = performance.now();
  const result = (await program.run(picture)) as Tensor;
  const milliseconds = performance.now() - began;
  const { width, height } = picture;
  const data = pixelsOf(result.data);
  return new Transfer({ data, width, height, milliseconds }, [data.buffer]);
}

/** Three planes of values from 0 to 1 as pixels, at the rate of a camera. */
function pixelsOf(values: Tensor['data']): PixelData['data'] {
  const area = values.length / 3;
  const pixels = new Uint8ClampedArray(4 * area);
  for (let i = 0; i < area; i++) {
    // Rounded and cut to 0 … 255 by the array.
    pixels[4 * i] = 255 * values[i]!;
    pixels[4 * i + 1] = 255 * values[area + i]!;
    pixels[4 * i + 2] = 255 * values[2 * area + i]!;
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

export const tasks = serve({
  /** Keeps a picture for the calls that follow. */
  keep(picture: PixelData): void {
    source = picture;
  },
  /** The picture that is kept, filtered. */
  async still(look: Look): Promise<Transfer<Filtered> | null> {
    return source && filtered(source, look);
  },
  /** A frame of a camera, filtered. */
  frame({ bitmap, look }: { bitmap: ImageBitmap; look: Look }): Promise<Transfer<Filtered>> {
    const pixels = rawPixels(bitmap);
    bitmap.close();
    return filtered(pixels, look);
  },
  /** The picture that is kept with `margin` pixels around it, as filters take them. */
  outside({ padding, margin }: { padding: PaddingMode; margin: number }): Transfer<PixelData> | null {
    if (!source) return null;
    const { width, height } = source;
    const mode = padding === 'zeros' ? 'constant' : padding;
    const most = Math.min(margin, width - 1, height - 1);
    const sides: [number, number][] = [
      [0, 0],
      [most, most],
      [most, most],
    ];
    const wide = noGrad(() => pad(fromPixels(source as PixelData), sides, { mode }));
    const shown = toPixels(wide);
    const bytes = shown.data as PixelData['data'];
    return new Transfer({ data: bytes, width: shown.width, height: shown.height }, [bytes.buffer]);
  },
});
