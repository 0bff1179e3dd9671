// A network that is one executable from its inputs to its outputs.

import type { Executable, ProgramReport } from '../backends/executable.ts';
import { type Given, isFrames, valuesOf } from '../backends/frames.ts';
import { Tensor } from '../tensor/tensor.ts';
import { drawAll } from './recorder.ts';
import type { Run, Runner } from './runner.ts';
import type { GivenValue, ProgramValue } from './signature.ts';
import type { Traced } from './trace.ts';

export class CompiledNetwork implements Runner {
  readonly inputs: readonly GivenValue[];
  readonly outputs: readonly ProgramValue[];
  /** A run begins with the copy of its inputs. */
  readonly readsLater = false;
  readonly executable: Executable;
  readonly traced: Traced;

  constructor(executable: Executable, inputs: readonly GivenValue[], traced: Traced) {
    this.executable = executable;
    this.inputs = inputs;
    this.outputs = traced.outputs;
    this.traced = traced;
  }

  begin(inputs: readonly Given[]): Run {
    const { graph, host } = this.traced;
    for (const { value, check } of host.checks) {
      const values = inputs[graph.inputs.indexOf(value)];
      if (!isFrames(values)) check(valuesOf(values, value.dtype));
    }
    const given = [...inputs, ...drawAll(host)];
    return async ({ into, view }) => {
      const results = await this.executable.run(given, { into: into.map((t) => t?.data), view });
      for (const effect of host.effects) effect();
      return results.map((y, i) => into[i] ?? new Tensor(y, this.outputs[i].shape));
    };
  }

  report(): ProgramReport {
    return this.executable.report();
  }

  profile(): Promise<ProgramReport> {
    return this.executable.profile();
  }

  text(): string {
    return this.executable.text();
  }

  dispose(): void {
    this.executable.dispose();
  }
}
