// Damage to what a file says, whose form stays whole: one value of a tree of objects (JSON, or the messages of an ONNX model)
// becomes another, goes, or comes twice.

import { mutateBytes } from './bytes.ts';
import { pick, type Random } from './random.ts';

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

const oddNumbers: readonly number[] = [
  ...[0, 1, -1, 2, 3, 7, 64, 65, 255, 256, 1000, 65536],
  ...[2 ** 24, 3e8, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 62],
];
const oddFractions: readonly number[] = [1.5, -0.1, 1e-30, 1e30, 3e38];
const oddTexts: readonly string[] = [
  ...['', '__proto__', 'constructor', '../x', 'x', 'a\u001b[2J', '\u0000', '\u202e'],
  'long'.repeat(200),
];

/** Values that no form of this file has in this place. JSON holds them, messages do not. */
const strangers: readonly unknown[] = [null, [], {}, true, 'x', 1.5, 1e308, -1];

/** Changes one value of `root` in place; `strange` allows values of another type. */
export function mutateTree(root: object, random: Random, strange: boolean): void {
  const places = placesOf(root as Record<string, unknown>); // every object is one of values by keys
  if (places.length === 0) return;
  const { holder, key } = pick(random, places);
  if (strange && random(4) === 0) holder[key] = pick(random, strangers);
  else if (random(4) === 0) copyFrom(places, { holder, key }, random);
  else holder[key] = changed(holder[key], random);
}

function placesOf(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const visit = (holder: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(holder)) {
      // Long lists of numbers would outweigh everything else.
      if (Array.isArray(holder) && Number(key) > 20) break;
      places.push({ holder, key });
      const isHolder = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
      if (isHolder) visit(value as Record<string, unknown>);
    }
  };
  visit(root);
  return places;
}

/** A value of the same type, of the same name where there is one, from elsewhere. */
function copyFrom(places: readonly Place[], { holder, key }: Place, random: Random): void {
  const now = holder[key];
  const alike = places.filter(({ holder: h, key: k }) => typeof h[k] === typeof now);
  const named = alike.filter((place) => place.key === key);
  const { holder: other, key: otherKey } = pick(random, random(3) > 0 ? named : alike);
  if (Array.isArray(other[otherKey]) !== Array.isArray(now)) return;
  if (ArrayBuffer.isView(other[otherKey]) !== ArrayBuffer.isView(now)) return;
  holder[key] = structuredClone(other[otherKey]);
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return changedNumber(value, random);
  if (typeof value === 'string')
    return random(3) === 0 ? value.slice(random(value.length + 1)) : pick(random, oddTexts);
  if (typeof value === 'boolean') return !value;
  if (value instanceof Uint8Array) return mutateBytes(value, random, value);
  if (Array.isArray(value)) return changedList(value, random);
  if (typeof value === 'object' && value !== null) return changedObject(value, random);
  return value;
}

const changedNumber = (value: number, random: Random): number =>
  Number.isInteger(value) || random(2) === 0
    ? pick(random, [...oddNumbers, value + 1, value - 1, -value, value * 2])
    : pick(random, oddFractions);

function changedList(list: readonly unknown[], random: Random): unknown[] {
  const at = random(list.length + 1);
  const item = structuredClone(list[random(Math.max(1, list.length))] ?? 1);
  const ways = [
    () => list.toSpliced(at, 1),
    () => list.toSpliced(at, 0, item),
    () => list.toReversed(),
    () => [],
    () => [...list, ...new Array(2 ** random(10)).fill(item)],
  ];
  return pick(random, ways)();
}

function changedObject(value: object, random: Random): object {
  const entries = Object.entries(value);
  const at = random(entries.length + 1);
  return Object.fromEntries(random(2) === 0 ? entries.toSpliced(at, 1) : entries.toReversed());
}
