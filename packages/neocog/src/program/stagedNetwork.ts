// A network in stages: a program for each part, on one memory, and the host's work between them. What runs next is decided in
// each run, as the network asks for it.

import { show } from '../arguments/show.ts';
import { onBackend } from '../backends/current.ts';
import type { ProgramReport } from '../backends/executable.ts';
import { type Given, isFrames, valuesOf } from '../backends/frames.ts';
import { assert, ShapeError, UnsupportedError } from '../errors.ts';
import type { Layout } from '../geometry/options.ts';
import type { Module } from '../nn/module.ts';
import type { NamedTensors } from '../nn/named.ts';
import type { StagedModule, Stages } from '../nn/staged.ts';
import { noGrad } from '../tensor/graph.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { CompiledNetwork } from './compiledNetwork.ts';
import { Entry, enteringShapes, leaving, leavingShape, needsEntry } from './entry.ts';
import { type PartOptions, PartPrograms } from './partPrograms.ts';
import { Recorder } from './recorder.ts';
import type { Destination, Run, Runner } from './runner.ts';
import { bindAxes, type GivenValue, type OpenValue, type ProgramValue } from './signature.ts';
import { joinReports } from './stageReports.ts';
import { type Ran, StageWalk, type Way } from './stageWalk.ts';

interface StagedOptions extends PartOptions {
  readonly module: StagedModule;
  readonly inputs: readonly GivenValue[];
  /** Of inputs and outputs; the network has its channels first. */
  readonly layout: Layout | undefined;
}

export class StagedNetwork implements Runner {
  readonly inputs: readonly GivenValue[];
  readonly outputs: readonly OpenValue[];
  /** Each stage reads them when its turn comes. */
  readonly readsLater = true;
  readonly #options: StagedOptions;
  readonly #programs: PartPrograms;
  readonly #entry: Entry | null;
  readonly #begin: (inputs: NamedTensors) => Stages;
  /** The network and all its parts. */
  readonly #modules: readonly Module[];
  /** On the last way through the stages. */
  #ran: readonly Ran[] = [];
  #last: readonly Given[];

  /** Makes the programs of all parts that come before the network looks at a value. */
  static async make(options: StagedOptions): Promise<StagedNetwork> {
    const network = new StagedNetwork(options);
    try {
      await network.#lookAhead();
      return network;
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  private constructor(options: StagedOptions) {
    const { inputs, layout, module } = options;
    this.inputs = inputs;
    const own = enteringShapes(inputs, layout);
    this.#begin = module.stagesFor(own);
    this.outputs = bindAxes(module, own).map((output) => leavingShape(output, layout));
    this.#options = options;
    this.#programs = new PartPrograms(options);
    this.#modules = module.namedModules().map(([, part]) => part);
    this.#entry = needsEntry(inputs, layout) ? new Entry(inputs, layout) : null;
    this.#last = inputs.map(zerosFor);
  }

  async #lookAhead(): Promise<void> {
    const recorder = new Recorder(this.#options.how.fn);
    const unknown = ({ shape, dtype }: ProgramValue): Tensor =>
      new Tensor(recorder.input(sizeOf(shape), dtype), shape);
    const way = {
      host: <T>(body: () => T): T => this.#until(() => onBackend(recorder.backend, body)),
      part: async ({ outputs }: CompiledNetwork) => outputs.map(unknown),
      measure: null,
    };
    const given = this.inputs.map((input) => unknown(input).data);
    try {
      await this.#walk(given, way);
    } catch (error) {
      if (!(error instanceof LookedAtValue)) throw error;
    }
  }

  #until<T>(body: () => T): T {
    try {
      return this.#asInference(body);
    } catch (error) {
      throw error instanceof UnsupportedError ? new LookedAtValue() : error;
    }
  }

  /** In evaluation mode, without gradients; between stages modules are as their owner has them. */
  #asInference<T>(body: () => T): T {
    const training = this.#modules.filter((module) => module.training);
    for (const module of training) module.training = false;
    try {
      return noGrad(body);
    } finally {
      for (const module of training) module.training = true;
    }
  }

  /** Results by name, as the network gives them. */
  async #walk(given: readonly Given[], way: Way): Promise<NamedTensors> {
    const walk = new StageWalk(this.#programs, way);
    this.#ran = walk.ran;
    return walk.through(this.#begin, await this.#enter(given, walk));
  }

  async #enter(given: readonly Given[], walk: StageWalk): Promise<NamedTensors> {
    if (this.#entry) return walk.run(await this.#programs.findFor(this.#entry, this.inputs), given);
    return Object.fromEntries(
      this.inputs.map(({ name, shape, dtype }, i) => {
        const values = given[i];
        assert(!isFrames(values), 'frames enter through a program');
        return [name, new Tensor(valuesOf(values, dtype), shape)];
      }),
    );
  }

  begin(given: readonly Given[]): Run {
    return async (to) => {
      this.#last = given;
      const results = await this.#walk(given, this.#way(null));
      return this.outputs.map(({ name }, i) => this.#deliver(name, results[name], to.into[i]));
    };
  }

  /** `measure` is for profiles. */
  #way(measure: Way['measure']): Way {
    return {
      host: (body) => onBackend(this.#options.backend, () => this.#asInference(body)),
      part: (program, inputs) => program.begin(inputs)({ into: [], view: false }),
      measure,
    };
  }

  #deliver(name: string, result: unknown, into: Destination['into'][number]): Tensor {
    if (!(result instanceof Tensor))
      throw new ShapeError(`Program.run: output ${name} of the module is ${show(result)}; return a Tensor`);
    const y = onBackend(this.#options.backend, () => noGrad(() => leaving(result, this.#options.layout)));
    if (!into) return y;
    if (!sameShape(y.shape, into.shape) || y.dtype !== into.dtype)
      throw new ShapeError(
        `Program.run: ${name} is ${y.dtype} ${formatShape(y.shape)} in this run, but into holds ${into.dtype} ${formatShape(into.shape)}; leave ${name} out of into`,
      );
    into.data.set(y.data);
    return into;
  }

  /** Of the last way through the stages: the look ahead of `compile`, or a run. */
  report(): ProgramReport {
    const known = new Set(this.#programs.all);
    const steps = this.#ran.flatMap((ran) => {
      if ('step' in ran) return [ran.step];
      return ran.measured?.steps ?? (known.has(ran.program) ? ran.program.report().steps : []);
    });
    const reports = [...known].map((program) => program.report());
    return joinReports(reports, steps, this.#options.backend.name);
  }

  async profile(): Promise<ProgramReport> {
    await this.#walk(
      this.#last,
      this.#way((program) => program.profile()),
    );
    const report = this.report();
    this.#ran = this.#ran.map(withoutTimes);
    return report;
  }

  text(): string {
    return this.#programs.all.map((program) => program.text()).join('\n');
  }

  dispose(): void {
    this.#programs.dispose();
  }
}

/** Ends the look ahead. */
class LookedAtValue extends Error {}

/** What a profile before the first run computes with; of frames their planes. */
const zerosFor = ({ shape, dtype, frames }: GivenValue): Given =>
  dtype === 'int32' && !frames ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));

const withoutTimes = (ran: Ran): Ran =>
  'step' in ran ? { step: { ...ran.step, milliseconds: null } } : { ...ran, measured: null };
