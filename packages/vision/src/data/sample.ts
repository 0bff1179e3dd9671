// What a data set of pictures holds: where each picture lies and what is known of it, and the sample that is made of that.

import type { Dataset, Tensor } from 'neocog';
import type { PartName, Web } from 'neocog/folders';

/** A picture with what a network should say of it. */
export interface PictureSample {
  /** `[channels, height, width]` */
  readonly image: Tensor;
  /**
   * The class, a number; for several labels a float32 Tensor with 1 for each class that holds and 0 for others; for values a float32
   * Tensor of them; beside `boxes` an int32 Tensor with the class of each.
   */
  readonly label?: number | Tensor | undefined;
  /** int32 `[height, width]`: the class of each pixel. */
  readonly mask?: Tensor | undefined;
  /** float32 `[boxes, 4]`: left, top, right and bottom in pixels, from the upper left corner of the picture. */
  readonly boxes?: Tensor | undefined;
}

/** What is known of a picture before it is read. */
export type Labels = number | readonly number[];

/** Pictures that are read when they are asked for. */
export interface PictureSet extends Dataset<PictureSample> {
  /** The path of each picture, as it was found. */
  readonly files: readonly string[];
  /** The class of each picture, or all that is said of it; of boxes the class of each. Empty where nothing is. */
  readonly labels: readonly Labels[];
}

/** Pictures to train, to validate and to test on. */
export interface PictureSets extends Readonly<Record<PartName, PictureSet>> {
  /** Names of the classes, by number. */
  readonly classes: readonly string[];
}

/** Where a picture lies: a path, or a file that a page was given. */
export type Place = string | Web<'Blob'>;

/** Boxes as their file has them. */
export interface ItemBoxes {
  /** Left, top, right, bottom, one box after the other. */
  readonly corners: readonly number[];
  readonly classes: readonly number[];
  /** Fractions of width and height, or pixels. */
  readonly unit: 'fractions' | 'pixels';
}

/** One picture of a set. Travels to workers, so it is plain. */
export interface Item {
  readonly place: Place;
  /** From the folder of the data set: decides to which part it goes. */
  readonly path: string;
  readonly label?: Labels;
  /** Where the picture of its classes lies. */
  readonly mask?: Place;
  readonly boxes?: ItemBoxes;
  /** Why it cannot be used, known before it is read. */
  readonly fault?: string;
  /** What it is for, where the data say so. */
  readonly part?: PartName;
}
