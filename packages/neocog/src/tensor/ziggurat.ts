// Normal random numbers by the ziggurat: Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables", 2000.
// The bell is covered by 256 layers of the same area; a point in a layer is nearly always below the bell, and costs one
// product. Layer and place come from different bits of a word: Doornik, "An Improved Ziggurat Method", 2005.

import { exp, log } from '../expression/elementary.ts';

/** Where the last layer's tail begins, and the area of each layer, of 256. */
const [tail, area] = [3.6541528853610088, 0.00492867323399];
const count = 256;
/** A place is a whole number of 24 bits with a sign, taken at its middle. */
const unit = 2 ** -23;

const bell = (x: number): number => exp((-x * x) / 2);

/** The layers from the top to the one with the tail. */
interface Layers {
  /** Of a place's unit in each. */
  readonly units: Float64Array;
  /** Places nearer to 0 than this are below the bell. */
  readonly inside: Int32Array;
  /** Height of the bell at each layer's upper edge; one more. */
  readonly heights: Float64Array;
}

function makeLayers(): Layers {
  // The last one is as wide as a rectangle with the area of its rectangle and tail together.
  const edges = new Float64Array(count + 1);
  edges[count] = area / bell(tail);
  edges[count - 1] = tail;
  for (let i = count - 2; i > 0; i--)
    edges[i] = Math.sqrt(-2 * log(area / edges[i + 1] + bell(edges[i + 1])));
  return {
    units: edges.slice(1).map((edge) => edge * unit),
    inside: Int32Array.from({ length: count }, (_, i) => Math.floor(edges[i] / edges[i + 1] / unit)),
    heights: edges.map(bell),
  };
}

let layers: Layers | undefined;
function allLayers(): Layers {
  layers ??= makeLayers();
  return layers;
}

/** The bits of a stream, as whole numbers of 32 bits, signed or not. */
type Words = () => number;

/** From 0 to below 1. */
const uniform = (words: Words): number => (words() >>> 8) * 2 ** -24;

/** A standard normal number from the next word of a stream, and in 1 of 80 cases from those that follow. */
export function normalFrom(words: Words): number {
  const { units, inside, heights } = allLayers();
  for (;;) {
    const word = words();
    const layer = word & (count - 1);
    const place = word >> 8;
    const x = (place + 0.5) * units[layer];
    if (Math.abs(place) < inside[layer]) return x;
    if (layer === count - 1) return Math.sign(x) * beyondTail(words);
    const low = heights[layer + 1];
    if (low + uniform(words) * (heights[layer] - low) < bell(x)) return x;
  }
}

/** From the tail on: Marsaglia, "Generating a variable from the tail of the normal distribution", 1964. */
function beyondTail(words: Words): number {
  for (;;) {
    const x = -log(1 - uniform(words)) / tail;
    const y = -log(1 - uniform(words));
    if (2 * y > x * x) return tail + x;
  }
}

/**
 * Fills `into` from its beginning with what `normalFrom` makes of all words of a block, and for the last of them of those of
 * `rest`; the count of numbers.
 */
export function normalsFrom(block: Int32Array, rest: Words, into: Float64Array): number {
  const { units, inside } = allLayers();
  let filled = 0;
  let next = 0;
  const words = (): number => (next < block.length ? block[next++] : rest());
  for (let i = 0; i < block.length; filled++) {
    const layer = block[i] & (count - 1);
    const place = block[i] >> 8;
    if (Math.abs(place) < inside[layer]) {
      into[filled] = (place + 0.5) * units[layer];
      i++;
    } else {
      next = i;
      into[filled] = normalFrom(words);
      i = next;
    }
  }
  return filled;
}
