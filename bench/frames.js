// What programs that take frames save: `npm run bench:frames`. A frame of bytes to the input of a network, resized with all of its
// pixels taken into account and normalised, by the program and by loops as one writes them by hand, with all tables made
// beforehand and all arrays there already. Both end in the same network, an average of each channel, which is a small part of the time;
// results are compared before anything is timed. The plain loop reads four pixels for each of the picture's, whatever lies between.

import { performance } from 'node:perf_hooks';
import { wholeWeights } from '../packages/neocog/dist/geometry/frames/weights.js';
import { compile, nn, tensor } from '../packages/neocog/dist/index.js';
import { median, settle } from './measure.js';

/**
 * @typedef {object} Size
 * @property {number} width
 * @property {number} height
 */

/** Of a camera or a picture, to that of a network; the whole frame, out of proportion. */
const cases = [
  { frame: { width: 224, height: 224 }, picture: { width: 224, height: 224 } },
  { frame: { width: 320, height: 240 }, picture: { width: 96, height: 96 } },
  { frame: { width: 640, height: 480 }, picture: { width: 224, height: 224 } },
  { frame: { width: 1280, height: 720 }, picture: { width: 224, height: 224 } },
  { frame: { width: 1280, height: 720 }, picture: { width: 640, height: 640 } },
  { frame: { width: 160, height: 120 }, picture: { width: 224, height: 224 } },
];
const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];
const threads = [1, 2];
const rounds = 151;
/** Short, so that on a busy machine most turns are not interrupted. */
const turnMilliseconds = 1;

/** An opaque frame. @param {Size} size */
const noise = ({ width, height }) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24,
  ),
});

/**
 * Pixels that need no resizing.
 *
 * @param {Size} picture
 */
function copyLoop({ width, height }) {
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  /** @param {Uint8ClampedArray} data */
  return (data) => {
    for (let i = 0, at = 0; i < plane; i++, at += 4) {
      values[i] = (data[at] / 255 - mean[0]) / std[0];
      values[plane + i] = (data[at + 1] / 255 - mean[1]) / std[1];
      values[2 * plane + i] = (data[at + 2] / 255 - mean[2]) / std[2];
    }
    return values;
  };
}

/**
 * The same resize in two passes: rows first, in bytes between.
 *
 * @param {Size} frame
 * @param {Size} picture
 */
function resizeLoop(frame, picture) {
  const { width, height } = picture;
  const across = scaledWeights(frame.width, width);
  const down = scaledWeights(frame.height, height);
  const between = new Uint8ClampedArray(frame.height * width * 4);
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  /** @param {Uint8ClampedArray} data */
  return (data) => {
    for (let y = 0; y < frame.height; y++) {
      for (let x = 0; x < width; x++) {
        let [r, g, b] = [0, 0, 0];
        let at = (y * frame.width + across.starts[x]) * 4;
        const last = Math.min(across.taps, frame.width - across.starts[x]);
        for (let t = 0; t < last; t++, at += 4) {
          const weight = across.weights[x * across.taps + t];
          r += data[at] * weight;
          g += data[at + 1] * weight;
          b += data[at + 2] * weight;
        }
        const to = (y * width + x) * 4;
        between[to] = r;
        between[to + 1] = g;
        between[to + 2] = b;
      }
    }
    for (let y = 0; y < height; y++) {
      const last = Math.min(down.taps, frame.height - down.starts[y]);
      for (let x = 0; x < width; x++) {
        let [r, g, b] = [0, 0, 0];
        let at = (down.starts[y] * width + x) * 4;
        for (let t = 0; t < last; t++, at += width * 4) {
          const weight = down.weights[y * down.taps + t];
          r += between[at] * weight;
          g += between[at + 1] * weight;
          b += between[at + 2] * weight;
        }
        const to = y * width + x;
        values[to] = (r / 255 - mean[0]) / std[0];
        values[plane + to] = (g / 255 - mean[1]) / std[1];
        values[2 * plane + to] = (b / 255 - mean[2]) / std[2];
      }
    }
    return values;
  };
}

/** @param {number} size @param {number} outputs */
function scaledWeights(size, outputs) {
  const { taps, starts, weights } = wholeWeights({ size, from: 0, to: size, outputs }, 'bilinear');
  return { taps, starts, weights: Float64Array.from(weights, (weight) => weight / 2 ** 22) };
}

/**
 * Four pixels for each: what shrinks more than to the half flickers.
 *
 * @param {Size} frame
 * @param {Size} picture
 */
function plainLoop(frame, { width, height }) {
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  /** @param {Uint8ClampedArray} data */
  return (data) => {
    for (let y = 0; y < height; y++) {
      const fy = Math.min(frame.height - 1, Math.max(0, ((y + 0.5) * frame.height) / height - 0.5));
      const y0 = Math.floor(fy);
      const y1 = Math.min(frame.height - 1, y0 + 1);
      const dy = fy - y0;
      for (let x = 0; x < width; x++) {
        const fx = Math.min(frame.width - 1, Math.max(0, ((x + 0.5) * frame.width) / width - 0.5));
        const x0 = Math.floor(fx);
        const x1 = Math.min(frame.width - 1, x0 + 1);
        const dx = fx - x0;
        for (let c = 0; c < 3; c++) {
          const top =
            data[(y0 * frame.width + x0) * 4 + c] * (1 - dx) + data[(y0 * frame.width + x1) * 4 + c] * dx;
          const low =
            data[(y1 * frame.width + x0) * 4 + c] * (1 - dx) + data[(y1 * frame.width + x1) * 4 + c] * dx;
          values[c * plane + y * width + x] = ((top * (1 - dy) + low * dy) / 255 - mean[c]) / std[c];
        }
      }
    }
    return values;
  };
}

/** @param {readonly number[]} a @param {readonly number[]} b */
const distance = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** @param {() => Promise<unknown>} run @param {number} count */
async function timed(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - start) / count;
}

/** @param {readonly (() => Promise<unknown>)[]} candidates */
async function inTurns(candidates) {
  const counts = [];
  for (const run of candidates) {
    for (let round = 0; round < 4; round++) {
      await timed(run, 10);
      await settle();
    }
    const quick = Math.min(await timed(run, 3), await timed(run, 3), await timed(run, 3));
    counts.push(Math.max(1, Math.ceil(turnMilliseconds / quick)));
  }
  /** @type {number[][]} */
  const times = candidates.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, run] of candidates.entries()) times[i].push(await timed(run, counts[i]));
  return times.map((all) => ({ middle: median(all), fastest: Math.min(...all) }));
}

/** @param {(typeof cases)[number]} size @param {number} count */
async function measure({ frame, picture }, count) {
  const net = new nn.GlobalAvgPool();
  const shape = [1, 3, picture.height, picture.width];
  const plain = await compile(net, { input: shape, threads: count });
  const program = await compile(net, { input: shape, threads: count, pixels: { mean, std, fit: 'stretch' } });
  const given = noise(frame);
  const same = frame.width === picture.width && frame.height === picture.height;
  const loop = same ? copyLoop(picture) : resizeLoop(frame, picture);
  const bilinear = plainLoop(frame, picture);
  const byLoop = () => plain.run(tensor(loop(given.data), shape));
  const byPlainLoop = () => plain.run(tensor(bilinear(given.data), shape));
  const byProgram = () => program.run(given);
  const [a, b] = [await byLoop(), await byProgram()].map((t) => [...t.data]);
  if (distance(a, b) > 0.01) throw new Error(`${a} by hand, ${b} by the program`);
  const medians = await inTurns([byLoop, byPlainLoop, byProgram]);
  program.dispose();
  plain.dispose();
  return medians;
}

console.log('milliseconds of a run, median / fastest of turns; the ratio of either to the program\n');
console.log(
  '| frame | picture | threads | by hand | plain loop | program | by hand to program | plain loop to program |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const size of cases)
  for (const count of threads) {
    const [hand, plain, program] = await measure(size, count);
    const names = [size.frame, size.picture].map(({ width, height }) => `${width}×${height}`);
    const pair = (/** @type {number} */ a, /** @type {number} */ b, digits = 2) =>
      `${a.toFixed(digits)} / ${b.toFixed(digits)}`;
    const figures = [hand, plain, program].map(({ middle, fastest }) => pair(middle, fastest));
    const ratios = [hand, plain].map(({ middle, fastest }) =>
      pair(middle / program.middle, fastest / program.fastest, 1),
    );
    console.log(`| ${[...names, count, ...figures, ...ratios].join(' | ')} |`);
  }
