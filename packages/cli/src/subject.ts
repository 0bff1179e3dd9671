// What a command works on: a file of any format, the network in it or the one that its weights belong to, and the shapes
// of that network's inputs.

import { type LoadedFile, loadFile } from '@neocog/formats';
import { InvalidArgumentError } from 'commander';
import { nn, summary, type Tensor, zeros } from 'neocog';
import { CommandError } from './files.ts';
import { findNetwork, type Model, needAxes, needModel } from './networks.ts';
import { sizes } from './options.ts';
import { withWeights } from './weights.ts';

export interface SubjectOptions {
  /** The network of the library that weights belong to. */
  readonly model?: string;
  /** Of a file of PyTorch: the key that the weights lie within. */
  readonly within?: string;
}

export interface Subject {
  readonly file: LoadedFile;
  /** Null for weights that say nothing of their network. */
  readonly network: nn.NamedModule | null;
}

/** Opens a file; weights are put into the network that they belong to. */
export async function openSubject(path: string, options: SubjectOptions): Promise<Subject> {
  const file = await loadFile(path, { within: options.within });
  return { file, network: networkOf(file, options) };
}

/** The network in a file, or the one of the library that its weights belong to, with them. */
export function networkOf(file: LoadedFile, { model }: SubjectOptions): nn.NamedModule | null {
  if (file.network) return file.network;
  const known = model === undefined ? ownNetwork(file) : needModel(model);
  if (!known) return null;
  const { module, input } = withWeights(known, file.tensors);
  return new OneInput(module.eval(), input);
}

/** What `networkOf` found at a path. @throws CommandError for weights of which nobody says whose they are */
export function needNetwork(path: string, network: nn.NamedModule | null): nn.NamedModule {
  if (network) return network;
  throw new CommandError(
    `${path} holds weights, but does not say for which network; name one of the library with --model`,
  );
}

/** What `neocog train` notes beside the weights. */
const ownNetwork = ({ metadata }: LoadedFile): Model | null =>
  metadata.architecture === undefined ? null : needModel(findNetwork(metadata.architecture).name);

/** A module of the library as a network with one input and one output, its batch and its image's sizes open. */
class OneInput extends nn.NamedModule {
  readonly inputs: readonly nn.NamedValue[];
  readonly outputs: readonly nn.NamedValue[];
  readonly #module: nn.Module;

  constructor(module: nn.Module, input: readonly number[]) {
    super();
    this.inputs = [{ name: 'input', shape: ['n', ...input.slice(1)], dtype: 'float32' }];
    const [, ...sizes] = summary(module, input).layers.at(-1)?.outputShape ?? [];
    this.outputs = [{ name: 'output', shape: ['n', ...sizes], dtype: 'float32' }];
    this.#module = module;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#module.children();
  }

  run({ input }: nn.NamedTensors): Record<string, Tensor> {
    return { output: this.#module.forward(input) };
  }
}

export interface InputShape {
  /** Null for the first input. */
  readonly name: string | null;
  readonly shape: readonly number[];
}

/** Collects `--input 1x3x224x224` and `--input mask=1x1x224x224`. */
export function inputShape(text: string, before: readonly InputShape[] = []): InputShape[] {
  const [, name = null, shape] = /^(?:([^=]+)=)?([^=]*)$/.exec(text) ?? [];
  if (shape === undefined) throw new InvalidArgumentError('Needed are sizes, or a name, = and sizes');
  return [...before, { name, shape: sizes(shape) }];
}

/** What was given for the input of this name, the `index`-th. */
export const shapeFor = (
  name: string,
  index: number,
  given: readonly InputShape[],
): readonly number[] | undefined =>
  given.find((each) => each.name === name || (each.name === null && index === 0))?.shape;

/** A concrete shape for every input, or the axes that are still open. An open first axis, the batch, becomes 1. */
export function resolveShapes(
  inputs: readonly nn.NamedValue[],
  given: readonly InputShape[],
): { shapes: Record<string, readonly number[]>; open: string[] } {
  const shapes: Record<string, readonly number[]> = {};
  const open: string[] = [];
  for (const [i, { name, shape }] of inputs.entries()) {
    const wanted = shapeFor(name, i, given);
    const isOpen = shape[0] === '…';
    if (wanted && shape.length > 0 && !isOpen) needAxes(`the input ${name}`, wanted, shape);
    const sizes =
      wanted ?? shape.map((size, axis) => (typeof size === 'string' && axis === 0 && !isOpen ? 1 : size));
    if (sizes.every((size) => typeof size === 'number')) shapes[name] = sizes;
    else open.push(`${name} [${shape.join(', ')}]`);
  }
  const unknown = given.find(({ name }) => name !== null && !inputs.some((input) => input.name === name));
  if (unknown) {
    throw new CommandError(
      `the network has no input ${unknown.name}; it has ${inputs.map(({ name }) => name).join(', ')}`,
    );
  }
  return { shapes, open };
}

/** Zeros for every input but those given. */
export const fillInputs = (
  inputs: readonly nn.NamedValue[],
  shapes: Readonly<Record<string, readonly number[]>>,
  given: nn.NamedTensors = {},
): Record<string, Tensor> =>
  Object.fromEntries(inputs.map(({ name, dtype }) => [name, given[name] ?? zeros(shapes[name], { dtype })]));

/** A network seen through its first input, the others zeros, as `summary` needs it. */
export class FirstInput extends nn.Module {
  readonly #network: nn.NamedModule;
  readonly #others: nn.NamedTensors;

  constructor(network: nn.NamedModule, shapes: Readonly<Record<string, readonly number[]>>) {
    super();
    this.#network = network;
    this.#others = fillInputs(network.inputs, shapes);
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#network.children();
  }

  forward(x: Tensor): Tensor {
    const { inputs, outputs } = this.#network;
    return this.#network.run({ ...this.#others, [inputs[0].name]: x })[outputs[0].name];
  }
}
