// What is drawn over a map: windows, taps, the cell that is shown, marks. In cells from the first drawn one.

import { shortNumber } from '../../design/scale.ts';
import type { Focus } from './bench.svelte.ts';
import { indexOf } from './samples.ts';
import {
  channelsIn,
  drawnPlace,
  groupOf,
  isInside,
  type MapData,
  type Scene,
  tapsAt,
  valueAt,
  windowsOf,
} from './scene.ts';
import { stampTerms } from './terms.ts';

export interface Box {
  /** The same box keeps its key while it moves. */
  readonly key: string;
  /** Drawn place of its first cell. */
  readonly place: readonly number[];
  /** Cells per axis. */
  readonly size: readonly number[];
  readonly kind: 'window' | 'tap' | 'cursor' | 'mark' | 'start' | 'tile' | 'differs' | 'new';
  readonly text?: string;
}

const one = (map: MapData): number[] => map.sizes.map(() => 1);

/** What is shown at a step. */
export interface Shown {
  readonly scene: Scene;
  /** Of the narrow map. */
  readonly place: readonly number[];
  readonly filter: number;
  readonly focus: Focus | null;
}

/** The group whose channels take part. */
const shownGroup = ({ scene, filter }: Shown): number =>
  groupOf(scene, scene.stamps ? scene.wide.channels : scene.narrow.channels, filter);

/** Whether a channel takes part in what is shown. */
export function takesPart(shown: Shown, map: MapData, channel: number): boolean {
  const { scene, filter } = shown;
  const isOutput = map.role === 'output';
  return isOutput ? channel === filter : channelsIn(scene, map, shownGroup(shown)).includes(channel);
}

/** The frame around a window and a box for each of its taps. */
function windowBoxes(shown: Shown): Box[] {
  const { scene, place, filter } = shown;
  const { wide } = scene;
  const taps = tapsAt(scene, place);
  const sizes = scene.geometry.axes.map(({ kernel }) => kernel);
  const first = drawnPlace(wide, taps[0]!.position);
  const last = drawnPlace(wide, taps.at(-1)!.position);
  const frame: Box = {
    key: 'window',
    place: first,
    size: last.map((at, d) => at - first[d]! + 1),
    kind: 'window',
  };
  const planes = scene.stamps ? stampTerms(scene, filter, place) : [];
  const largest = scene.layer.settings.op === 'max' ? valueAt(scene.narrow, filter, place) : null;
  const boxes = taps.map(({ position, tap }, i): Box => {
    const text = planes.length === 1 ? { text: shortNumber(planes[0]!.products[i]!) } : {};
    const isLargest = largest !== null && valueAt(wide, filter, position) === largest;
    return {
      key: `tap ${indexOf(tap, sizes)}`,
      place: drawnPlace(wide, position),
      size: one(wide),
      kind: isLargest ? 'cursor' : 'tap',
      ...text,
    };
  });
  return [frame, ...boxes];
}

/** The first cells of all windows, where these do not lie side by side. */
function startBoxes({ scene }: Shown): Box[] {
  const { axes } = scene.geometry;
  if (scene.stamps || axes.every(({ stride }) => stride === 1)) return [];
  const all = axes.reduce<number[][]>(
    (places, { output, stride }) =>
      places.flatMap((place) => Array.from({ length: output }, (_, o) => [...place, o * stride])),
    [[]],
  );
  return all.map((place, i) => ({ key: `start ${i}`, place, size: one(scene.wide), kind: 'start' }));
}

/** Where a cell of the wide map goes: the narrow cells, with the weight that each takes it by. */
function markBoxes({ scene, focus, filter }: Shown): Box[] {
  if (focus?.side !== 'wide' || !isInside(focus.place, scene.wide.real)) return [];
  const kernel = scene.geometry.axes.map((axis) => axis.kernel);
  return windowsOf(scene, focus.place).map(({ output, tap }, i): Box => {
    const weight =
      scene.weight?.[
        weightIndex(scene, { focus, filter }) * kernel.reduce((a, b) => a * b, 1) + indexOf(tap, kernel)
      ];
    const text = weight === undefined || scene.stamps ? {} : { text: `×${shortNumber(weight)}` };
    return { key: `mark ${i}`, place: output, size: one(scene.narrow), kind: 'mark', ...text };
  });
}

/** The number of the kernel between the pointed channel and the shown filter. */
function weightIndex(scene: Scene, { focus, filter }: { focus: Focus; filter: number }): number {
  const per = channelsIn(scene, scene.wide, 0).length;
  return filter * per + (focus.channel % per);
}

/** What is drawn over a channel of a map. */
export function boxesOf(shown: Shown, map: MapData, channel: number): Box[] {
  const { scene, focus, place } = shown;
  const isWide = map === scene.wide;
  const isFocus = focus?.side === (isWide ? 'wide' : 'narrow') && focus.channel === channel;
  const own: Box[] = isFocus
    ? [{ key: 'focus', place: drawnPlace(map, focus.place), size: one(map), kind: 'cursor' }]
    : [];
  if (!takesPart(shown, map, channel)) return own;
  if (focus?.side === 'wide') return isWide ? own : [...markBoxes(shown)];
  if (isWide) return [...startBoxes(shown), ...windowBoxes(shown)];
  return [{ key: 'cursor', place: drawnPlace(map, place), size: one(map), kind: 'cursor' }];
}
