// The networks that can be named: those that are trained here, which a weights file names too, and all of the library.

import { models, type nn } from 'neocog';
import { CommandError } from './files.ts';
import { askForNear, findName } from './names.ts';

export interface NetworkInfo {
  readonly name: string;
  readonly title: string;
  /** Shape of one input as a batch of one: `[1, channels, height, width]`. */
  readonly input: readonly number[];
  readonly build: () => nn.Sequential;
}

export const lenet5: NetworkInfo = {
  name: 'lenet5',
  title: 'LeNet-5',
  input: [1, 1, 28, 28],
  build: () => models.lenet5(),
};

const networks: readonly NetworkInfo[] = [lenet5];

/** The network of this name. @throws CommandError if there is none. */
export function findNetwork(name: string): NetworkInfo {
  const found = networks.find((network) => network.name === name);
  if (found) return found;
  const known = networks.map((network) => network.name).join(', ');
  throw new CommandError(`there is no network ${name}; choose one of: ${known}`);
}

/** What can follow from weights: each only for the networks that have it. */
export interface Sizes {
  readonly classes?: number;
  readonly inChannels?: number;
  readonly hidden?: number;
}

/** A network of the library as it is with its default options. */
export interface Model {
  readonly name: string;
  /** The input that it was made for, as a batch of one. */
  readonly input: readonly number[];
  readonly build: (sizes?: Sizes) => nn.Module;
}

export const modelNames = Object.keys(models.inputShapes) as models.ModelName[];

/** `mobilenetV2` → `mobilenet-v2` */
export const dashed = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The library's network of this name, however it is spelled; undefined if there is none. */
export function findModel(text: string): Model | undefined {
  const name = findName(modelNames, text);
  // Each network takes options of its own; it refuses those that it does not have.
  const build = name && (models[name] as (sizes?: Sizes) => nn.Module);
  return name && build && { name, input: models.inputShapes[name], build };
}

/** The network of the library that must be meant. @throws CommandError if there is none. */
export function needModel(text: string): Model {
  const model = findModel(text);
  if (model) return model;
  throw new CommandError(
    `there is no network ${text}${askForNear(modelNames, text) || ';'} choose one of: ${modelNames.join(', ')}`,
  );
}

/**
 * The shape as it is, if it has an entry for each axis of what the network takes. @throws CommandError with the shape that may
 * be meant
 */
export function needAxes(
  what: string,
  shape: readonly number[],
  wanted: readonly unknown[],
): readonly number[] {
  if (shape.length === wanted.length) return shape;
  const remedy =
    shape.length === wanted.length - 1
      ? `the batch comes first, such as ${['1', ...shape].join('x')}`
      : `pass ${wanted.length} sizes, such as ${wanted.map((size) => (typeof size === 'number' ? size : 1)).join('x')}`;
  throw new CommandError(
    `--input ${shape.join('x')} has ${shape.length} sizes, but ${what} takes ${wanted.length}; ${remedy}`,
  );
}
