// What a written page knows beside its network. Types alone: a reader of the options needs no library of a page.

/** What the page knows of answers. */
export interface AnswerFacts {
  readonly labels: readonly string[];
  /** Shares of classes, classes of pixels, or any values. */
  readonly kind: 'classes' | 'masks' | 'values';
  /** Red, green and blue of each class of pixels; the first is not drawn. */
  readonly colours: readonly (readonly number[])[];
}

/** How a picture of other proportions becomes an input. */
export type PageFit = 'cover' | 'contain' | 'stretch';

/** What the page knows beside the network. */
export interface PageFacts extends AnswerFacts {
  /** The network sees (pixel − mean) / std for pixels from 0 to 255, a number for each channel or for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly fit: PageFit;
  /** Samples a second of a network that hears; null for another. */
  readonly sampleRate: number | null;
}
