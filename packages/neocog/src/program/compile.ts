// compile: a network as a Program.

import { count, flag, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { Values } from '../backends/work.ts';
import { ShapeError } from '../errors.ts';
import { type Layout, layout } from '../geometry/options.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import { Common, executableOf } from './executable.ts';
import { OpenProgram } from './openProgram.ts';
import { type InputPixels, pixelsField, withFrames } from './pixels.ts';
import { threadsOf } from './preferences.ts';
import { Program } from './program.ts';
import {
  type GivenValue,
  type InputShapes,
  inputField,
  isOpen,
  type OpenInputShapes,
  type ProgramValue,
  resolveInputs,
  resolveOpen,
} from './signature.ts';
import { traceInference } from './trace.ts';
import { Turns } from './turns.ts';

/** For which inputs `compile` makes a program, and how it runs. */
export interface CompileOptions {
  /**
   * Shape of the input, `[n, c, …]`, or shapes by name for a network with named inputs; each run takes exactly these. Needed for
   * every input whose shape the network does not state itself.
   */
  input?: InputShapes | undefined;
  /** Threads to run on, this one included unless `worker` is set. Default: `configure({ threads })`, which is 1 unless set. */
  threads?: number | undefined;
  /**
   * The calling thread never computes: all threads are workers, so a page stays smooth. Where threads cannot share memory, as in pages that
   * are not isolated from other origins, one worker has the program and its memory to itself, and inputs and results are sent. Only
   * where no worker can be had, or for axes that are open, does the calling thread compute, and `explain().note` says so. Default false.
   */
  worker?: boolean | undefined;
  /**
   * How inputs and outputs of 3 axes or more lie in memory, for a network of channels first: with 'channels-last' runs take
   * `[n, …space, c]`, which `input` states, and give such. Default 'channels-first': as the network has them.
   */
  layout?: Layout | undefined;
  /**
   * Leave out algorithms whose code is large for what it gains, as `pack` does: the program then gives the bits of the packed
   * one. Default: false.
   */
  compact?: boolean | undefined;
  /**
   * Results are the same bits on every engine, for any number of threads, and for a sample alone or in a batch: sums of
   * products as the definition has them, without fused multiply-add. Default false, which is faster.
   */
  exact?: boolean | undefined;
  /**
   * Runs take frames: pictures of bytes of any size, which the program resizes and normalises itself, on its threads. For a network of
   * several inputs an object of such options by their names. Default: runs take tensors.
   */
  pixels?: InputPixels | undefined;
}

/** For which inputs `compile` makes a program that meets sizes as they come. */
export interface OpenCompileOptions extends Omit<CompileOptions, 'input' | 'pixels'> {
  /** Shape of the input, or shapes by name, with names for axes whose sizes runs bring: `[1, 3, 'h', 'w']`. */
  input: OpenInputShapes;
  /** For how many sizes programs are kept at once. Default 4. */
  keep?: number | undefined;
}

const compileFields: Fields<CompileOptions> = {
  input: inputField,
  threads: count,
  worker: flag,
  layout,
  compact: flag,
  exact: flag,
  pixels: pixelsField,
};

const { pixels: _, ...otherFields } = compileFields;
const openFields: Fields<OpenCompileOptions> = { ...otherFields, input: required(inputField), keep: count };

/**
 * Makes a network ready to run fast, again and again, on inputs of one shape each, or of sizes that runs bring where `input` names axes. The
 * weights are those of the call; later changes of the module do not change the program, not even before it is there.
 *
 * @throws ShapeError for impossible shapes and options, or inputs with axes that nobody states. @throws UnsupportedError if `forward` looks at values.
 * @throws DeviceError if memory or threads cannot be had.
 * @example const program = await compile(models.resnet18(), { input: [1, 3, 224, 224] });
 * @example const detector = await compile(net, { input: [1, 3, 'h', 'w'] }); // the first run of each size makes its program
 */
export function compile(module: Module, options?: CompileOptions): Promise<Program>;
export function compile(module: Module, options: OpenCompileOptions): Promise<OpenProgram>;
export async function compile(
  module: Module,
  options: CompileOptions | OpenCompileOptions = {},
): Promise<Program | OpenProgram> {
  need('compile', 'module', module, aModule);
  if (isOpen(options?.input)) return openProgram(module, options as OpenCompileOptions);
  const own = options as CompileOptions;
  needOptions('compile', own, compileFields);
  const inputs = resolveInputs('compile', module, own.input);
  return programOf({ module, inputs, ...own }, withFrames('compile', inputs, own.pixels));
}

function openProgram(module: Module, options: OpenCompileOptions): OpenProgram {
  const fn = 'compile';
  if (Object.hasOwn(options, 'pixels'))
    throw new ShapeError(
      `${fn}: frames are resized to the network's size, which input leaves open; state all sizes, or leave pixels out`,
    );
  needOptions(fn, options, openFields);
  const { keep = 4, input, ...how } = options;
  const inputs = resolveOpen(fn, module, input);
  const weights = new Map(Object.values(module.stateDict()).map(({ data }) => [data, data.slice()]));
  const shared = { weights, common: new Common(), turns: new Turns() };
  return new OpenProgram(inputs, {
    make: (sized) => shared.turns.take(() => programOf({ module, inputs: sized, shared, ...how }, sized)),
    keep,
  });
}

/** What a program is made for. */
interface Task extends Omit<CompileOptions, 'input' | 'pixels'> {
  readonly module: Module;
  readonly inputs: readonly ProgramValue[];
  /** With the programs of other sizes. */
  readonly shared?: {
    /** What the module's weights are, where that is not what they are now. */
    readonly weights: ReadonlyMap<Values, Values>;
    readonly common: Common;
    /** Their runs take place on one memory. */
    readonly turns: Turns;
  };
}

async function programOf(task: Task, given: readonly GivenValue[]): Promise<Program> {
  const fn = 'compile';
  const { module, inputs, layout, shared, compact = false, exact = false, worker: apart = false } = task;
  const threads = threadsOf(fn, task.threads);
  const traced = traceInference({ fn, module, inputs: given, layout, weights: shared?.weights });
  const executable = await executableOf(traced.graph, { fn, threads, apart, compact, exact }, shared?.common);
  return new Program(executable, inputs, traced, shared?.turns);
}
