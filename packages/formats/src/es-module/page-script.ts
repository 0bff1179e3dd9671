// What index.html does: an image, a sound or random values through the network, and the answer: values as a table or a picture, shares
// of classes as bars, classes of pixels as colours over the picture. The text of these functions is the written page.js, so they use nothing
// from outside this file (see runtime.ts). It is long for that reason: who bundles or transforms modules renames what is imported.

import type { AnswerFacts, PageFacts, PageFit } from './page-facts.ts';
import type { Value } from './runtime.ts';

export type Values = Float32Array | Int32Array;

/** An image as a tensor: where its axes are. */
export interface ImageShape {
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

/** Names with shares of 1 as bars, the largest first. */
export function shareBars(shares: readonly number[], labels: readonly string[]): HTMLTableElement {
  const order = Array.from(shares.keys()).sort((a, b) => shares[b] - shares[a]);
  const table = document.createElement('table');
  table.className = 'bars';
  for (const i of order.slice(0, 8)) {
    const row = table.insertRow();
    row.insertCell().textContent = labels[i] ?? `class ${i}`;
    const bar = document.createElement('progress');
    bar.max = 1;
    bar.value = shares[i];
    row.insertCell().append(bar);
    row.insertCell().textContent = `${(100 * shares[i]).toFixed(1)} %`;
  }
  return table;
}

/** Scores as shares of 1. */
export function sharesOf(scores: Values): number[] {
  const most = Array.from(scores).reduce((a, b) => Math.max(a, b));
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The class of each pixel of scores `[1, classes, h, w]`. */
export function pixelClasses(scores: Values, shape: readonly number[]): Uint8Array {
  const [, classes, height, width] = shape;
  const area = height * width;
  const taken = new Uint8Array(area);
  for (let c = 1; c < classes; c++)
    for (let p = 0; p < area; p++) if (scores[c * area + p] > scores[taken[p] * area + p]) taken[p] = c;
  return taken;
}

/** Classes of pixels as colours that the picture shines through. */
export function drawClasses(
  taken: Uint8Array,
  shape: readonly number[],
  colours: AnswerFacts['colours'],
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.height, canvas.width] = shape.slice(2);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const data = context.createImageData(canvas.width, canvas.height);
  taken.forEach((id, p) => {
    if (id > 0) data.data.set([...(colours[id] ?? [255, 0, 0]), 140], 4 * p);
  });
  context.putImageData(data, 0, 0);
  return canvas;
}

/** The picture at its own proportions with what each pixel shows, and how much of it each class covers. */
export function maskFigure(
  output: { readonly shape: readonly number[]; readonly values: Values },
  shown: ImageBitmap | null,
  facts: AnswerFacts,
): HTMLElement {
  const { shape, values } = output;
  const taken = pixelClasses(values, shape);
  const colours = drawClasses(taken, shape, facts.colours);
  const canvas = document.createElement('canvas');
  const scale = shown ? Math.min(1, 720 / Math.max(shown.width, shown.height)) : 1;
  canvas.width = shown ? Math.round(shown.width * scale) : colours.width;
  canvas.height = shown ? Math.round(shown.height * scale) : colours.height;
  canvas.className = 'mask';
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  if (shown) context.drawImage(shown, 0, 0, canvas.width, canvas.height);
  context.drawImage(colours, 0, 0, canvas.width, canvas.height);
  const counts = facts.labels.map((_, id) => taken.filter((each) => each === id).length / taken.length);
  const table = shareBars(counts, facts.labels);
  for (const row of table.rows) {
    const id = facts.labels.indexOf(row.cells[0].textContent ?? '');
    const swatch = document.createElement('i');
    swatch.className = 'swatch';
    swatch.style.background = id > 0 ? `rgb(${(facts.colours[id] ?? [255, 0, 0]).join(' ')})` : 'transparent';
    row.cells[0].prepend(swatch);
  }
  const figure = document.createElement('figure');
  figure.append(canvas, table);
  return figure;
}

/** A figure for one output. */
export function showOutput(
  { name, shape }: Value,
  values: Values,
  given: { readonly facts: AnswerFacts; readonly shown: ImageBitmap | null },
): HTMLElement {
  const { facts, shown } = given;
  if (facts.kind === 'masks' && shape.length === 4) return maskFigure({ shape, values }, shown, facts);
  const figure = document.createElement('figure');
  if (facts.kind === 'classes' && values.length === facts.labels.length) {
    figure.append(shareBars(sharesOf(values), facts.labels));
    return figure;
  }
  const caption = document.createElement('figcaption');
  caption.textContent = `${name}, ${shape.join(' × ') || 'a number'}`;
  const image = imageShape(shape);
  figure.append(caption, image ? drawOutput(values, image) : largestValues(values, facts.labels));
  return figure;
}

/** What a network hears. */
export interface SoundFacts {
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples, from the middle of a sound. */
  readonly length: number;
}

/** The middle of a sound, all channels as one; a shorter one lies in the middle of silence. */
export async function soundValues(
  bytes: ArrayBuffer,
  { sampleRate, length }: SoundFacts,
): Promise<Float32Array> {
  // Decoding brings sounds to the rate of the context.
  const sound = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
  const values = new Float32Array(length);
  const start = Math.trunc((sound.length - length) / 2);
  for (let c = 0; c < sound.numberOfChannels; c++) {
    const channel = sound.getChannelData(c);
    for (let i = 0; i < length; i++) values[i] += (channel[start + i] ?? 0) / sound.numberOfChannels;
  }
  return values;
}

/** So many seconds of the microphone. */
export async function recordSound(seconds: number): Promise<Blob> {
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
  try {
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
    const over = new Promise((resolve) => recorder.addEventListener('stop', resolve));
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    recorder.stop();
    await over;
    return new Blob(parts, { type: recorder.mimeType });
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** The loudness of a sound over time. */
export function drawSound(values: Float32Array, canvas: HTMLCanvasElement): void {
  [canvas.width, canvas.height] = [640, 120];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.fillStyle = getComputedStyle(canvas).color;
  const step = values.length / canvas.width;
  for (let x = 0; x < canvas.width; x++) {
    let peak = 0;
    for (let i = Math.floor(x * step); i < (x + 1) * step; i++)
      peak = Math.max(peak, Math.abs(values[i] ?? 0));
    const height = Math.max(1, Math.min(1, peak) * canvas.height);
    context.fillRect(x, (canvas.height - height) / 2, 1, height);
  }
}

/** The written index.js. */
interface NetworkModule {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  load(progress: (share: number) => void): Promise<{ simd: string; bytes: number }>;
  run(inputs: Record<string, Values>): Promise<Record<string, Values>>;
}

export function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** The pixels of a picture in the proportions of the input. */
export function drawInput(picture: ImageBitmap, canvas: HTMLCanvasElement, fit: PageFit): Uint8ClampedArray {
  const { width, height } = canvas;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const [across, down] = [width / picture.width, height / picture.height];
  const scale = fit === 'contain' ? Math.min(across, down) : Math.max(across, down);
  const [w, h] = fit === 'stretch' ? [width, height] : [picture.width * scale, picture.height * scale];
  context.fillRect(0, 0, width, height);
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

/** Values from the normal distribution N(0, 1), after Box and Muller; of whole numbers 0 and 1. */
export function randomValues({ size, dtype }: Value): Values {
  if (dtype === 'int32') return Int32Array.from({ length: size }, () => Math.round(Math.random()));
  return Float32Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
  );
}

/** What an answer is shown with, and how often the network runs to be timed. */
interface Telling {
  readonly facts: PageFacts;
  readonly shown: ImageBitmap | null;
  readonly runs: number;
}

/** Runs the network some times, tells the time of the middle one, and shows the answer. */
export async function show(
  network: NetworkModule,
  given: Record<string, Values>,
  { facts, shown, runs }: Telling,
): Promise<void> {
  const times: number[] = [];
  let results: Record<string, Values> = {};
  for (let i = 0; i < runs; i++) {
    const began = performance.now();
    results = await network.run(given);
    times.push(performance.now() - began);
    // Lets the page be painted.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const median = times.sort((a, b) => a - b)[Math.floor(runs / 2)];
  const which = runs > 1 ? `the median of ${runs} runs ` : '';
  element('time').textContent = `${median.toFixed(2)} ms, ${which}on one thread`;
  const figures = network.outputs.map((output) => showOutput(output, results[output.name], { facts, shown }));
  element('answer').replaceChildren(...figures);
}

/** What a page does with pictures, so many runs for each, or null where the network takes none. */
export function pictureWays(
  network: NetworkModule,
  facts: PageFacts,
): ((picture: ImageBitmap, runs: number) => Promise<void>) | null {
  const [input] = network.inputs;
  const image = network.inputs.length === 1 && input.dtype === 'float32' ? imageShape(input.shape) : null;
  if (!image || facts.sampleRate !== null) return null;
  const canvas = element('picture') as HTMLCanvasElement;
  const scaling = element('scaling') as HTMLSelectElement;
  [canvas.width, canvas.height] = [image.width, image.height];
  return async (shown, runs) => {
    const pixels = drawInput(shown, canvas, facts.fit);
    const [mean, std] = scaling.value === 'own' ? [facts.mean, facts.std] : JSON.parse(scaling.value);
    await show(network, { [input.name]: imageTensor(pixels, image, mean, std) }, { facts, shown, runs });
  };
}

/** What a page does with sounds, or null where the network hears none. */
export function soundWays(network: NetworkModule, facts: PageFacts): ((file: Blob) => Promise<void>) | null {
  const { sampleRate } = facts;
  if (sampleRate === null) return null;
  const [input] = network.inputs;
  return async (file) => {
    const values = await soundValues(await file.arrayBuffer(), { sampleRate, length: input.size });
    drawSound(values, element('picture') as HTMLCanvasElement);
    await show(network, { [input.name]: values }, { facts, shown: null, runs: 10 });
  };
}

/** Frames of a camera, one after the other, until the button is pressed again. */
export async function watchCamera(
  button: HTMLElement,
  use: (frame: ImageBitmap) => Promise<void>,
): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  const { onclick, textContent } = button;
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop();
  };
  Object.assign(button, { onclick: stop, textContent: 'stop' });
  try {
    await video.play();
    while (stream.active) {
      const frame = await createImageBitmap(video);
      await use(frame);
      frame.close();
      await new Promise(requestAnimationFrame);
    }
  } finally {
    stop();
    Object.assign(button, { onclick, textContent });
  }
}

/** Makes the page work. */
export async function start(network: NetworkModule, facts: PageFacts): Promise<void> {
  const [look, hear] = [pictureWays(network, facts), soundWays(network, facts)];
  const take = look ? async (file: Blob) => look(await createImageBitmap(file), 10) : hear;
  const file = element('file') as HTMLInputElement;
  let given: Blob | null = null;
  const tell = (error: unknown): void => {
    element('status').textContent = String(error);
  };
  const again = (): void => {
    if (given) take?.(given).catch(tell);
  };
  const use = (next: Blob | null | undefined): void => {
    given = next ?? null;
    again();
  };
  const kind = look ? 'image' : 'sound';
  for (const part of document.querySelectorAll<HTMLElement>(`[data-${kind}]`)) part.hidden = !take;
  for (const part of document.querySelectorAll<HTMLElement>('[data-file]')) part.hidden = !take;
  file.accept = `${look ? 'image' : 'audio'}/*`;
  file.addEventListener('change', () => use(file.files?.[0]));
  element('scaling').addEventListener('change', again);
  element('random').addEventListener('click', () => {
    const values = network.inputs.map((each) => [each.name, randomValues(each)]);
    show(network, Object.fromEntries(values), { facts, shown: null, runs: 10 }).catch(tell);
  });
  element('camera').onclick = () => {
    if (look) watchCamera(element('camera'), (frame) => look(frame, 1)).catch(tell);
  };
  element('record').addEventListener('click', () => {
    const seconds = network.inputs[0].size / (facts.sampleRate ?? 1);
    element('record').textContent = 'listening …';
    recordSound(seconds + 0.2)
      .then(use, tell)
      .finally(() => {
        element('record').textContent = 'listen';
      });
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    use(event.dataTransfer?.files[0]);
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
    tell(error);
  }
}

/** What `start` is made of. */
export const pageFunctions = [
  imageShape,
  drawOutput,
  largestValues,
  shareBars,
  sharesOf,
  pixelClasses,
  drawClasses,
  maskFigure,
  showOutput,
  soundValues,
  recordSound,
  drawSound,
  element,
  drawInput,
  imageTensor,
  randomValues,
  show,
  pictureWays,
  soundWays,
  watchCamera,
];
