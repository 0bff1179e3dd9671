// What the worker tells the page, and what the page asks: plain data.

import type { Maps } from '../../../work/maps.ts';
import type { PixelData } from '../../../work/pictures.ts';
import type { Recipe } from '../recipe.ts';

/** Where pictures to learn from come from. */
export type DataOrigin =
  | { readonly kind: 'digits' | 'garments'; readonly sheet: Blob }
  | { readonly kind: 'drawings'; readonly classes: readonly DrawnClass[] }
  | {
      readonly kind: 'folders';
      readonly files: readonly { readonly path: string; readonly file: File }[];
      readonly side: number;
      readonly grey: boolean;
    };

export type DataKind = DataOrigin['kind'];

export interface DrawnClass {
  readonly name: string;
  /** Squares of grey bytes. */
  readonly pictures: readonly Uint8Array[];
}

export interface DataFacts {
  readonly kind: DataKind;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly side: number;
  /** Pictures to learn from, of each class. */
  readonly counts: readonly number[];
  /** Pictures that are never learnt from. */
  readonly held: number;
  /** Files that could not be read, by their paths. */
  readonly broken: readonly string[];
  /** Files that are no pictures. */
  readonly passedOver: number;
}

/** What a network was, without its weights: in a file, in a link, in the worker. */
export interface Description {
  readonly recipe: Recipe;
  readonly data: DataKind;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly side: number;
  /** How pixels from 0 to 1 are normalised, for each channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How far a run has come. */
export interface Progress {
  /** Passes over the pictures, with the part of the one that is going on. */
  readonly passes: number;
  /** Since the last report: of each batch. */
  readonly losses: readonly number[];
  /** Shares of right answers. */
  readonly accuracies: readonly number[];
  /** Batches of a pass. */
  readonly batches: number;
  readonly seen: Seen;
}

/** A pass that is over. */
export interface Pass {
  readonly pass: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly seconds: number;
  /** Null where no pictures are held out. */
  readonly held: Held | null;
}

export interface Held {
  readonly loss: number;
  readonly accuracy: number;
  /** `confusion[is][said]` */
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
  readonly wrong: number;
}

/** A picture that was held out, and taken for something else. */
export interface Mistake {
  readonly index: number;
  readonly is: number;
  readonly said: number;
  /** The share of what was said. */
  readonly share: number;
}

export type Told = { readonly progress: Progress } | { readonly pass: Pass };

/** What is looked at while the network learns. */
export interface Watching {
  /** A picture of those held out, or of the others where none are. */
  readonly picture: number;
  /** The layer whose maps are shown; of null the first. */
  readonly layer: string | null;
  /** What was drawn, a square of grey bytes; null for nothing. */
  readonly drawn: Uint8Array | null;
}

export interface Seen {
  /** Of the first convolution, one after the other; null for a network without. */
  readonly kernels: Maps | null;
  /** Channels of a kernel. */
  readonly depth: number;
  readonly layer: string | null;
  readonly maps: Maps | null;
  /** Of the chosen picture, a share for each class. */
  readonly shares: readonly number[] | null;
  /** Of what was drawn. */
  readonly drawn: readonly number[] | null;
}

/** A network that is ready. */
export interface NetFacts {
  readonly description: Description;
  /** Layers that give maps, by their names. */
  readonly layers: readonly string[];
  readonly parameters: number;
  /** Whole passes that it has learnt. */
  readonly passes: number;
  /** Passes of a run that is not known any more: the network came in a link, or as weights alone. */
  readonly before: number;
  readonly history: readonly Pass[];
  readonly losses: readonly number[];
  readonly seen: Seen;
}

/** A network as text for a link, or why it is none. */
export type LinkFacts =
  | {
      readonly text: string;
      /** Of a weight. */
      readonly bits: number;
      /** Share of right answers with weights so rounded; null where no pictures are held out. */
      readonly accuracy: number | null;
    }
  | { readonly tooLong: number };

/** Pictures one below the other. */
export interface Tiles {
  readonly pictures: readonly PixelData[];
  /** The class of each. */
  readonly labels: readonly number[];
}
