// compile: a network as a Program.

import { count, flag, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { backend } from '../backends/current.ts';
import { aTune, type Choices, type Measured, measuredFor, type TuneOptions } from '../backends/tuning.ts';
import type { Values } from '../backends/work.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import { type Layout, layout } from '../geometry/options.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import { StagedModule } from '../nn/staged.ts';
import { CacheUse } from './cache/cacheUse.ts';
import { cacheField, type ProgramCache } from './cache/place.ts';
import { CompiledNetwork } from './compiledNetwork.ts';
import { Common, executableOf } from './executable.ts';
import { OpenProgram } from './openProgram.ts';
import { type InputPixels, pixelsField, withFrames } from './pixels.ts';
import { threadsOf } from './preferences.ts';
import { Program } from './program.ts';
import type { Runner } from './runner.ts';
import {
  type GivenValue,
  type InputShapes,
  inputField,
  isOpen,
  type OpenInputShapes,
  resolveInputs,
  resolveOpen,
} from './signature.ts';
import { StagedNetwork } from './stagedNetwork.ts';
import { type Traced, traceInference } from './trace.ts';
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
   * where no worker can be had, for axes that are open, or for networks in stages does the calling thread compute, and `explain().note` says
   * so. Default false.
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
   * Which algorithm runs a convolution where estimates are near each other. With true, the candidates take turns on this machine, after
   * they have proved on whole numbers that they compute what they should; with choices of an earlier program, those decide, and nothing
   * is timed; with `{ known, onProgress }`, what known choices lack is timed. Default false: estimates decide.
   */
  tune?: boolean | Choices | TuneOptions | undefined;
  /**
   * Runs take frames: pictures of bytes of any size, which the program resizes and normalises itself, on its threads. For a network of
   * several inputs an object of such options by their names. Default: runs take tensors.
   */
  pixels?: InputPixels | undefined;
  /**
   * Where the finished program is kept, so that the next `compile` of the same network, weights and options only reads it: the path of a
   * folder, in a page the name of a `Cache`, or an object with `get(key)` and `set(key, bytes)`, such as a `Map`. What came of it is in
   * `explain().cache`; a cache that fails is no error. Default: nothing is kept.
   */
  cache?: ProgramCache | undefined;
}

/** For which inputs `compile` makes a program that meets sizes as they come. */
export interface OpenCompileOptions extends Omit<CompileOptions, 'input' | 'pixels' | 'cache'> {
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
  tune: aTune,
  pixels: pixelsField,
  cache: cacheField,
};

const { pixels: _, cache: __, ...otherFields } = compileFields;
const openFields: Fields<OpenCompileOptions> = { ...otherFields, input: required(inputField), keep: count };

/**
 * Makes a network ready to run fast, again and again, on inputs of one shape each, or of sizes that runs bring where `input` names axes. The
 * weights are those of the call; later changes of the module do not change the program, not even before it is there.
 *
 * @throws ShapeError for impossible shapes and options, or inputs with axes that nobody states. @throws UnsupportedError if `forward` looks at
 * values, unless the module is an `nn.StagedModule`, as networks from files are: then there is a program for each part, and the host between them.
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
  const measured = measuredFor(own.tune);
  return programOf({ module, measured, ...own }, withFrames('compile', inputs, own.pixels));
}

function openProgram(module: Module, options: OpenCompileOptions): OpenProgram {
  const fn = 'compile';
  if (Object.hasOwn(options, 'pixels'))
    throw new ShapeError(
      `${fn}: frames are resized to the network's size, which input leaves open; state all sizes, or leave pixels out`,
    );
  if (Object.hasOwn(options, 'cache'))
    throw new ShapeError(
      `${fn}: programs of open sizes share one memory, and are not kept one by one; state all sizes, or leave cache out`,
    );
  needOptions(fn, options, openFields);
  const { keep = 4, input, ...how } = options;
  const inputs = resolveOpen(fn, module, input);
  const shared = { weights: weightsOf(module), common: new Common(), turns: new Turns() };
  const measured = measuredFor(how.tune);
  return new OpenProgram(inputs, {
    make: (sized) => shared.turns.take(() => programOf({ module, shared, measured, ...how }, sized)),
    keep,
    choices: () => measured?.choices() ?? null,
  });
}

/** Copies of the weights as they are now. */
const weightsOf = (module: Module): ReadonlyMap<Values, Values> =>
  new Map(Object.values(module.stateDict()).map(({ data }) => [data, data.slice()]));

/** What a program is made for. */
interface Task extends Omit<CompileOptions, 'input' | 'pixels' | 'tune'> {
  readonly module: Module;
  /** What is known of algorithms, of all sizes; null where nothing is tuned. */
  readonly measured: Measured | null;
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
  const { measured, shared } = task;
  // Opened while the network is recorded.
  const cache = task.cache === undefined ? undefined : new CacheUse(task.cache, backend().keeping);
  if (measured?.mayTime)
    cache?.refuse('algorithms are timed anew; give tune what choices() gave, or keep it by keptProgram');
  const surroundings = { turns: shared?.turns, choices: () => measured?.choices() ?? null, cache };
  return new Program(await runnerOf(task, given, measured?.mayTime ? undefined : cache), surroundings);
}

async function runnerOf(task: Task, inputs: readonly GivenValue[], cache?: CacheUse): Promise<Runner> {
  const { module, layout, shared } = task;
  const how = howOf(task);
  const traced = traceWhole({ fn: how.fn, module, inputs, layout, weights: shared?.weights });
  if (traced) {
    const executable = await executableOf(traced.graph, how, { common: shared?.common, cache });
    return new CompiledNetwork(executable, inputs, traced);
  }
  cache?.refuse('the network looks at values between its parts');
  const { weights = weightsOf(module), common = new Common() } = shared ?? {};
  // What cannot be traced whole is staged.
  const staged = module as StagedModule;
  return StagedNetwork.make({ module: staged, inputs, layout, how, weights, common, backend: backend() });
}

function howOf({ compact = false, exact = false, worker: apart = false, threads, measured }: Task) {
  const fn = 'compile';
  return { fn, threads: threadsOf(fn, threads), apart, compact, exact, measured };
}

/** The network as one graph, or null where one in stages looks at values. */
function traceWhole(network: Parameters<typeof traceInference>[0]): Traced | null {
  try {
    return traceInference(network);
  } catch (error) {
    if (error instanceof UnsupportedError && network.module instanceof StagedModule) return null;
    throw error;
  }
}
