// The programs of a staged network's parts: one for each part and the shapes that it meets, on one memory, with the same
// threads. They run one after the other.

import type { Backend } from '../backends/backend.ts';
import { onBackend } from '../backends/current.ts';
import type { CompileOptions as BackendOptions } from '../backends/executable.ts';
import type { Values } from '../backends/work.ts';
import { DeviceError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { NamedModule, type NamedTensors } from '../nn/named.ts';
import { type PartStage, plainInput } from '../nn/staged.ts';
import { formatShape } from '../tensor/shape.ts';
import { CompiledNetwork } from './compiledNetwork.ts';
import { type Common, executableOf } from './executable.ts';
import type { GivenValue } from './signature.ts';
import { traceInference } from './trace.ts';

/** How all parts are compiled. */
export interface PartOptions {
  /** That the network is compiled on. */
  readonly backend: Backend;
  readonly how: Omit<BackendOptions, 'exactConvolution'>;
  readonly common: Common;
  /** What the weights were when the network was compiled: some parts meet their shapes later. */
  readonly weights: ReadonlyMap<Values, Values>;
}

/** For so many shapes the program of a part is kept. */
const keptShapes = 4;

export class PartPrograms {
  readonly #options: PartOptions;
  /** By part and shapes, those that were used last at the end. */
  readonly #made = new Map<Module, Map<string, CompiledNetwork>>();

  #disposed = false;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  /** Every program that there is. */
  get all(): readonly CompiledNetwork[] {
    return [...this.#made.values()].flatMap((programs) => [...programs.values()]);
  }

  /** The program for the shapes of these inputs, made if there is none. */
  find({ part, inputs }: PartStage): Promise<CompiledNetwork> {
    return this.findFor(part, inputsOf(part, inputs));
  }

  /** The same for inputs of which some may be frames. */
  async findFor(part: Module, inputs: readonly GivenValue[]): Promise<CompiledNetwork> {
    this.#checkAlive();
    const programs = this.#made.get(part) ?? new Map<string, CompiledNetwork>();
    const key = inputs.map(({ shape }) => formatShape(shape)).join();
    const program = programs.get(key) ?? (await this.#make(part, inputs));
    this.#made.set(part, programs);
    programs.delete(key);
    programs.set(key, program);
    letGo(programs);
    return program;
  }

  async #make(module: Module, inputs: readonly GivenValue[]): Promise<CompiledNetwork> {
    const { backend, how, common, weights } = this.#options;
    const traced = traceInference({ fn: how.fn, module, inputs, weights });
    // Frames are kept between runs, which what shares a memory cannot do.
    const home = inputs.some(({ frames }) => frames) ? undefined : common;
    const made = onBackend(backend, () => executableOf(traced.graph, how, { common: home }));
    const program = new CompiledNetwork(await made, inputs, traced);
    if (this.#disposed) program.dispose();
    this.#checkAlive();
    return program;
  }

  #checkAlive(): void {
    if (this.#disposed)
      throw new DeviceError('Program.run: the program was disposed; compile the network again');
  }

  dispose(): void {
    this.#disposed = true;
    for (const program of this.all) program.dispose();
    this.#made.clear();
  }
}

function letGo(programs: Map<string, CompiledNetwork>): void {
  for (const [key, program] of programs) {
    if (programs.size <= keptShapes) return;
    program.dispose();
    programs.delete(key);
  }
}

/** What a part is given, in the order of its inputs. */
function inputsOf(part: Module, inputs: NamedTensors): GivenValue[] {
  const names = part instanceof NamedModule ? part.inputs.map(({ name }) => name) : [plainInput];
  return names.map((name) => ({ name, shape: inputs[name].shape, dtype: inputs[name].dtype }));
}
