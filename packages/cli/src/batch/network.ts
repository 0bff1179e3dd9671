// A network that answers one picture after the other, whichever way it was made: of neocog train FOLDER, or of any file with an input that
// can be a picture. Its answers are data, and the same for the same bytes of picture, network and options.

import { createHash } from 'node:crypto';
import { loadFile } from '@neocog/formats';
import { readImage as readPicture } from '@neocog/vision';
import { compile, FormatError, type nn, reshape, ShapeError, type Tensor } from 'neocog';
import { CommandError, readWhole } from '../files.ts';
import { maskOf, scoresIn, sharesOf as sharesOfMask } from '../folder/masks/trained.ts';
import { answersOf } from '../folder/pictures/trained.ts';
import { decodeImage, encodePng } from '../image.ts';
import {
  type MaskRecipe,
  type PictureRecipe,
  type PixelRecipe,
  readFolderRecipe,
  readingOf,
} from '../recipe.ts';
import { type Answer, rank, readLabels, sharesOf } from '../run/answers.ts';
import type { PictureWords } from '../run/pictureWords.ts';
import { findImageInput, toPixels, toTensor } from '../run/pixels.ts';
import {
  FirstInput,
  needNetwork,
  networkOf,
  resolveShapes,
  type SubjectOptions,
  shapeFor,
} from '../subject.ts';
import { version } from '../version.ts';

/** What decides the answers beside the network and the picture. */
export interface NetworkWords extends PictureWords, SubjectOptions {
  /** Whether what the network draws is wanted as pictures. */
  readonly pictures?: boolean;
}

/**
 * What is said of a picture: all its classes, the likeliest first, and of a network that draws masks those that cover most; or the values of
 * the network's first output. Where pictures are wanted, `picture` is the mask, or the output as a picture: the bytes of a PNG in base64.
 */
export type Said =
  | { readonly classes: readonly Answer[]; readonly picture?: string }
  | { readonly picture: string }
  | { readonly shape: readonly number[]; readonly values: readonly number[] };

/** What is known of a picture; `broken` says why nothing was computed. */
export type Known = Said | { readonly broken: string };

export interface AnsweringNetwork {
  answer(name: string, picture: Uint8Array): Promise<Known>;
  /** Frees the threads. */
  dispose(): void;
}

/** What a network takes, and what becomes of its output. */
interface Reading {
  readonly module: nn.Module;
  readonly input: readonly number[];
  read(name: string, picture: Uint8Array): Promise<Tensor>;
  say(output: Tensor, picture: Uint8Array): Said | Promise<Said>;
}

/** Names answers: those of the same network with the same options, by the same version, are the same. */
export async function hashNetwork(path: string, words: NetworkWords): Promise<string> {
  const hash = createHash('sha256').update(await readWhole('the network', path));
  if (words.labels !== undefined) hash.update(await readWhole('the labels', words.labels));
  return hash.update(JSON.stringify([version, words])).digest('hex');
}

/** @throws CommandError for a network that takes no picture */
export async function openNetwork(
  path: string,
  words: NetworkWords,
  threads: number,
): Promise<AnsweringNetwork> {
  const { module, input, read, say } = await readingFor(path, words);
  const program = await compile(module.eval(), { input, threads });
  let last: Promise<unknown> = Promise.resolve();
  return {
    async answer(name, picture) {
      const x = await read(name, picture).catch(whyBroken);
      if ('broken' in x) return x;
      // One after the other: a program has one memory.
      const output = last.then(() => program.run(x));
      last = output.catch(() => {});
      return say(await output, picture);
    },
    dispose: () => program.dispose(),
  };
}

/** What is wrong with a picture. */
function whyBroken(error: unknown): { readonly broken: string } {
  if (error instanceof FormatError || error instanceof CommandError) return { broken: error.message };
  throw error;
}

async function readingFor(path: string, words: NetworkWords): Promise<Reading> {
  const file = await loadFile(path, { within: words.within });
  if (file.metadata.architecture !== undefined) {
    throw new CommandError(
      `${path} holds weights of a known data set, which neocog run takes; pass a network of neocog train FOLDER, or of another format`,
    );
  }
  const known = readFolderRecipe(path, file.metadata);
  if (known?.task === 'sound')
    throw new CommandError(`${path} is for --task ${known.task}; neocog batch is for pictures`);
  if (words.pictures && known?.task === 'classify') throw drawsNone(path);
  if (file.network && known?.task === 'segment') return maskReading(file.network, known.recipe, words);
  if (file.network && known?.task === 'classify') return trainedReading(file.network, known.recipe);
  return importedReading(path, needNetwork(path, networkOf(file, words)), words);
}

function maskReading(module: nn.Module, recipe: MaskRecipe, { pictures = false }: NetworkWords): Reading {
  const { classes, channels, size } = recipe;
  const input = [1, channels, ...size];
  return {
    ...{ module, input, read: readingBy(recipe) },
    async say(output, picture) {
      const scores = scoresIn(output);
      const shares = { classes: sharesOfMask(scores, classes) };
      if (!pictures) return shares;
      return { ...shares, picture: inBase64(await maskOf(picture, scores, recipe)) };
    },
  };
}

const readingBy =
  (recipe: PixelRecipe) =>
  async (_: string, picture: Uint8Array): Promise<Tensor> => {
    const image = await readPicture(picture, { ...readingOf(recipe), frame: 0 });
    return reshape(image, [1, ...image.shape]);
  };

function trainedReading(module: nn.Module, recipe: PictureRecipe): Reading {
  const { classes, channels, size } = recipe;
  const input = [1, channels, ...size];
  return {
    ...{ module, input },
    read: readingBy(recipe),
    say: (output) => ({ classes: answersOf(classes, output) }),
  };
}

async function importedReading(path: string, network: nn.NamedModule, words: NetworkWords): Promise<Reading> {
  const { input: given = [], layout, fit = false, crop = false, invert = false } = words;
  const sized = network.inputs.map((value, i) => ({
    ...value,
    shape: shapeFor(value.name, i, given) ?? value.shape,
  }));
  const image = findImageInput(sized, layout);
  const { shapes, open } = resolveShapes(network.inputs, given);
  if (open.length > 0 || image.value.name !== network.inputs[0]?.name)
    throw new CommandError(
      `the network takes ${open.join(' and ') || 'a picture after other inputs'}; give sizes with --input`,
    );
  const names = words.labels === undefined ? null : await readLabels(words.labels);
  const { width, height, colours } = image;
  return {
    module: new FirstInput(network, shapes),
    input: shapes[image.value.name] as readonly number[],
    read: async (name, picture) =>
      toTensor(await decodeImage(name, picture, { colours, width, height, fit, crop, invert }), image, words),
    async say(output) {
      if (!words.pictures) return sayOf(output, names);
      const pixels = toPixels(output, image.layout, words);
      if (!pixels) throw drawsNone(path);
      return { picture: inBase64(await encodePng(pixels.pixels, pixels.width, pixels.height)) };
    },
  };
}

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const drawsNone = (path: string): CommandError =>
  new CommandError(`${path} draws neither masks nor pictures; name a .jsonl, .csv or .npz file with -o`);

function sayOf(output: Tensor, names: readonly string[] | null): Said {
  const shares = names && sharesOf(output);
  if (!shares) return { shape: output.shape.slice(1), values: [...output.data] };
  if (names.length === shares.length) return { classes: rank(names, shares) };
  throw new ShapeError(
    `neocog batch: --labels has ${names.length} names for ${shares.length} classes; pass another file`,
  );
}
