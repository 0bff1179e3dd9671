// Networks that look at values between their parts. They say which parts are to be compiled, stage by stage; whatever they
// do in between runs on the host, the JavaScript heap. Who drives the stages decides how parts run: eagerly, or as programs.

import { type Field, field, isRecord, need, text } from '../arguments/field.ts';
import { ShapeError } from '../errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Module } from './module.ts';
import { NamedModule, type NamedTensors, type NamedValue } from './named.ts';
import { aModule } from './parts.ts';

/** A part that is to run on some tensors. */
export interface PartStage {
  /** The same object in every run, so that its program is found again. */
  readonly part: Module;
  /** By the names of its inputs; a module without names takes `input`. */
  readonly inputs: NamedTensors;
}

/** Says what runs on the host from here to the next stage. */
export interface HostStage {
  /** What `explain` and `profile` call it. */
  readonly host: string;
  /** A sentence about it, or ''. */
  readonly about: string;
}

/** What a staged module asks for. */
export type Stage = PartStage | HostStage;

/** Stages one after the other; each is answered with what the part gives, by the names of its outputs. */
export type Stages<T = Record<string, Tensor>> = Generator<Stage, T, NamedTensors>;

/**
 * A network that looks at values on its way, in stages. `compile` makes a program of each part that it asks for, and runs
 * what is in between on the host, after each run of the part before.
 *
 * @example
 * class Nearest extends nn.StagedModule {
 *   readonly inputs = [{ name: 'x', shape: [1, 3, 32, 32], dtype: 'float32' }] as const;
 *   readonly outputs = [{ name: 'best', shape: [1], dtype: 'int32' }] as const;
 *   readonly net = new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.GlobalAvgPool());
 *
 *   *stages({ x }: nn.NamedTensors): nn.Stages {
 *     const scores = yield* nn.stage(this.net, x); // compiled
 *     return { best: tensor([scores.data.indexOf(Math.max(...scores.data))], [1], { dtype: 'int32' }) }; // on the host
 *   }
 * }
 */
export abstract class StagedModule extends NamedModule {
  /**
   * From inputs to outputs, by name. The next stage may depend on what values are; what parts give belongs to the run. It is
   * begun anew for each run, and may not change the module.
   */
  abstract stages(inputs: NamedTensors): Stages;

  /**
   * `stages` for inputs of these shapes, of the network as it is now: `compile` asks once, and calls what it is given in each
   * run. A network that has to be divided first does it here. Default: `stages`.
   */
  stagesFor(_inputs: readonly NamedValue[]): (inputs: NamedTensors) => Stages {
    return (inputs) => this.stages(inputs);
  }

  /** Every stage at once, each part eagerly. */
  run(inputs: NamedTensors): Record<string, Tensor> {
    const stages = this.stages(inputs);
    let step = stages.next();
    while (!step.done) step = stages.next('part' in step.value ? runPart(step.value) : {});
    return step.value;
  }
}

const runPart = ({ part, inputs }: PartStage): Record<string, Tensor> =>
  part instanceof NamedModule ? part.run(inputs) : { [plainOutput]: part.forward(inputs[plainInput]) };

/** What the input and the output of modules without names are called. */
export const plainInput = 'input';
export const plainOutput = 'output';

const someTensors: Field<Tensor | NamedTensors> = field(
  'a Tensor, or an object of Tensors by name of input',
  (v) => v instanceof Tensor || isRecord(v),
);

/**
 * Within `stages`: the result of a part, from its only input to its first output, or from inputs to all outputs by name.
 *
 * @throws ShapeError for one tensor where the part has several inputs.
 * @example const scores = yield* nn.stage(this.net, x);
 */
export function stage(part: Module, x: Tensor): Stages<Tensor>;
export function stage(part: NamedModule, inputs: NamedTensors): Stages<NamedTensors>;
export function stage(part: Module, given: Tensor | NamedTensors): Stages<Tensor> | Stages<NamedTensors> {
  need('stage', 'part', part, aModule);
  need('stage', 'inputs', given, someTensors);
  return given instanceof Tensor ? single(part, given) : several({ part, inputs: given });
}

function* several(asked: PartStage): Stages<NamedTensors> {
  return yield asked;
}

function* single(part: Module, x: Tensor): Stages<Tensor> {
  const { inputs, outputs } =
    part instanceof NamedModule ? part : { inputs: [{ name: plainInput }], outputs: [{ name: plainOutput }] };
  if (inputs.length !== 1)
    throw new ShapeError(
      `stage: one tensor is given for ${inputs.length} inputs; give { ${inputs.map(({ name }) => name).join(', ')} }`,
    );
  return (yield { part, inputs: { [inputs[0].name]: x } })[outputs[0].name];
}

/**
 * Within `stages`: names what runs on the host from here to the next stage, for `explain` and `profile`.
 *
 * @example yield* nn.onHost('best boxes');
 */
export function onHost(name: string, about = ''): Stages<void> {
  need('onHost', 'name', name, text);
  need('onHost', 'about', about, text);
  return announce({ host: name, about });
}

function* announce(stage: HostStage): Stages<void> {
  yield stage;
}
