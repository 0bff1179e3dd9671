// Parts of a network that training leaves as they are: their parameters have no gradients, and they stay in evaluation mode, so
// that batch normalisation keeps its statistics and dropout is off, whatever `train()` says of the network around them.

import { type Field, field, need } from '../arguments/field.ts';
import { shortText } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { type Module, setFrozen } from './module.ts';
import { Parameter } from './parameter.ts';
import { aModule } from './parts.ts';

/**
 * Which parts: those whose keys begin with a path, such as `'layer1'`, or with one of several; or those whose keys, such as
 * `'layer1.0.conv1.weight'`, a function says yes to.
 */
export type FreezeFilter = string | readonly string[] | ((key: string) => boolean);

const aFilter: Field<FreezeFilter> = field(
  "a path such as 'layer1', a list of paths, or a function of keys",
  (v) =>
    typeof v === 'string' ||
    typeof v === 'function' ||
    (Array.isArray(v) && Array.from(v).every((path) => typeof path === 'string')),
);

/**
 * Freezes parameters, and each part of which every parameter is frozen, with its running statistics. Eager and compiled training leave them alone;
 * a step that was compiled before does not know of it, and an optimiser is to be made of the parameters that are left:
 * `module.parameters().filter((p) => p.requiresGrad)`.
 *
 * @param filter which; everything unless given.
 * @returns how many parameters are frozen now.
 * @throws ShapeError if a path or a function names nothing of the module.
 * @example
 * nn.freeze(net, (key) => !key.startsWith('fc.'));
 * const optimizer = new optim.AdamW(net.parameters().filter((p) => p.requiresGrad));
 */
export function freeze(module: Module, filter: FreezeFilter = () => true): number {
  return change({ fn: 'freeze', module, filter }, true);
}

/**
 * The opposite of `freeze`: parameters have gradients again, and parts follow `train()` again; those of a network that is in
 * training mode are at once.
 *
 * @param filter which; everything unless given.
 * @returns how many parameters are frozen still.
 * @throws ShapeError if a path or a function names nothing of the module.
 */
export function unfreeze(module: Module, filter: FreezeFilter = () => true): number {
  return change({ fn: 'unfreeze', module, filter }, false);
}

interface Change {
  readonly fn: string;
  readonly module: Module;
  readonly filter: FreezeFilter;
}

function change({ fn, module, filter }: Change, freezes: boolean): number {
  need(fn, 'module', module, aModule);
  need(fn, 'filter', filter, aFilter);
  const state = module.stateDict();
  const chosen = chosenKeys(fn, Object.keys(state), filter);
  for (const key of chosen) {
    const tensor = state[key];
    if (!(tensor instanceof Parameter)) continue;
    tensor.requiresGrad = !freezes;
    if (freezes) tensor.grad = null;
  }
  settleParts(module, chosen, freezes);
  return module.parameters().filter(({ requiresGrad }) => !requiresGrad).length;
}

/** @throws ShapeError where nothing is named */
function chosenKeys(fn: string, keys: readonly string[], filter: FreezeFilter): Set<string> {
  const refuse = (what: string): never => {
    const shown = `${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', …' : ''}`;
    throw new ShapeError(
      `${fn}: ${what} no key of the module; name one of its parts (${shown || 'it has none'})`,
    );
  };
  if (typeof filter === 'function') {
    const chosen = keys.filter((key) => filter(key));
    return chosen.length > 0 ? new Set(chosen) : refuse('the filter chooses');
  }
  const paths = typeof filter === 'string' ? [filter] : filter;
  for (const path of paths) if (!keys.some((key) => isIn(key, path))) refuse(`'${shortText(path)}' begins`);
  return new Set(keys.filter((key) => paths.some((path) => isIn(key, path))));
}

const isIn = (key: string, path: string): boolean =>
  path === '' || key === path || key.startsWith(`${path}.`);

/**
 * A part goes with its parameters; one that has none with its buffers, and one that has neither with the nearest part around it.
 */
function settleParts(module: Module, chosen: ReadonlySet<string>, freezes: boolean): void {
  const state = Object.entries(module.stateDict());
  const decided = new Map<string, boolean>();
  for (const [path, part] of module.namedModules()) {
    const below = state.filter(([key]) => isIn(key, path));
    const parameters = below.filter(([, t]) => t instanceof Parameter);
    const own = (parameters.length > 0 ? parameters : below).map(([key]) => key);
    const around = decided.get(path.slice(0, Math.max(0, path.lastIndexOf('.')))) ?? false;
    const isWhole = own.length > 0 ? own.every((key) => chosen.has(key)) : around;
    decided.set(path, isWhole);
    if (isWhole || (!freezes && own.some((key) => chosen.has(key))))
      setFrozen(part, freezes, module.training);
  }
}
