// The networks that can be named: those that are trained here, which a weights file names too, and all of the library.

import { models, type nn } from 'neocog';
import { CommandError } from './files.ts';

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

/** A network of the library as it is with its default options. */
export interface Model {
  readonly name: string;
  /** The input that it was made for, as a batch of one. */
  readonly input: readonly number[];
  readonly build: () => nn.Module;
}

export const modelNames = Object.keys(models.inputShapes) as models.ModelName[];

/** `mobilenetV2` → `mobilenet-v2` */
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The library's network of this name, as exported or with dashes; undefined if there is none. */
export function findModel(text: string): Model | undefined {
  const name = modelNames.find((each) => text === each || text === dashed(each));
  return name && { name, input: models.inputShapes[name], build: models[name] };
}
