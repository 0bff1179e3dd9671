// Module: something with parameters and a forward function. Parameters, buffers and children are the properties that
// hold them, in the order in which they were set; there is nothing to register.

import { type Field, field, flag, isRecord, need, text } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { shortText, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { aTensor } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { type DType, needWhole, Tensor } from '../tensor/tensor.ts';
import type { Fits, Result, Rule } from '../types/rules.ts';
import { isWaiting, overwrite, Parameter } from './parameter.ts';

/** The state of a module: every parameter and buffer by PyTorch's key. */
export type StateDict = Record<string, Tensor>;

/** How `loadStateDict` compares keys. */
interface LoadStateDictOptions {
  /**
   * Refuse missing and unknown keys. Default true. The `num_batches_tracked` of normalisations, which weights from before
   * PyTorch 0.4.1 and from other frameworks lack, may always be missing.
   */
  strict?: boolean | undefined;
}

/** `runningMean` → `running_mean`: keys are PyTorch's, properties are named as JavaScript does. */
const stateKey = (property: string): string => property.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Parts that stay in evaluation mode. */
const frozen = new WeakSet<Module>();

/** Holds a part in evaluation mode, or lets it go into the mode that those around it are in. */
export function setFrozen(part: Module, isFrozen: boolean, training: boolean): void {
  if (isFrozen) frozen.add(part);
  else frozen.delete(part);
  part.training = training && !isFrozen;
}

/** Base of all layers and networks. */
export abstract class Module {
  /** The rule of shapes; exists in types only. */
  declare readonly shapes: Rule;

  /** Dropout and batch normalisation behave differently while training. */
  training = true;

  /** What the module computes of an input. How the shapes go together, each class says. */
  abstract forward(x: Tensor): Tensor;

  /** The type of what `forward` takes: a network that begins with an embedding takes numbers of words. */
  get inputType(): DType {
    return 'float32';
  }

  /** Direct parts, by name. */
  children(): [name: string, child: Module][] {
    const found: [string, Module][] = [];
    for (const name of Object.keys(this)) {
      const part: unknown = this[name as keyof this];
      if (part instanceof Module) found.push([name, part]);
    }
    return found;
  }

  /** Puts another module in the place of a direct part. @throws ShapeError where there is no part of this name. */
  replaceChild(name: string, part: Module): void {
    need('replaceChild', 'name', name, text);
    need(
      'replaceChild',
      'part',
      part,
      field('a Module', (v) => v instanceof Module),
    );
    if (Reflect.get(this, name) instanceof Module && Reflect.set(this, name, part)) return;
    const names = this.children().map(([known]) => known);
    throw new ShapeError(
      `replaceChild: ${this.constructor.name} has no part '${shortText(name)}' that can be replaced; its parts are ${shortText(names.join(', ')) || 'none'}`,
    );
  }

  /** Tensors of this module itself, without its children's, by property. */
  protected ownTensors(): [property: string, t: Tensor][] {
    return Object.entries(this).filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor);
  }

  /** Called before values are loaded, with the prefix of this module's keys: a layer without shapes takes them from there. */
  protected takeShapes(_state: StateDict, _prefix: string): void {}

  /** Properties that a state dict may lack; they then keep their values. */
  protected mayLack(): readonly string[] {
    return [];
  }

  /** Every parameter and buffer with its key: own ones first, then each child's, as PyTorch orders them. */
  #allTensors(): [key: string, t: Tensor][] {
    return this.namedModules().flatMap(([path, part]) =>
      part.ownTensors().map(([property, t]): [string, Tensor] => [keyOf(path, property), t]),
    );
  }

  #needlessKeys(): Set<string> {
    const all = this.namedModules();
    return new Set(all.flatMap(([path, part]) => part.mayLack().map((property) => keyOf(path, property))));
  }

  /** Every parameter with its key, such as `conv1.weight`. One that stands at several places comes once, with its first key. */
  namedParameters(): [key: string, parameter: Parameter][] {
    const keys = new Map<Parameter, string>();
    for (const [key, tensor] of this.#allTensors())
      if (tensor instanceof Parameter && !keys.has(tensor)) keys.set(tensor, key);
    return [...keys].map(([parameter, key]) => [key, parameter]);
  }

  /** Every parameter once, in the order of `namedParameters`: what an optimiser takes. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** This module and everything below it, by path; its own path is ''. */
  namedModules(prefix = ''): [path: string, module: Module][] {
    need('namedModules', 'prefix', prefix, text);
    return visitsOf(this, prefix).map(({ path, module }) => [path, module]);
  }

  /** Parameters and buffers by key. The tensors are the module's own, not copies. */
  stateDict(): StateDict {
    return Object.fromEntries(this.#allTensors());
  }

  /**
   * Copies values into the parameters and buffers. No value is changed unless everything fits.
   *
   * @throws ShapeError naming the keys that are missing, unknown, or of another shape.
   */
  loadStateDict(state: StateDict, options: LoadStateDictOptions = {}): void {
    need('loadStateDict', 'state', state, stateField);
    needOptions('loadStateDict', options, loadFields);
    for (const [path, module] of this.namedModules()) module.takeShapes(state, path && `${path}.`);
    const own = this.#allTensors();
    const known = new Set(own.map(([key]) => key));
    const needless = this.#needlessKeys();
    const missing = own.map(([key]) => key).filter((key) => !Object.hasOwn(state, key) && !needless.has(key));
    const unknown = Object.keys(state).filter((key) => !known.has(key));
    if ((options.strict ?? true) && missing.length + unknown.length > 0) {
      throw new ShapeError(
        `loadStateDict: ${listKeys('missing', missing)}; ${listKeys('unknown', unknown)}; pass { strict: false } to load what fits`,
      );
    }
    const pairs = own.filter(([key]) => Object.hasOwn(state, key));
    for (const [key, t] of pairs) checkFits(key, t, state[key]);
    for (const [key, t] of pairs) overwrite(t, state[key].data);
  }

  /** Training mode for this module and all below it but what is frozen; see `freeze`. */
  train(on = true): this {
    need('train', 'on', on, flag);
    for (const [, module] of this.namedModules()) module.training = on && !frozen.has(module);
    return this;
  }

  /** Evaluation mode: no dropout, batch normalisation by running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Evaluation mode until the returned function is called, which puts every part into the mode that it was in. */
  evalForNow(): () => void {
    const modes = this.namedModules().map(([, part]) => [part, part.training] as const);
    for (const [part] of modes) part.training = false;
    return () => {
      for (const [part, training] of modes) part.training = training;
    };
  }

  /** Sets the gradients of all parameters to none. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** The layer's options as text, for listings. */
  describe(): string {
    return '';
  }

  /** The module as a tree, a line each. */
  toString(): string {
    const lines = visitsOf(this, '').map(({ name, module, depth }) => {
      const line = `${module.constructor.name}(${module.describe()})`;
      return (depth > 0 ? `${name}: ${line}` : line).replace(/^/gm, '  '.repeat(depth));
    });
    return lines.join('\n');
  }
}

/** A module whose output shape follows from its input shape by a rule, which editors show and check. */
export abstract class Layer<R extends Rule> extends Module {
  declare readonly shapes: R;

  /** What the layer does, whatever the shapes. */
  protected abstract run(x: Tensor): Tensor;

  forward<X extends Shape>(x: Tensor<X> & Fits<R, X>): Tensor<Result<R, X>> {
    // The rule says in types what `run` does.
    return this.run(x) as Tensor<Result<R, X>>;
  }
}

/** A module on the walk through all parts of one. */
interface Visit {
  readonly name: string;
  readonly path: string;
  readonly module: Module;
  readonly above: Visit | null;
  readonly depth: number;
}

/** A module and all below it, each before its parts. Iterative, so that what is nested too deep can be refused by name. */
function visitsOf(module: Module, prefix: string): Visit[] {
  const visits: Visit[] = [];
  const waiting: Visit[] = [{ name: '', path: prefix, module, above: null, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const above = next;
    if (above.depth > deepest) refuseDepth(above);
    visits.push(above);
    for (const [name, part] of above.module.children().toReversed()) {
      const path = above.path ? `${above.path}.${name}` : name;
      waiting.push({ name, path, module: part, above, depth: above.depth + 1 });
    }
  }
  return visits;
}

/** Calls go as deep as modules are nested, and engines allow some thousand calls. */
const deepest = 256;

function refuseDepth(visit: Visit): never {
  for (let above = visit.above; above; above = above.above) {
    if (above.module !== visit.module) continue;
    throw new ShapeError(
      `${visit.module.constructor.name}: the module holds itself, at ${show(visit.path)}; remove it there`,
    );
  }
  throw new ShapeError(
    `${visit.module.constructor.name}: modules are nested more than ${deepest} deep; put them side by side in one Sequential`,
  );
}

const stateField: Field<StateDict> = field(
  'an object of Tensors by key, such as the result of stateDict()',
  isRecord,
);
const loadFields = { strict: flag };

const keyOf = (path: string, property: string): string =>
  path ? `${path}.${stateKey(property)}` : stateKey(property);

const listKeys = (what: string, keys: readonly string[]): string => {
  const shown = keys.slice(0, 5).join(', ');
  return `${keys.length} ${what}${keys.length > 0 ? ` (${shown}${keys.length > 5 ? ', …' : ''})` : ''}`;
};

function checkFits(key: string, own: Tensor, given: Tensor): void {
  need('loadStateDict', show(key), given, aTensor);
  if (!isWaiting(own)) needWhole('loadStateDict', key, own);
  needWhole('loadStateDict', `the given ${key}`, given);
  if (!sameShape(own.shape, given.shape)) {
    throw new ShapeError(
      `loadStateDict: ${key} has shape ${formatShape(given.shape)}, but the module needs ${formatShape(own.shape)}; was it saved from another network?`,
    );
  }
  if (own.dtype !== given.dtype) {
    throw new ShapeError(`loadStateDict: ${key} is ${given.dtype}, but the module needs ${own.dtype}`);
  }
}
