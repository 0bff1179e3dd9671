// What esModule and singlePage are told beside the program: checked, and as what the page knows.

import type { PackedProgram } from 'neocog';
import { ShapeError, UnsupportedError } from 'neocog';
import { needText, readOptions } from '../options.ts';
import { shown } from '../shown.ts';
import type { PageFacts } from './page-facts.ts';
import type { WeightStorage } from './stored.ts';

/** What pixels become before the network sees them, in units of 0 to 255: one number for all channels, or one each. */
interface PixelScale {
  /** Subtracted first. */
  readonly mean: readonly number[];
  /** Divides what is left. */
  readonly std: readonly number[];
  /** How a picture of other proportions becomes the input: its middle, all of it on black, or out of proportion. Default `cover`. */
  readonly fit?: 'cover' | 'contain' | 'stretch' | undefined;
}

/** What a network's input is of a sound. */
interface SoundScale {
  /** Samples a second, in Hz. */
  readonly sampleRate: number;
}

/** What a network's output says. */
interface Answer {
  /** `classes`: scores, which the page shows as shares of 1; `masks`: scores of each pixel, drawn over the picture. */
  readonly kind: 'classes' | 'masks';
  /** Of masks: red, green and blue from 0 to 255 of each class; the first is not drawn. */
  readonly colours?: readonly (readonly [number, number, number])[] | undefined;
}

/** How `esModule` writes a network, and what its page shows. */
export interface EsModuleOptions {
  /** What the network is called in the README, on the page and as a package. Default `network`. */
  name?: string | undefined;
  /**
   * How weights of convolutions and linear layers are stored; they become float32 when they are loaded. int8 has a scale for
   * each output channel. Default `float32`.
   */
  weights?: WeightStorage | undefined;
  /**
   * Of `esModule`: the weights as JavaScript (base64, a third larger) instead of a file beside it, for bundlers that lose a file
   * named by `new URL('weights.bin', import.meta.url)`. Default false.
   */
  embed?: boolean | undefined;
  /** For the page: what the values of the output stand for. Default none. */
  labels?: readonly string[] | undefined;
  /** For the page: the network sees (pixel − mean) / std for pixels from 0 to 255, a number for all channels or for each. Default: the visitor of the page chooses. */
  pixels?: PixelScale | undefined;
  /** For the page: the input is the middle of a sound, all channels as one. Default: it is none. */
  sound?: SoundScale | undefined;
  /** For the page: what the output says. Default: values, shown as they are. */
  answer?: Answer | undefined;
}

/** Refuses what is no program, and what a page cannot show. @throws UnsupportedError for an unknown storage of weights */
export function checkOptions(fn: string, program: PackedProgram, options: EsModuleOptions): void {
  const { weights = 'float32', embed = false } = readOptions(fn, options, [
    ...['name', 'weights', 'embed', 'labels', 'pixels', 'sound', 'answer'],
  ] as const);
  if (!['float32', 'float16', 'int8'].includes(weights)) {
    throw new UnsupportedError(`${fn}: weights is ${shown(weights)}; give 'float32', 'float16' or 'int8'`);
  }
  if (typeof embed !== 'boolean') throw new ShapeError(`${fn}: embed is ${shown(embed)}; give true or false`);
  needText(fn, 'name', options.name === undefined ? 'network' : options.name);
  if (!Array.isArray(Object(program).constants) || !Array.isArray(Object(program).inputs))
    throw new ShapeError(`${fn}: program is ${shown(program)}; give the result of pack(…)`);
  checkPage(fn, options);
}

function checkPage(fn: string, { labels = [], pixels, sound, answer }: EsModuleOptions): void {
  if (!isList(labels, 'string'))
    throw new ShapeError(`${fn}: labels is ${shown(labels)}; give a list of strings`);
  if (pixels !== undefined && !isScale(pixels))
    throw new ShapeError(
      `${fn}: pixels is ${shown(pixels)}; give an object { mean, std } of lists of numbers, and as fit 'cover', 'contain' or 'stretch'`,
    );
  if (sound !== undefined && !(Object(sound).sampleRate > 0))
    throw new ShapeError(`${fn}: sound is ${shown(sound)}; give an object { sampleRate } in Hz`);
  if (answer !== undefined && !isAnswer(answer))
    throw new ShapeError(
      `${fn}: answer is ${shown(answer)}; give an object { kind } of 'classes' or 'masks', and as colours lists of 3 numbers`,
    );
}

const isList = (list: unknown, type: string): boolean =>
  Array.isArray(list) && Array.from(list).every((item) => typeof item === type);

function isScale(given: unknown): boolean {
  const { mean, std, fit = 'cover' } = Object(given) as Record<string, unknown>;
  return (
    isList(mean, 'number') && isList(std, 'number') && ['cover', 'contain', 'stretch'].includes(String(fit))
  );
}

function isAnswer(given: unknown): boolean {
  const { kind, colours = [] } = Object(given) as Record<string, unknown>;
  const areColours =
    Array.isArray(colours) && colours.every((each) => isList(each, 'number') && each.length === 3);
  return ['classes', 'masks'].includes(String(kind)) && areColours;
}

/** What the page knows beside the network. */
export const pageFacts = ({ labels = [], pixels, sound, answer }: EsModuleOptions): PageFacts => ({
  labels,
  ...{ mean: pixels?.mean ?? [0], std: pixels?.std ?? [255], fit: pixels?.fit ?? 'cover' },
  sampleRate: sound?.sampleRate ?? null,
  ...{ kind: answer?.kind ?? 'values', colours: answer?.colours ?? [] },
});
