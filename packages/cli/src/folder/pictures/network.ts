// The network that is to learn: the small one of this command, one of the library, or one from a file, whose last layer is
// replaced by one for the classes at hand.

import { loadFile } from '@neocog/formats';
import { init, loadBackbone, models, nn, permute, replaceHead, type Tensor } from 'neocog';
import { CommandError } from '../../files.ts';
import { dashed, findModel, type Model, modelNames } from '../../networks.ts';
import { findImageInput, type ImageInput } from '../../run/pixels.ts';
import { openFile } from '../networkFile.ts';
import { type FolderSettings, smallName } from '../settings.ts';
import type { Input } from './data.ts';
import { pictureNet } from './pictureNet.ts';

/** A network before it knows how many classes there are. */
export interface Chosen {
  readonly title: string;
  readonly input: Input;
  /** Takes pictures `[n, channels, h, w]`, and was trained for something else; null for a network that knows nothing yet. */
  readonly known: nn.Module | null;
  /** Whether it takes one picture at a time; null for any number. */
  readonly batch: 1 | null;
  /** Logits `[n, classes]` of pictures. What is known stays, but for the last layer of other classes. */
  build(classes: readonly string[]): nn.Module;
}

type Wanted = Pick<FolderSettings, 'network' | 'weights' | 'size'>;

/** Sides of pictures: what a network from scratch can learn from in a minute, and what pre-trained ones have seen. */
const [usualSize, pretrainedSize] = [96, 224];

/** Of ImageNet's pictures, which the published weights of torchvision's networks were trained on. */
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export const squareOf = (side: number): [number, number] => [side, side];

/** @throws CommandError if there is no such network, or it takes no pictures */
export async function chooseNetwork(wanted: Wanted): Promise<Chosen> {
  const { network, weights, size } = wanted;
  const model = network === smallName ? undefined : findModel(network);
  if (weights !== null && !model) {
    throw new CommandError(
      `--weights are for a network of the library, and --network is ${network}; name one of: ${classifiers().join(', ')}`,
    );
  }
  if (model) return ofLibrary(model, wanted);
  if (network !== smallName) return fromFile(network, size);
  const input: Input = { size: squareOf(size ?? usualSize), channels: 3, fit: 'cover' };
  return {
    title: 'A small network',
    input,
    known: null,
    batch: null,
    build: ({ length }) => pictureNet(3, length),
  };
}

/** The library's networks that tell pictures apart. */
export const classifiers = (): string[] =>
  modelNames.filter((name) => isClassifier(models.inputShapes[name])).map(dashed);

const isClassifier = ([, channels, ...sizes]: readonly number[]): boolean =>
  channels === 3 && sizes.length === 2 && sizes[0] === 224;

async function ofLibrary({ name, input, build }: Model, { weights, size }: Wanted): Promise<Chosen> {
  if (!isClassifier(input)) {
    throw new CommandError(
      `--network ${dashed(name)} does not tell pictures apart; choose one of: ${[smallName, ...classifiers()].join(', ')}`,
    );
  }
  const pretrained = weights === null ? null : await withWeightsOf(weights, build);
  return {
    title: name,
    input: {
      size: squareOf(size ?? (pretrained ? pretrainedSize : usualSize)),
      channels: 3,
      fit: 'cover',
      ...(pretrained ? imageNet : {}),
    },
    known: pretrained,
    batch: null,
    build: ({ length }) => (pretrained ? withHead(pretrained, length) : build({ classes: length })),
  };
}

/** A fresh last layer. */
export function withHead(module: nn.Module, classes: number): nn.Module {
  replaceHead(module, classes);
  return module;
}

/** Weights for other classes than ImageNet's are taken as they are, but for the last layer. */
async function withWeightsOf(path: string, build: Model['build']): Promise<nn.Module> {
  const module = init.skip(() => build());
  loadBackbone(module, (await loadFile(path)).tensors);
  return module;
}

async function fromFile(path: string, size: number | null): Promise<Chosen> {
  const { network, recipe } = await openFile(path, [smallName, ...classifiers()]);
  const image = findImageInput(network.inputs);
  const known = pictureFirst(network, image);
  const own = recipe?.task === 'classify' ? recipe.recipe : null;
  const { mean, std, fit } = own ?? { mean: noShift(image), std: noScale(image), fit: 'cover' as const };
  return {
    title: path,
    input: { size: sizeOf(path, image, size), channels: image.colours, fit, mean, std },
    known,
    batch: batchOf(path, image.value.shape),
    build: (classes) => (String(own?.classes) === String(classes) ? known : withHead(known, classes.length)),
  };
}

/** Values from 0 to 1, as `neocog run` hands them to a network that says nothing of its input. */
export const noShift = ({ colours }: ImageInput): number[] => new Array(colours).fill(0);
export const noScale = ({ colours }: ImageInput): number[] => new Array(colours).fill(1);

/** Of the first axis. @throws CommandError for more than one */
export function batchOf(path: string, [batch]: readonly (number | string)[]): 1 | null {
  if (batch === 1) return 1;
  if (typeof batch !== 'number') return null;
  throw new CommandError(`${path} takes ${batch} samples at a time; save it with an open first axis`);
}

export function sizeOf(path: string, { width, height }: ImageInput, wanted: number | null): [number, number] {
  if (width === null || height === null) return squareOf(wanted ?? pretrainedSize);
  if (wanted === null || (wanted === width && wanted === height)) return [height, width];
  throw new CommandError(`${path} takes pictures of ${width}×${height}; leave --size out`);
}

/** The network as it is, or behind a change of axes: pictures are channels first here. */
const pictureFirst = (network: nn.NamedModule, { layout }: ImageInput): nn.Module =>
  layout === 'channels-first' ? network : new PictureFirst(network);

class PictureFirst extends nn.Module {
  readonly network: nn.Module;

  constructor(network: nn.Module) {
    super();
    this.network = network;
  }

  forward(x: Tensor): Tensor {
    return this.network.forward(permute(x, [0, 2, 3, 1]));
  }
}
