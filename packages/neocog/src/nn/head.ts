// Transfer: the head of a network, which is its last layer with weights, replaced for other classes; what comes into it; and
// weights of a network with another head.

import { count, field, isRecord, need, text } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { shortText } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { sameShape } from '../tensor/shape.ts';
import { type DType, Tensor } from '../tensor/tensor.ts';
import { LogSoftmax, Softmax } from './activations.ts';
import { Sequential } from './containers.ts';
import { Conv1d, Conv2d, Conv3d } from './conv.ts';
import { Linear } from './layers.ts';
import { Module, type StateDict } from './module.ts';
import { aModule } from './parts.ts';

type Head = Linear | Conv1d | Conv2d | Conv3d;

const isHead = (part: Module): part is Head =>
  part instanceof Linear || part instanceof Conv1d || part instanceof Conv2d || part instanceof Conv3d;

/** Which layer is the head. */
export interface HeadOptions {
  /** Path of the head, such as `'classifier.6'`. Default: the last linear or convolution layer. */
  path?: string | undefined;
}

const fields: Fields<HeadOptions> = { path: text };

/** A head, and all parts that come after it. */
interface Found {
  readonly path: string;
  readonly head: Head;
  readonly after: readonly (readonly [path: string, part: Module])[];
}

function findHead(fn: string, module: Module, { path }: HeadOptions): Found {
  need(fn, 'module', module, aModule);
  const parts = module.namedModules();
  const at =
    path === undefined
      ? parts.findLastIndex(([, part]) => isHead(part))
      : parts.findIndex(([p]) => p === path);
  const [found, head] = parts[at] ?? [];
  if (found !== undefined && found !== '' && head && isHead(head))
    return { path: found, head, after: parts.slice(at + 1) };
  const there = parts.flatMap(([p, part]) => (isHead(part) ? [p] : [])).slice(-3);
  const shown = there.length > 0 ? `, such as ${there.join(', ')}` : '';
  throw new ShapeError(
    path === undefined
      ? `${fn}: the module has no linear or convolution layer as a part; put it into a Sequential with one`
      : `${fn}: '${shortText(path)}' is no linear or convolution layer of the module; name one by its path${shown}`,
  );
}

/**
 * Puts a fresh layer for other classes in the place of a network's head: its last linear or convolution layer, with the same inputs,
 * kernel and options. Works for `models` and for networks that were read from files. What turned scores into probabilities after it
 * is taken out, since losses such as `crossEntropy` want the scores.
 *
 * @returns the new head, whose parameters are an optimiser's to begin with.
 * @throws ShapeError where there is no such layer, or weights for the old classes come after it.
 * @example
 * const net = await loadPretrained('resnet18');
 * const head = replaceHead(net, 5);
 * nn.freeze(net, (key) => !key.startsWith('fc.'));
 * const optimizer = new optim.AdamW(head.parameters(), { lr: 1e-3 });
 */
export function replaceHead(module: Module, classes: number, options: HeadOptions = {}): Module {
  need('replaceHead', 'classes', classes, count);
  needOptions('replaceHead', options, fields);
  const { path, head, after } = findHead('replaceHead', module, options);
  const shifts = after.filter(([, part]) => isShiftOf(head, part));
  const known = new Set([head, ...shifts.map(([, part]) => part)].flatMap((part) => part.parameters()));
  const others = after.filter(([, part]) => part.parameters().some((parameter) => !known.has(parameter)));
  if (others.length > 0) {
    throw new ShapeError(
      `replaceHead: after ${path} come weights for its ${outputsOf(head)} outputs, of ${others[0][0]}; name the head by its path`,
    );
  }
  const next = freshHead(head, classes, head.bias !== null || shifts.length > 0);
  next.training = head.training;
  put(module, head, next);
  for (const [, part] of [
    ...shifts,
    ...after.filter(([, p]) => p instanceof Softmax || p instanceof LogSoftmax),
  ])
    put(module, part, new Sequential().train(part.training));
  return next;
}

const outputsOf = ({ weight }: Head): number => weight.shape[0];

/** A step of an imported network that adds the bias which its product lacks. */
function isShiftOf(head: Head, part: Module): boolean {
  const own = part.parameters();
  return head.bias === null && !isHead(part) && own.length === 1 && own[0].size === outputsOf(head);
}

function freshHead(head: Head, classes: number, bias: boolean): Module {
  const { shape } = head.weight;
  if (head instanceof Linear) return new Linear(shape[1], classes, { bias });
  const options = { ...head.options, bias };
  const inChannels = shape[1] * (head.options.groups ?? 1);
  const kernel = shape.slice(2);
  if (head instanceof Conv1d) return new Conv1d(inChannels, classes, kernel, options);
  return head instanceof Conv2d
    ? new Conv2d(inChannels, classes, kernel, options)
    : new Conv3d(inChannels, classes, kernel, options);
}

/** Wherever a part stands. */
function put(module: Module, part: Module, next: Module): void {
  for (const [, parent] of module.namedModules())
    for (const [name, child] of parent.children()) if (child === part) parent.replaceChild(name, next);
}

/** What leaves a forward pass when its head is reached. No error, so that nobody on the way takes it for one. */
class Reached {
  readonly x: Tensor;

  constructor(x: Tensor) {
    this.x = x;
  }
}

/** A network up to its head. */
class Features extends Module {
  readonly network: Module;
  readonly #head: Module;

  constructor(network: Module, head: Module) {
    super();
    this.network = network;
    this.#head = head;
  }

  override get inputType(): DType {
    return this.network.inputType;
  }

  forward(x: Tensor): Tensor {
    const head: { forward?: unknown } = this.#head;
    const before = Object.getOwnPropertyDescriptor(head, 'forward');
    head.forward = (input: Tensor): never => {
      throw new Reached(input);
    };
    try {
      this.network.forward(x);
    } catch (reached) {
      if (reached instanceof Reached) return reached.x;
      throw reached;
    } finally {
      if (before) Object.defineProperty(head, 'forward', before);
      else delete head.forward;
    }
    throw new ShapeError('featuresOf: the network does not run its head; name the head by its path');
  }
}

/**
 * A network up to its head, on the same weights: what it gives is what comes into the head. Compiles as any module.
 *
 * @throws ShapeError where there is no such layer.
 * @example const program = await compile(featuresOf(net), { input: [32, 3, 224, 224] });
 */
export function featuresOf(module: Module, options: HeadOptions = {}): Module {
  needOptions('featuresOf', options, fields);
  return new Features(module, findHead('featuresOf', module, options).head);
}

/** The head of a network: its last linear or convolution layer. @throws ShapeError where there is none */
export function headOf(module: Module, options: HeadOptions = {}): Module {
  needOptions('headOf', options, fields);
  return findHead('headOf', module, options).head;
}

/** What `loadBackbone` did. */
export interface LoadedBackbone {
  /** Keys whose values were taken. */
  readonly loaded: string[];
  /** Keys of the head, whose values were left out since they are of another shape. */
  readonly left: string[];
}

const aState = field<StateDict>('an object of Tensors by key, as stateDict() gives it', isRecord);

/**
 * Loads weights of the same network for other classes: all but those of the head where they are of another shape, which keeps its
 * own. Says which those are.
 *
 * @throws ShapeError for weights that are missing, unknown, or of another shape anywhere else; nothing is changed then.
 * @example
 * const { left } = loadBackbone(models.resnet18({ classes: 5 }), await loadTorch('resnet18-f37072fd.pth'));
 * console.log(left); // ['fc.weight', 'fc.bias']
 */
export function loadBackbone(module: Module, state: StateDict, options: HeadOptions = {}): LoadedBackbone {
  needOptions('loadBackbone', options, fields);
  need('loadBackbone', 'state', state, aState);
  const { path } = findHead('loadBackbone', module, options);
  const own = module.stateDict();
  const inHead = Object.keys(own).filter((key) => key.startsWith(`${path}.`));
  const differs = (key: string): boolean =>
    state[key] instanceof Tensor &&
    state[key].rank === own[key].rank &&
    !sameShape(state[key].shape, own[key].shape);
  const left = inHead.some(differs) ? inHead.filter((key) => Object.hasOwn(state, key)) : [];
  const kept = Object.fromEntries(left.map((key) => [key, own[key]]));
  try {
    module.loadStateDict({ ...state, ...kept });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(error.message.replace(/^loadStateDict/, 'loadBackbone'), { cause: error });
  }
  return { loaded: Object.keys(own).filter((key) => Object.hasOwn(state, key) && !left.includes(key)), left };
}
