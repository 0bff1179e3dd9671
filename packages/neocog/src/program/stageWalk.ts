// One way through the stages of a network: its parts run as programs, what it does between them on the host.

import type { ProgramReport, StepReport } from '../backends/executable.ts';
import type { Given } from '../backends/frames.ts';
import type { NamedTensors } from '../nn/named.ts';
import type { PartStage, Stages } from '../nn/staged.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { CompiledNetwork } from './compiledNetwork.ts';
import type { PartPrograms } from './partPrograms.ts';
import { hostStep } from './stageReports.ts';

/** What ran: a program, which was measured or not, or the host. */
export type Ran =
  | { readonly program: CompiledNetwork; readonly measured: ProgramReport | null }
  | { step: StepReport };

/** How everything is carried out on the way. */
export interface Way {
  /** Runs the network's own code. */
  readonly host: <T>(body: () => T) => T;
  /** What a program gives, in the order of its outputs. */
  readonly part: (program: CompiledNetwork, inputs: readonly Given[]) => Promise<readonly Tensor[]>;
  /** Times of the steps of the program that ran last; null where nothing is measured. */
  readonly measure: ((program: CompiledNetwork) => Promise<ProgramReport>) | null;
}

export class StageWalk {
  /** In the order in which it ran. */
  readonly ran: Ran[] = [];
  readonly #programs: PartPrograms;
  readonly #way: Way;

  constructor(programs: PartPrograms, way: Way) {
    this.#programs = programs;
    this.#way = way;
  }

  async through(begin: (inputs: NamedTensors) => Stages, inputs: NamedTensors): Promise<NamedTensors> {
    const stages = this.#way.host(() => begin(inputs));
    let answer: NamedTensors = {};
    for (;;) {
      const next = this.#timed(() => stages.next(answer));
      if (next.done) return next.value;
      const stage = next.value;
      if ('part' in stage) answer = await this.#carryOut(stage);
      else {
        answer = {};
        this.ran.push({ step: hostStep(stage.host, stage.about) });
      }
    }
  }

  /** The host's time counts for what was announced before. */
  #timed<T>(body: () => T): T {
    const announced = this.ran.at(-1);
    const began = performance.now();
    const result = this.#way.host(body);
    if (this.#way.measure && announced && 'step' in announced)
      announced.step = { ...announced.step, milliseconds: performance.now() - began };
    return result;
  }

  async #carryOut(stage: PartStage): Promise<NamedTensors> {
    const program = await this.#programs.find(stage);
    return this.run(
      program,
      program.inputs.map(({ name }) => stage.inputs[name].data),
    );
  }

  /** What a program gives, by name. */
  async run(program: CompiledNetwork, inputs: readonly Given[]): Promise<Record<string, Tensor>> {
    const results = await this.#way.part(program, inputs);
    this.ran.push({ program, measured: (await this.#way.measure?.(program)) ?? null });
    return Object.fromEntries(program.outputs.map(({ name }, i) => [name, results[i]]));
  }
}
