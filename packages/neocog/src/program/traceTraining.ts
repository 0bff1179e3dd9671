// A training step as a graph: forward pass, loss, backward pass and the optimiser's update, recorded in one go.

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
import { dropUnread } from './passes/rewrite.ts';
import { type HostWork, Recorder } from './recorder.ts';
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
}

/** Parameters that move by the same settings. */
export interface MemoryGroup {
  /** Place of the group in `optimizer.groups`. */
  readonly index: number;
  readonly members: readonly ParameterMemory[];
  /** Steps taken before. */
  readonly step: number;
}

/** Arrays for what the optimiser remembers, from its present state. */
export function memoryOf(optimizer: Optimizer): MemoryGroup[] {
  const { tensors } = optimizer.stateDict();
  return optimizer.groups.map((group, index) => {
    const { states } = optimizer.method.rule(group);
    const members = group.parameters.map((parameter): ParameterMemory => {
      const place = optimizer.parameters.indexOf(parameter);
      const arrays = Object.entries(states).map(([name, { initial }]) => {
        const known = tensors[`${place}.${name}`]?.data as Float32Array | undefined;
        return [name, known?.slice() ?? new Float32Array(parameter.size).fill(initial)];
      });
      return { parameter, index: place, states: Object.fromEntries(arrays) };
    });
    const steps = members.map(({ index: place }) => tensors[`${place}.step`]?.item() ?? 0);
    if (new Set(steps).size > 1) {
      throw new ShapeError(
        `compileTraining: parameters of one group have taken ${Math.min(...steps)} to ${Math.max(...steps)} steps, a compiled step moves all together; put them into groups of equal steps`,
      );
    }
    return { index, members, step: steps[0] ?? 0 };
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
   */
  scalarsOf(settings: readonly Settings[], step: number): Float32Array[];
}

export interface TrainingTask {
  readonly module: Module;
  readonly input: Shape;
  /** Null for what the loss usually wants: class indices, or values like the output. */
  readonly target: TargetSpec | null;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly memory: readonly MemoryGroup[];
  readonly modes: Modes;
}

/** Which parts of a module are in training mode. */
export type Modes = ReadonlyMap<Module, boolean>;

export const modesOf = (module: Module): Modes =>
  new Map(module.namedModules().map(([, part]) => [part, part.training]));

const fn = 'compileTraining';

export function traceTraining(task: TrainingTask): TracedTraining {
  const { module, input } = task;
  const lasting = [
    ...Object.values(module.stateDict()).map((t) => t.data),
    ...task.optimizer.parameters.map((p) => p.data),
    ...task.memory.flatMap(({ members }) => members.flatMap(({ states }) => Object.values(states))),
  ];
  const recorder = new Recorder(fn, lasting);
  const x = new Tensor(recorder.input(sizeOf(input), module.inputType), input);
  const traced = record({ recorder, module }, () => {
    const output = inModes(module, task.modes, () => withRecording(true, () => module.forward(x)));
    const spec = task.target ?? usualTarget(task.loss, output);
    const target = new Tensor(recorder.input(sizeOf(spec.shape), spec.dtype), spec.shape);
    recorder.label = 'loss';
    const loss = withRecording(true, () => task.loss(output, target));
    checkLoss(loss);
    recorder.label = 'backward';
    const seed = seedOf(fn, loss, undefined);
    const gradients = withRecording(false, () => reverseWalk(loss, seed, { add: addGradients }));
    return { output, target, loss, gradients };
  });
  const value = (t: Tensor): GraphValue => recorder.valueOf(t.data);
  const walked = { recorder, gradients: traced.gradients };
  const updates = task.memory.map((group) => updateOf(task, group, walked));
  const used = updates.filter((update) => update.parameters.length > 0);
  const graph: Graph = {
    nodes: recorder.nodes,
    updates: used,
    inputs: [
      value(x),
      value(traced.target),
      ...updates.flatMap((update) => update.scalars),
      ...recorder.host.draws.map((draw) => draw.value),
    ],
    outputs: [value(traced.loss), value(traced.output)],
  };
  return {
    graph: dropUnread(graph),
    host: recorder.host,
    outputShape: traced.output.shape,
    scalarsOf: (settings, step) =>
      task.memory.flatMap((group) => {
        const { method } = task.optimizer;
        checkSettings(method, settings[group.index]);
        const scalars = method.scalars(settings[group.index], group.step + step);
        return scalarNames(task.optimizer, group).map((name) => Float32Array.of(scalars[name]));
      }),
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
  const given = loss instanceof Tensor ? `shape ${formatShape(loss.shape)}` : String(loss);
  throw new ShapeError(
    `${fn}: the loss has ${given}, a tensor of one element is needed; reduce it by mean or sum`,
  );
}

const scalarNames = (optimizer: Optimizer, group: MemoryGroup): string[] =>
  Object.keys(optimizer.method.scalars(optimizer.groups[group.index], 1));

/** A recorder after the walk back. */
interface Walked {
  readonly recorder: Recorder;
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
}

function updateOf({ optimizer }: TrainingTask, group: MemoryGroup, { recorder, gradients }: Walked): Update {
  const { method, groups } = optimizer;
  const rule = method.rule(groups[group.index]);
  const moving = group.members.filter(({ parameter }) => gradients.has(parameter));
  const names = Object.keys(rule.states);
  const value = (values: Values): GraphValue => recorder.valueOf(values);
  const scalars = scalarNames(optimizer, group);
  const order = ['parameter', 'gradient', ...scalars, ...names];
  const renamed = (expr: Expr): Expr => e.substitute(expr, (i) => e.input(order.indexOf(method.inputs[i])));
  return {
    parameters: moving.map(({ parameter }) => value(parameter.data)),
    gradients: moving.map(({ parameter }) => value((gradients.get(parameter) as Tensor).data)),
    memory: names.map((name) => moving.map(({ states }) => value(states[name]))),
    scalars: scalars.map(() => value(recorder.input(1, 'float32'))),
    formulas: [rule.parameter, ...names.map((name) => rule.states[name].next)].map(renamed),
  };
}
