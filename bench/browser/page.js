// What every engine's page does: load the network from its files, run it once, say when that was, and run again when asked.

import { sampleTimes } from '../engines/sampleTimes.js';
import { sample } from './sample.js';

const asked = new URLSearchParams(location.search);
/** How many threads an engine may use. */
export const threads = Number(asked.get('threads') ?? 1);
/** What files' names begin with: the network's whole numbers, or its floats. */
export const prefix = asked.has('quantised') ? 'quantised-' : '';
/** Whether the program is to be kept for the next visit. */
export const keeps = asked.has('cache');
/** Whether it is to be kept by a name, so that weights are not fetched again. */
export const keepsByName = asked.has('name');
/** @type {number[]} `[n, c, h, w]` */
export const shape = JSON.parse(asked.get('input') ?? '[1,3,224,224]');

/** The sample with its axes in this order. @param {'channels-first' | 'channels-last'} layout */
export function sampleInput(layout) {
  const [n, c, height, width] = shape;
  const x = sample(n * c * height * width);
  if (layout === 'channels-first') return x;
  const area = height * width;
  return Float32Array.from(x, (_, i) => x[(i % c) * area + Math.floor(i / c)]);
}

/** @param {string} name */
export async function fetchBytes(name) {
  const response = await fetch(`/files/${name}`);
  if (!response.ok) throw new Error(`${name} answers with status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Loads an engine, and tells the driver: `bench.result` is there after the first run, and what is to be done behind it.
 *
 * @param {() => Promise<() => ArrayLike<number> | Promise<ArrayLike<number>>>} load
 * @param {() => Promise<void>} behind
 */
export async function measure(load, behind = async () => {}) {
  try {
    const run = await load();
    const y = Array.from(await run());
    const first = performance.now();
    await behind();
    const times = (/** @type {number} */ ms) => sampleTimes(async () => run(), ms);
    Object.assign(globalThis, { bench: { y, first, times } });
  } catch (error) {
    Object.assign(globalThis, { bench: { error: String(error) } });
  }
}
