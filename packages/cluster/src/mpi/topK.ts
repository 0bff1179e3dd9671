// Of an array, the entries of the largest magnitude; what is left out stays behind and is added to the next array of this place
// (Lin et al., "Deep Gradient Compression", 2018, without its momentum correction).

/** Places and values that travel: int32 places, then the bits of as many floats. */
export type Entries = Int32Array<ArrayBuffer>;

/** How many of so many entries travel. */
export const entriesOf = (length: number, share: number): number =>
  Math.max(1, Math.min(length, Math.ceil(length * share)));

/**
 * Takes the `count` entries of the largest magnitude out of `values`; of equal ones those in front. What is left in `values` is the
 * rest.
 */
export function takeLargest(values: Float32Array, count: number): Entries {
  const magnitudes = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const least = magnitudeAt(magnitudes, count);
  const entries = new Int32Array(2 * count);
  const taken = new Float32Array(entries.buffer, 4 * count);
  let at = 0;
  const take = (i: number): void => {
    entries[at] = i;
    taken[at++] = values[i];
    values[i] = 0;
  };
  // Those above the bound first, then as many at the bound as there is room for.
  for (let i = 0; i < values.length; i++) if ((magnitudes[i] & largest) > least) take(i);
  for (let i = 0; i < values.length && at < count; i++) if ((magnitudes[i] & largest) === least) take(i);
  return entries;
}

/** The bits of a float without its sign grow with its magnitude. */
const largest = 0x7fffffff;
const lowBits = 15;

/** The bits of the magnitude that has less than `count` larger ones, and with its equals makes `count`: counted by high bits, then by low ones. */
function magnitudeAt(words: Uint32Array, count: number): number {
  const high = new Uint32Array(2 ** (31 - lowBits));
  for (const word of words) high[(word & largest) >>> lowBits]++;
  const above = findFromTop(high, count);
  const low = new Uint32Array(2 ** lowBits);
  for (const word of words)
    if ((word & largest) >>> lowBits === above.place) low[word & (2 ** lowBits - 1)]++;
  return (above.place << lowBits) | findFromTop(low, count - above.before).place;
}

/** The highest place at which the counts from the top reach a number, and how many there are above it. */
function findFromTop(counts: Uint32Array, wanted: number): { place: number; before: number } {
  let [place, before] = [counts.length - 1, 0];
  while (before + counts[place] < wanted) before += counts[place--];
  return { place, before };
}

/** Adds what travelled. */
export function addEntries(entries: Entries, to: Float32Array): void {
  const count = entries.length / 2;
  const values = new Float32Array(entries.buffer, entries.byteOffset + 4 * count, count);
  for (let i = 0; i < count; i++) to[entries[i]] += values[i];
}
