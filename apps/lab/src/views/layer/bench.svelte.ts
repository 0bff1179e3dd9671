// The state of the bench: settings, the layer that they make, what is pointed at, and the step that is shown.

import { motion } from '../../shell/motion.svelte.ts';
import { readQuery } from '../../shell/query.ts';
import { type Layer, readLayer } from './layer.ts';
import { indexOf, placeOf } from './samples.ts';
import { product, type Scene, sceneOf } from './scene.ts';
import { fields, type LayerSettings, type Way, wayOf, waysOf } from './settings.ts';
import { tileCounts, tileRefusal } from './tiles.ts';
import { computeValues, type Values } from './values.ts';
import { problemText } from './words.ts';

/** A cell that is pointed at or walked to. */
export interface Focus {
  readonly side: 'wide' | 'narrow';
  readonly channel: number;
  /** A place of the geometry. */
  readonly place: readonly number[];
}

interface Reading {
  readonly layer: Layer;
  readonly values: Values;
  /** What does not fit together, in the library's words; the layer is the last one that did. */
  readonly problem: string | null;
}

interface Seeing {
  readonly scene: Scene;
  readonly problem: string | null;
}

/** Cells that a page draws without trouble. */
const mostCells = 5000;

function checkDrawable({ arithmetic }: Layer): void {
  const count = (shape: readonly number[]): number => product(shape);
  const cells = count(arithmetic.inputShape) + count(arithmetic.outputShape);
  if (cells <= mostCells) return;
  throw new Error(
    `${cells} cells are more than can be drawn here; choose a smaller input, stride or fewer channels`,
  );
}

export class Bench {
  readonly settings: LayerSettings;
  #pointed: { readonly focus: Focus; readonly scene: Scene } | null = $state.raw(null);
  /** The step while it moves. */
  #clock = $state(0);
  #last: Reading | null = null;

  /** What the layer depends on, as text: steps and ways of seeing do not make it anew. */
  readonly #key: string = $derived.by(() => {
    const { at: _at, filter: _filter, shift: _shift, see: _see, ...rest } = this.settings;
    return JSON.stringify(rest);
  });
  readonly #reading: Reading = $derived.by(() => this.#read(this.#key));
  readonly #way: Way = $derived.by(() => wayOf(this.settings));
  readonly #seeing: Seeing = $derived.by(() => this.#see(this.#reading, this.#way));
  /** Sizes of what the steps walk through: cells of the narrow map, or tiles. */
  readonly steps: readonly number[] = $derived.by(() =>
    this.tiled ? tileCounts(this.layer) : this.scene.narrow.real,
  );
  readonly count: number = $derived.by(() => product(this.steps));

  constructor(settings: LayerSettings) {
    this.settings = settings;
    if (motion.reduced && settings.at < 0) settings.at = 0;
  }

  get layer(): Layer {
    return this.#reading.layer;
  }

  get values(): Values {
    return this.#reading.values;
  }

  /** Why the settings make no layer; null if they make one. */
  get problem(): string | null {
    return this.#reading.problem;
  }

  get scene(): Scene {
    return this.#seeing.scene;
  }

  /** Why the layer cannot be seen in the chosen way. */
  get unseen(): string | null {
    return this.#seeing.problem;
  }

  /** The way in which the layer is seen. */
  get way(): Way {
    return this.#way;
  }

  set way(way: Way) {
    this.settings.see = way;
    this.position = 0;
  }

  /** Whether Winograd's tiles are drawn. */
  get tiled(): boolean {
    return this.way === 'tiles' && this.unseen === null;
  }

  /** What is pointed at in the scene that is drawn. */
  get focus(): Focus | null {
    const pointed = this.#pointed;
    return pointed?.scene === this.scene ? pointed.focus : null;
  }

  set focus(focus: Focus | null) {
    this.#pointed = focus && { focus, scene: this.scene };
  }

  get ways(): readonly Way[] {
    return waysOf(this.settings);
  }

  get playing(): boolean {
    return this.settings.at < 0;
  }

  set playing(playing: boolean) {
    if (playing === this.playing) return;
    const now = this.position;
    if (playing) this.#clock = now;
    this.settings.at = playing ? -1 : now;
  }

  /** The step, of `count`. */
  get position(): number {
    return Math.min(this.playing ? this.#clock : this.settings.at, this.count - 1);
  }

  set position(position: number) {
    if (this.playing) this.#clock = position;
    else this.settings.at = position;
  }

  /** The narrow cell that is shown: pointed at, or the step's. */
  get place(): readonly number[] {
    const { focus } = this;
    return focus?.side === 'narrow' ? focus.place : placeOf(this.position, this.steps);
  }

  /** The output channel whose kernel is shown: that of the cell that is pointed at, or the chosen one. */
  get filter(): number {
    const { focus, scene } = this;
    const map = focus && scene[focus.side];
    if (map?.role === 'output' && focus) return focus.channel;
    return Math.min(this.settings.filter, this.layer.arithmetic.outputShape[1]! - 1);
  }

  /** Stays at a cell. */
  stop(place: readonly number[]): void {
    this.settings.at = indexOf(place, this.steps);
  }

  #read(key: string): Reading {
    const settings: LayerSettings = { ...JSON.parse(key), at: -1, filter: 0, shift: [0], see: 'slide' };
    try {
      const layer = readLayer(settings);
      checkDrawable(layer);
      this.#last = { layer, values: computeValues(layer), problem: null };
      return this.#last;
    } catch (error) {
      return { ...(this.#last ?? plain()), problem: problemText(error) };
    }
  }

  #see({ layer, values }: Reading, way: Way): Seeing {
    const usual = waysOf(layer.settings)[0]!;
    try {
      const isKnown = waysOf(layer.settings).includes(way);
      const problem = way === 'tiles' ? tileRefusal(layer) : null;
      return { scene: sceneOf(layer, values, isKnown ? way : usual), problem };
    } catch (error) {
      return { scene: sceneOf(layer, values, usual), problem: problemText(error) };
    }
  }
}

/** The layer of the defaults, for an address that never made one. */
function plain(): Omit<Reading, 'problem'> {
  const layer = readLayer(readQuery(fields, new URLSearchParams()));
  return { layer, values: computeValues(layer) };
}
