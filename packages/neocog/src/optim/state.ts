// The state of an optimiser as data: settings, which JSON keeps exactly, and tensors under PyTorch's names, which fit into
// any file of tensors.

import { field, isListOf, isRecord, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { StateDict } from '../nn/index.ts';
import { aTensor } from '../tensor/fields.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type ParameterGroup, statedOf } from './groups.ts';
import { checkSettings, type Method, type Settings, type Stated } from './method.ts';

/** What is known of one parameter: how many steps it took, and its states by name. */
export interface Memory {
  readonly step: number;
  readonly states: Readonly<Record<string, Float32Array>>;
}

/** All that an optimiser remembers, for `loadStateDict`: settings that JSON can hold, and tensors. */
export interface OptimizerState {
  /** The settings that were stated for the whole optimiser; the others are its defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The settings that each group states for itself. */
  readonly groups: readonly Readonly<Record<string, unknown>>[];
  /** `3.step` (int32) and states such as `3.exp_avg`, of the parameter at place 3. */
  readonly tensors: StateDict;
}

const settings = field<Readonly<Record<string, unknown>>>('an object of settings', isRecord);
const stateFields: Fields<OptimizerState> = {
  options: required(settings),
  groups: required(field('a list of objects of settings', (v) => isListOf(v, isRecord))),
  tensors: required(field('an object of Tensors by key', isRecord)),
};

/** The settings as they are, and what is known of the parameters that took steps. */
export function packState(
  settings: { readonly options: object; readonly groups: readonly object[] },
  parameters: readonly Tensor[],
  memory: ReadonlyMap<Tensor, Memory>,
): OptimizerState {
  const tensors: StateDict = {};
  parameters.forEach((parameter, i) => {
    const known = memory.get(parameter);
    if (!known) return;
    tensors[`${i}.step`] = new Tensor(Int32Array.of(known.step), []);
    for (const [name, values] of Object.entries(known.states)) {
      tensors[`${i}.${name}`] = new Tensor(values.slice(), parameter.shape);
    }
  });
  return { ...settings, tensors } as OptimizerState;
}

interface Unpacked<S> {
  readonly options: Partial<S>;
  readonly groups: readonly Partial<S>[];
  readonly memory: ReadonlyMap<Tensor, Memory>;
}

/** Checks a state against an optimiser and takes it apart, with copies of all values. */
export function unpackState<S extends Settings>(
  method: Method<S>,
  groups: readonly ParameterGroup<S>[],
  state: OptimizerState,
): Unpacked<S> {
  needOptions(method.name, state, stateFields, 'state');
  if (state.groups.length !== groups.length) {
    throw new ShapeError(
      `${method.name}: the state has ${state.groups.length} parameter groups, the optimiser ${groups.length}; make it with the same groups`,
    );
  }
  const options = statedOf(method, state.options as Stated<S>);
  const own = state.groups.map((group) => statedOf(method, group as Stated<S>));
  const settings = own.map((group): S => ({ ...method.defaults, ...options, ...group }));
  settings.forEach((each) => checkSettings(method, each));
  const owners = groups.flatMap(({ parameters }, i) =>
    parameters.map((parameter) => ({ parameter, known: Object.keys(method.rule(settings[i]).states) })),
  );
  const memory = new Map<Tensor, Memory>();
  owners.forEach(({ parameter, known }, i) => {
    const found = memoryOf(method.name, { place: i, parameter, known }, state.tensors);
    if (found) memory.set(parameter, found);
  });
  refuseStrangers(
    method.name,
    owners.map(({ known }) => known),
    state.tensors,
  );
  return { options, groups: own, memory };
}

/** A parameter at its place among all, and the names of the states that it has. */
interface Owner {
  readonly place: number;
  readonly parameter: Tensor;
  readonly known: readonly string[];
}

/** What tensors say of a parameter; null if it never took a step. */
function memoryOf(fn: string, { place, parameter, known }: Owner, tensors: StateDict): Memory | null {
  const step = tensors[`${place}.step`];
  if (step === undefined) return null;
  need(fn, `${place}.step`, step, aTensor);
  const states = known.map((name) => {
    const t = tensors[`${place}.${name}`];
    if (!(t instanceof Tensor) || t.dtype !== 'float32' || !sameShape(t.shape, parameter.shape)) {
      const what = t === undefined ? 'is missing' : `is ${show(t)}`;
      throw new ShapeError(
        `${fn}: state ${place}.${name} ${what}, the parameter needs float32 ${formatShape(parameter.shape)}; was it saved for another network?`,
      );
    }
    return [name, Float32Array.from(t.data)];
  });
  return { step: step.item(), states: Object.fromEntries(states) };
}

function refuseStrangers(fn: string, names: readonly (readonly string[])[], tensors: StateDict): void {
  const known = new Set(names.flatMap((own, i) => [...own, 'step'].map((name) => `${i}.${name}`)));
  const stranger = Object.keys(tensors).find((key) => !known.has(key));
  if (stranger === undefined) return;
  throw new ShapeError(
    `${fn}: state ${stranger} belongs to no parameter of this optimiser, which has ${names.length}; was it saved by another method or network?`,
  );
}
