// compile: a network as a Program.

import { backend } from '../backends/current.ts';
import type { Executable, ProgramReport } from '../backends/executable.ts';
import type { Graph } from '../backends/graph.ts';
import { DeviceError, ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { needKnown } from '../tensor/options.ts';
import { checkShape, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Interpreted } from './interpreted.ts';
import { optimize } from './optimize.ts';
import { preferences, threadsOf } from './preferences.ts';
import { traceInference } from './trace.ts';

export interface CompileOptions {
  /** Shape of the input, `[n, c, …]`; each run takes exactly this. */
  input: Shape;
  /** Threads to run on, this one included. Default: `configure({ threads })`, which is 1 unless set. */
  threads?: number | undefined;
}

/** A report of a program: what runs each part of the network, and why. */
export type { ProgramReport };

/**
 * A network made ready for inputs of one shape: kernels for just these sizes in one WebAssembly module, on one memory of its
 * own, with all weights prepared. It holds memory and threads until `dispose`.
 */
export class Program {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly #executable: Executable;
  #disposed = false;

  /** Made by `compile`. */
  constructor(executable: Executable, inputShape: Shape, outputShape: Shape) {
    this.#executable = executable;
    this.inputShape = inputShape;
    this.outputShape = outputShape;
  }

  /**
   * Runs the network in evaluation mode. Only the result is allocated.
   *
   * @throws ShapeError for an input of another shape or type. @throws DeviceError after `dispose`, or if a thread has died.
   */
  async run(x: Tensor): Promise<Tensor> {
    this.#checkAlive('run');
    if (!(x instanceof Tensor) || x.dtype !== 'float32' || !sameShape(x.shape, this.inputShape)) {
      const given = x instanceof Tensor ? `${x.dtype} ${formatShape(x.shape)}` : String(x);
      throw new ShapeError(
        `Program.run: input is ${given}, float32 ${formatShape(this.inputShape)} is needed; compile again for another shape`,
      );
    }
    const [y] = await this.#executable.run([x.data]);
    return new Tensor(y, this.outputShape);
  }

  /** What runs each part, why no other algorithm does, and the memory. `formatReport` makes a table of it. */
  explain(): ProgramReport {
    this.#checkAlive('explain');
    return this.#executable.report();
  }

  /** Runs once more on what the last input was, and tells the milliseconds of each step. */
  profile(): Promise<ProgramReport> {
    this.#checkAlive('profile');
    return this.#executable.profile();
  }

  /** The generated WebAssembly in text format. */
  text(): string {
    this.#checkAlive('text');
    return this.#executable.text();
  }

  /** Frees memory and threads. The program cannot run afterwards. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#executable.dispose();
  }

  #checkAlive(fn: string): void {
    if (this.#disposed)
      throw new DeviceError(`Program.${fn}: the program was disposed, compile the network again`);
  }
}

/**
 * Makes a network ready to run fast, again and again, on inputs of one shape. The weights are those of now; later changes
 * of the module do not change the program.
 *
 * @throws ShapeError for impossible shapes and options. @throws UnsupportedError if `forward` looks at values.
 * @throws DeviceError if memory or threads cannot be had.
 * @example const program = await compile(models.resnet18(), { input: [1, 3, 224, 224] });
 */
export async function compile(module: Module, options: CompileOptions): Promise<Program> {
  needKnown('compile', options, ['input', 'threads']);
  checkShape('compile', options.input);
  const threads = threadsOf('compile', options.threads);
  const { graph, outputShape } = traceInference('compile', module, options.input);
  return new Program(await executableOf(graph, threads), [...options.input], outputShape);
}

/** A graph made ready on the backend in use; one that does not compile carries it out node by node. */
export function executableOf(graph: Graph, threads: number): Promise<Executable> {
  const now = backend();
  const best = optimize(graph, now);
  const { exactConvolution } = preferences;
  return now.compile?.(best, { threads, exactConvolution }) ?? Promise.resolve(new Interpreted(now, best));
}
