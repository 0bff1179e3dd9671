// A training step as a graph: forward pass, loss, backward pass and the optimiser's update, recorded in one go.

import { show } from '../arguments/show.ts';
import type { Graph, GraphValue, Update } from '../backends/graph.ts';
import type { Values } from '../backends/work.ts';
import { ShapeError } from '../errors.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import type { Module } from '../nn/module.ts';
import { checkSettings, type Settings } from '../optim/method.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { OptimizerState } from '../optim/state.ts';
import { reverseWalk, withRecording } from '../tensor/graph.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { addGradients, seedOf, Tensor } from '../tensor/tensor.ts';
import {
  clipFactor,
  type Gathered,
  type Gathering,
  GatheringInputs,
  type GatheringScalars,
  meanGradient,
  names,
  onlyWhenMoving,
} from './gathering.ts';
import { dropUnread } from './passes/rewrite.ts';
import { type HostWork, Recorder } from './recorder.ts';
import { SharedStep, sumsEarly, type Team } from './sharedStep.ts';
import { record } from './trace.ts';

/** Of the network's output and what it should have been: one number. */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

/** What the targets of a training step are. */
export interface TargetSpec {
  /** `[n, …]` for the full batch. */
  readonly shape: Shape;
  /** int32 for class indices. */
  readonly dtype: 'float32' | 'int32';
}

/** What an optimiser remembers of one parameter. */
export interface ParameterMemory {
  readonly parameter: Tensor;
  /** Its place among the optimiser's parameters. */
  readonly index: number;
  readonly states: Readonly<Record<string, Float32Array>>;
  /** Gradients of the batches since the last step; null where each batch is a step. */
  readonly gathered: Float32Array | null;
}

/** Parameters that move by the same settings. */
export interface MemoryGroup {
  /** Place of the group in `optimizer.groups`. */
  readonly index: number;
  readonly members: readonly ParameterMemory[];
  /** Steps taken before those that are counted. */
  step: number;
}

/** Arrays for what the optimiser remembers, from its present state. */
export function memoryOf(optimizer: Optimizer, { accumulate }: Pick<Gathering, 'accumulate'>): MemoryGroup[] {
  const { tensors } = optimizer.stateDict();
  return optimizer.groups.map((group, index) => {
    const { states } = optimizer.method.rule(group);
    const members = group.parameters.map((parameter): ParameterMemory => {
      const place = optimizer.parameters.indexOf(parameter);
      const arrays = Object.entries(states).map(([name, { initial }]) => {
        const known = tensors[`${place}.${name}`]?.data as Float32Array | undefined;
        return [name, known?.slice() ?? new Float32Array(parameter.size).fill(initial)];
      });
      const gathered = accumulate > 1 ? new Float32Array(parameter.size) : null;
      return { parameter, index: place, states: Object.fromEntries(arrays), gathered };
    });
    const steps = members.map(({ index: place }) => tensors[`${place}.step`]?.item() ?? 0);
    if (new Set(steps).size > 1) {
      throw new ShapeError(
        `compileTraining: parameters of one group have taken ${Math.min(...steps)} to ${Math.max(...steps)} steps, but a compiled step moves them together; put them into groups of equal steps`,
      );
    }
    return { index, members, step: steps[0] ?? 0 };
  });
}

/** Fills the arrays anew from what the optimiser remembers now; nothing waits for a step any more. */
export function refill(groups: readonly MemoryGroup[], optimizer: Optimizer): void {
  const now = memoryOf(optimizer, { accumulate: 1 });
  groups.forEach((group, i) => {
    group.step = now[i].step;
    group.members.forEach(({ states, gathered }, m) => {
      for (const [name, values] of Object.entries(now[i].members[m].states)) states[name].set(values);
      gathered?.fill(0);
    });
  });
}

/** The optimiser's state dictionary for what the arrays hold after `steps` further steps. */
export function packMemory(
  optimizer: Optimizer,
  groups: readonly MemoryGroup[],
  steps: number,
): OptimizerState {
  const before = optimizer.stateDict();
  const tensors = { ...before.tensors };
  for (const { members, step } of groups) {
    if (step + steps === 0) continue;
    for (const { parameter, index, states } of members) {
      tensors[`${index}.step`] = new Tensor(Int32Array.of(step + steps), []);
      for (const [name, values] of Object.entries(states))
        tensors[`${index}.${name}`] = new Tensor(values, parameter.shape);
    }
  }
  return { ...before, tensors };
}

export interface TracedTraining {
  readonly graph: Graph;
  readonly host: HostWork;
  readonly outputShape: Shape;
  /**
   * The numbers of step `step`, one per scalar input of the graph, after x and the target.
   *
   * @param settings of each group of the optimiser
   * @param gathered of which batches the gradients are
   */
  scalarsOf(settings: readonly Settings[], step: number, gathered: Gathered): Float32Array[];
}

export interface TrainingTask {
  readonly module: Module;
  readonly input: Shape;
  /** Null for what the loss usually wants: class indices, or values like the output. */
  readonly target: TargetSpec | null;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly memory: readonly MemoryGroup[];
  readonly gathering: Gathering;
  readonly modes: Modes;
  /** How ranks train together; null for one. */
  readonly team: Team | null;
}

/** Which parts of a module are in training mode. */
export type Modes = ReadonlyMap<Module, boolean>;

export const modesOf = (module: Module): Modes =>
  new Map(module.namedModules().map(([, part]) => [part, part.training]));

const fn = 'compileTraining';

/** Arrays that outlive a step: weights, what the optimiser remembers, gathered gradients. */
const lastingOf = ({ module, optimizer, memory }: TrainingTask): Values[] => [
  ...Object.values(module.stateDict()).map((t) => t.data),
  ...optimizer.parameters.map((p) => p.data),
  ...memory.flatMap(({ members }) => members.flatMap(({ states }) => Object.values(states))),
  ...memory.flatMap(({ members }) => members.flatMap(({ gathered }) => gathered ?? [])),
];

/** What a step is recorded with. */
interface Recording {
  readonly recorder: Recorder;
  readonly x: Tensor;
  readonly gathering: GatheringInputs;
  /** Null for one rank. */
  readonly shared: SharedStep | null;
}

/** Forward, loss, backward, and the factor of the gradients if there is one. */
const recordStep = (task: TrainingTask, { recorder, x, gathering, shared }: Recording) =>
  record({ recorder, module: task.module }, () => {
    const { module } = task;
    shared?.begin();
    const output = inModes(module, task.modes, () => withRecording(true, () => module.forward(x)));
    const spec = task.target ?? usualTarget(task.loss, output);
    const target = new Tensor(recorder.input(sizeOf(spec.shape), spec.dtype), spec.shape);
    recorder.label = 'loss';
    const loss = withRecording(true, () => task.loss(output, target));
    checkLoss(loss);
    const mean = shared?.meanOf(loss) ?? loss;
    recorder.label = 'backward';
    const seed = seedOf(fn, loss, shared?.weightLike(loss));
    const walked = withRecording(false, () => reverseWalk(loss, seed, { add: addGradients }));
    recorder.label = 'optimizer';
    const gradients = shared ? sharedGradients(task, walked, { shared, gathering }) : walked;
    const factor = withRecording(false, () => factorOf(task, gradients, gathering.share));
    return { output, target, loss: mean, gradients, factor: factor?.data ?? null };
  });

/** Of each parameter that moves, what its gradients on all ranks add up to, with those that were gathered before. */
function sharedGradients(
  { memory }: TrainingTask,
  walked: ReadonlyMap<Tensor, Tensor>,
  { shared, gathering }: Required<Pick<Recording, 'gathering'>> & { readonly shared: SharedStep },
): Map<Tensor, Tensor> {
  const moves = gathering.moves?.data;
  const moving = memory.flatMap(({ members }) => members).filter(({ parameter }) => walked.has(parameter));
  return new Map(
    moving.map(({ parameter, gathered }) => {
      const gradient = walked.get(parameter) as Tensor;
      const whole = gathered ? addGradients(new Tensor(gathered, gradient.shape), gradient) : gradient;
      return [parameter, shared.sumOf(whole, moves)];
    }),
  );
}

const scalarsFor =
  ({ optimizer, memory, team }: TrainingTask, gathering: GatheringInputs): TracedTraining['scalarsOf'] =>
  (settings, step, gathered) => [
    ...gathering.numbersOf(gathered),
    ...(team ? [Float32Array.of(gathered.samples)] : []),
    ...memory.flatMap((group) => {
      const { method } = optimizer;
      checkSettings(method, settings[group.index]);
      const scalars = method.scalars(settings[group.index], group.step + step);
      return scalarNames(optimizer, group).map((name) => Float32Array.of(scalars[name]));
    }),
  ];

export function traceTraining(task: TrainingTask): TracedTraining {
  const { module, input } = task;
  const recorder = new Recorder(fn, { states: lastingOf(task) });
  const x = new Tensor(recorder.input(sizeOf(input), module.inputType), input);
  const gathering = new GatheringInputs(recorder, task.gathering);
  const shared = task.team && new SharedStep(recorder, task.team);
  const traced = recordStep(task, { recorder, x, gathering, shared });
  const value = (t: Tensor): GraphValue => recorder.valueOf(t.data);
  const own = task.memory.map((group) =>
    scalarNames(task.optimizer, group).map(() => recorder.valueOf(recorder.input(1, 'float32'))),
  );
  const factor = traced.factor && { [names.factor]: recorder.valueOf(traced.factor) };
  const walked = { recorder, gradients: traced.gradients, more: { ...gathering.scalars(), ...factor } };
  const updates = task.memory.map((group, i) => updateOf(task, { ...group, scalars: own[i] }, walked));
  const draws = recorder.host.draws.map((draw) => draw.value);
  const samples = shared ? [value(shared.samples)] : [];
  const graph: Graph = {
    nodes: sumsEarly(recorder.nodes),
    updates: updates.filter((update) => update.parameters.length > 0),
    inputs: [value(x), value(traced.target), ...gathering.values, ...samples, ...own.flat(), ...draws],
    outputs: [value(traced.loss), value(traced.output)],
  };
  return {
    graph: dropUnread(graph),
    host: recorder.host,
    outputShape: traced.output.shape,
    scalarsOf: scalarsFor(task, gathering),
  };
}

/** Runs `body` with each part in the mode that it had. */
function inModes<T>(module: Module, modes: Modes, body: () => T): T {
  const now = modesOf(module);
  const set = (wanted: Modes): void => {
    for (const [part, training] of wanted) part.training = training;
  };
  try {
    set(modes);
    return body();
  } finally {
    set(now);
  }
}

/** Losses over classes take class indices; others take what the output is. */
function usualTarget(loss: Loss, output: Tensor): TargetSpec {
  const [n, , ...space] = output.shape;
  const overClasses = /crossEntropy|nll/.test(`${loss.name} ${loss}`);
  return overClasses ? { shape: [n, ...space], dtype: 'int32' } : { shape: output.shape, dtype: 'float32' };
}

function checkLoss(loss: Tensor): void {
  if (loss instanceof Tensor && loss.size === 1) return;
  const given = loss instanceof Tensor ? `has shape ${formatShape(loss.shape)}` : `is ${show(loss)}`;
  throw new ShapeError(`${fn}: the loss ${given}; give a tensor of one element, such as a mean or a sum`);
}

const scalarNames = (optimizer: Optimizer, group: MemoryGroup): string[] =>
  Object.keys(optimizer.method.scalars(optimizer.groups[group.index], 1));

/** A recorder after the walk back. */
interface Walked {
  readonly recorder: Recorder;
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
  /** Scalars beside the optimiser's, for all groups. */
  readonly more: GatheringScalars;
}

/** A group, and the inputs that its settings are given in. */
interface ScaledGroup extends MemoryGroup {
  readonly scalars: readonly GraphValue[];
}

const movingOf = ({ members }: MemoryGroup, gradients: Walked['gradients']): ParameterMemory[] =>
  members.filter(({ parameter }) => gradients.has(parameter));

/** What clips by norm; null where nothing does. */
function factorOf(task: TrainingTask, gradients: Walked['gradients'], share: Tensor | null): Tensor | null {
  const { clipNorm } = task.gathering;
  const moving = task.memory.flatMap((group) => movingOf(group, gradients));
  if (clipNorm === null || moving.length === 0) return null;
  const parts = moving.map(({ parameter, gathered }) => {
    const before = task.team ? null : gathered;
    return { gradient: gradients.get(parameter) as Tensor, gathered: before };
  });
  return clipFactor(parts, clipNorm, share);
}

function updateOf(task: TrainingTask, group: ScaledGroup, { recorder, gradients, more }: Walked): Update {
  const { method, groups } = task.optimizer;
  const rule = method.rule(groups[group.index]);
  const moving = movingOf(group, gradients);
  const states = Object.keys(rule.states);
  const remembered = task.gathering.accumulate > 1 ? [...states, names.gathered] : states;
  const scalars = [...scalarNames(task.optimizer, group), ...Object.keys(more)];
  const order = ['parameter', 'gradient', ...scalars, ...remembered];
  const inputOf = (name: string): Expr => e.input(order.indexOf(name));
  const gradient = meanGradient(task.gathering, inputOf);
  const renamed = (expr: Expr): Expr =>
    e.substitute(expr, (i) => (method.inputs[i] === 'gradient' ? gradient : inputOf(method.inputs[i])));
  const formulas = [rule.parameter, ...states.map((name) => rule.states[name].next)].map(renamed);
  const value = (values: Values): GraphValue => recorder.valueOf(values);
  const memory = (name: string, { states: own, gathered }: ParameterMemory): Values =>
    name === names.gathered ? (gathered as Values) : own[name];
  return {
    parameters: moving.map(({ parameter }) => value(parameter.data)),
    gradients: moving.map(({ parameter }) => value((gradients.get(parameter) as Tensor).data)),
    memory: remembered.map((name) => moving.map((member) => value(memory(name, member)))),
    scalars: [...group.scalars, ...Object.values(more)],
    formulas: onlyWhenMoving(task.gathering, { formulas, states, inputOf }),
  };
}
