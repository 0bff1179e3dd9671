// What index.html does: an image or random values through the network, and the answer as a table or a picture. The text of
// these functions is the written page.js, so they use nothing from outside this file (see runtime.ts).

import type { Value } from './runtime.ts';

type Values = Float32Array | Int32Array;

/** The written index.js. */
interface NetworkModule {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  load(progress: (share: number) => void): Promise<{ simd: string; bytes: number }>;
  run(inputs: Record<string, Values>): Promise<Record<string, Values>>;
}

/** What the page knows beside the network. */
export interface PageFacts {
  readonly labels: readonly string[];
  /** The network sees (pixel − mean) / std for pixels from 0 to 255, a number for each channel or for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** An image as a tensor: where its axes are. */
interface ImageShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Distance in values from one pixel, and from one channel, to the next. */
  readonly pixel: number;
  readonly channel: number;
}

/** `[1, c, h, w]` or `[1, h, w, c]` with 1, 3 or 4 channels; else null. */
export function imageShape(shape: readonly number[]): ImageShape | null {
  if (shape.length !== 4 || shape[0] !== 1) return null;
  const [, a, b, c] = shape;
  if ([1, 3, 4].includes(a) && b > 1) return { channels: a, height: b, width: c, pixel: 1, channel: b * c };
  if ([1, 3, 4].includes(c) && b > 1) return { height: a, width: b, channels: c, pixel: c, channel: 1 };
  return null;
}

export function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** The pixels of a picture, its middle cut out to the proportions of the input. */
export function drawInput(picture: ImageBitmap, canvas: HTMLCanvasElement): Uint8ClampedArray {
  const { width, height } = canvas;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  return context.getImageData(0, 0, width, height).data;
}

/** RGBA bytes as the network wants them. One channel is grey. */
export function imageTensor(
  pixels: Uint8ClampedArray,
  image: ImageShape,
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  const { width, height, channels, pixel, channel } = image;
  const values = new Float32Array(width * height * channels);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < channels; c++) {
      const [r, g, b] = pixels.subarray(4 * p);
      const value = channels === 1 ? 0.299 * r + 0.587 * g + 0.114 * b : pixels[4 * p + c];
      values[p * pixel + c * channel] = (value - mean[c % mean.length]) / std[c % std.length];
    }
  }
  return values;
}

/** Values as a picture, the smallest black and the largest white. */
export function drawOutput(values: Values, image: ImageShape): HTMLCanvasElement {
  const { width, height, channels, pixel, channel } = image;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const data = context.createImageData(width, height);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) {
      const value = values[p * pixel + Math.min(c, channels - 1) * channel];
      data.data[4 * p + c] = (255 * (value - least)) / (most - least || 1);
    }
    data.data[4 * p + 3] = 255;
  }
  context.putImageData(data, 0, 0);
  return canvas;
}

/** The five largest values, as a table. */
export function largestValues(values: Values, labels: readonly string[]): HTMLTableElement {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const table = document.createElement('table');
  for (const i of order.slice(0, 5)) {
    const row = table.insertRow();
    row.insertCell().textContent = labels[i] ?? `value ${i}`;
    row.insertCell().textContent = values[i].toPrecision(5);
  }
  return table;
}

export function showOutput({ name, shape }: Value, values: Values, labels: readonly string[]): HTMLElement {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = `${name}, ${shape.join(' × ') || 'a number'}`;
  const image = imageShape(shape);
  figure.append(caption, image ? drawOutput(values, image) : largestValues(values, labels));
  return figure;
}

/** Values from the normal distribution N(0, 1), after Box and Muller; of whole numbers 0 and 1. */
export function randomValues({ size, dtype }: Value): Values {
  if (dtype === 'int32') return Int32Array.from({ length: size }, () => Math.round(Math.random()));
  return Float32Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
  );
}

/** Runs the network ten times, tells the time of the middle one, and shows the answer. */
export async function show(
  network: NetworkModule,
  given: Record<string, Values>,
  facts: PageFacts,
): Promise<void> {
  const times: number[] = [];
  let results: Record<string, Values> = {};
  for (let i = 0; i < 10; i++) {
    const began = performance.now();
    results = await network.run(given);
    times.push(performance.now() - began);
    // Lets the page be painted.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const median = times.sort((a, b) => a - b)[5];
  element('time').textContent = `${median.toFixed(2)} ms, the median of ten runs on one thread`;
  const figures = network.outputs.map((output) => showOutput(output, results[output.name], facts.labels));
  element('answer').replaceChildren(...figures);
}

/** Makes the page work. */
export async function start(network: NetworkModule, facts: PageFacts): Promise<void> {
  const [input] = network.inputs;
  const image = network.inputs.length === 1 && input.dtype === 'float32' ? imageShape(input.shape) : null;
  const canvas = element('picture') as HTMLCanvasElement;
  const [file, scaling] = [element('file') as HTMLInputElement, element('scaling') as HTMLSelectElement];
  let shown: Blob | null = null;
  const events = {
    async picture(): Promise<void> {
      if (!shown || !image) return;
      const pixels = drawInput(await createImageBitmap(shown), canvas);
      const [mean, std] = scaling.value === 'own' ? [facts.mean, facts.std] : JSON.parse(scaling.value);
      await show(network, { [input.name]: imageTensor(pixels, image, mean, std) }, facts);
    },
    random(): Promise<void> {
      const values = network.inputs.map((each) => [each.name, randomValues(each)]);
      return show(network, Object.fromEntries(values), facts);
    },
    tell(error: unknown): void {
      element('status').textContent = String(error);
    },
  };
  if (image) {
    [canvas.width, canvas.height] = [image.width, image.height];
    for (const part of document.querySelectorAll<HTMLElement>('[data-image]')) part.hidden = false;
  }
  file.addEventListener('change', () => {
    shown = file.files?.[0] ?? null;
    events.picture().catch(events.tell);
  });
  scaling.addEventListener('change', () => events.picture().catch(events.tell));
  element('random').addEventListener('click', () => events.random().catch(events.tell));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    shown = event.dataTransfer?.files[0] ?? null;
    events.picture().catch(events.tell);
  });
  try {
    const began = performance.now();
    const { simd, bytes } = await network.load((share) => {
      element('status').textContent = `loading: ${Math.round(100 * share)} %`;
    });
    const time = Math.round(performance.now() - began);
    element('status').textContent =
      `ready after ${time} ms, ${simd}, ${(bytes / 2 ** 20).toFixed(1)} MiB of memory`;
    for (const control of document.querySelectorAll<HTMLInputElement>('[disabled]')) control.disabled = false;
  } catch (error) {
    events.tell(error);
  }
}

/** What `start` is made of. */
export const pageFunctions = [
  imageShape,
  element,
  drawInput,
  imageTensor,
  drawOutput,
  largestValues,
  showOutput,
  randomValues,
  show,
];
