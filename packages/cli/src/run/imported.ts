// A network from a file on one picture, or on arrays of NumPy: what goes in, what comes out, and where that is written.

import { loadFile, saveNpy, saveNpz } from '@neocog/formats';
import { type nn, noGrad, type Tensor } from 'neocog';
import { CommandError, writeWhole } from '../files.ts';
import { checkFormat, encodePicture, formatOf } from '../filter/picture.ts';
import { readImage } from '../image.ts';
import { statisticsOf } from '../inspect/statistics.ts';
import { fillInputs, type InputShape, resolveShapes, shapeFor } from '../subject.ts';
import { type Answer, describeAnswers, describeOutputs, rank, readLabels, sharesOf } from './answers.ts';
import type { PictureWords } from './pictureWords.ts';
import { findImageInput, type ImageLayout, type PixelRule, toPixels, toTensor } from './pixels.ts';

export interface RunWords extends PictureWords {
  readonly output?: string;
  readonly top: number;
  readonly json?: boolean;
}

type Outputs = Readonly<Record<string, Tensor>>;

/** Runs the network once, and gives what is to be printed. */
export async function runImported(network: nn.NamedModule, path: string, words: RunWords): Promise<string> {
  const { feeds, layout } = await readFeeds(network, path, words);
  network.eval();
  const outputs = noGrad(() => network.run(feeds));
  if (words.output !== undefined) await writeOutputs(words.output, outputs, { layout, rule: words });
  return words.json
    ? `${JSON.stringify(await reportOf(outputs, words), null, 2)}\n`
    : describe(outputs, words);
}

interface Feeds {
  readonly feeds: Record<string, Tensor>;
  readonly layout: ImageLayout;
}

/** What goes into a network of a picture, or of arrays of NumPy. */
export async function readFeeds(network: nn.NamedModule, path: string, words: PictureWords): Promise<Feeds> {
  const { input: shapes = [], layout } = words;
  if (/\.np[yz]$/i.test(path)) {
    const feeds = complete(network, await readArrays(network, path), shapes);
    return { feeds, layout: layout ?? 'channels-first' };
  }
  const sized = network.inputs.map((value, i) => ({
    ...value,
    shape: shapeFor(value.name, i, shapes) ?? value.shape,
  }));
  const input = findImageInput(sized, layout);
  const { fit = false, crop = false, invert = false } = words;
  const size = { width: input.width, height: input.height };
  const pixels = await readImage(path, input.colours, { ...size, fit, crop, invert });
  const image = toTensor(pixels, input, words);
  return { feeds: complete(network, { [input.value.name]: image }, shapes), layout: input.layout };
}

/** Arrays by the names of inputs; a single array is the first input. */
async function readArrays(network: nn.NamedModule, path: string): Promise<Record<string, Tensor>> {
  const { format, tensors } = await loadFile(path);
  return format === 'npy' ? { [network.inputs[0].name]: tensors.array } : tensors;
}

/** Inputs that are not given are zeros, where their shapes are known. */
function complete(
  network: nn.NamedModule,
  given: Outputs,
  shapes: readonly InputShape[],
): Record<string, Tensor> {
  const missing = network.inputs.filter(({ name }) => !(name in given));
  const { shapes: known, open } = resolveShapes(
    missing,
    shapes.filter(({ name }) => name !== null),
  );
  if (open.length > 0) {
    throw new CommandError(
      `the network also takes ${open.join(' and ')}; pass all inputs as a .npz file, or sizes with --input for zeros`,
    );
  }
  return { ...given, ...fillInputs(missing, known) };
}

const pictureSuffix = /\.(png|jpe?g|webp)$/i;

async function writeOutputs(
  path: string,
  outputs: Outputs,
  { layout, rule }: { layout: ImageLayout; rule: PixelRule },
): Promise<void> {
  const [first] = Object.values(outputs);
  if (/\.npz$/i.test(path)) return writeWhole(path, saveNpz(outputs));
  if (/\.npy$/i.test(path)) return writeWhole(path, saveNpy(first));
  if (!pictureSuffix.test(path)) {
    throw new CommandError(`cannot write ${path}: name a .png, .jpg, .webp, .npz or .npy file`);
  }
  const found = Object.values(outputs).map((output) => toPixels(output, layout, rule));
  const picture = found.find((pixels) => pixels !== undefined);
  if (picture === undefined) {
    const list = Object.entries(outputs).map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
    throw new CommandError(`no output is an image (${list.join(', ')}); write them all as a .npz file`);
  }
  const format = formatOf(path);
  const whole = { ...picture, alpha: false };
  checkFormat(whole, format);
  await writeWhole(path, await encodePicture(whole, format));
}

/** What `--json` prints. */
async function reportOf(outputs: Outputs, words: RunWords): Promise<unknown> {
  return {
    outputs: Object.entries(outputs).map(([name, t]) => ({
      name,
      shape: t.shape,
      dtype: t.dtype,
      ...statisticsOf([t]),
    })),
    classes: await answersOf(outputs, words),
  };
}

/** The classes of the first output, or null where it is none. */
async function answersOf(outputs: Outputs, { labels }: RunWords): Promise<Answer[] | null> {
  const shares = sharesOf(Object.values(outputs)[0]);
  if (shares === undefined) return null;
  const names = labels === undefined ? Array.from(shares, (_, i) => `class ${i}`) : await readLabels(labels);
  if (names.length !== shares.length) {
    throw new CommandError(
      `${labels} has ${names.length} names for ${shares.length} classes; pass another file`,
    );
  }
  return rank(names, shares);
}

async function describe(outputs: Outputs, words: RunWords): Promise<string> {
  const answers = await answersOf(outputs, words);
  if (answers !== null) return describeAnswers(answers.slice(0, words.top));
  return `${describeOutputs(outputs)}\n`;
}
