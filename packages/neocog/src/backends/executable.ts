// What a backend makes of a graph: something that runs it again and again.

import type { Given } from './frames.ts';
import type { GraphValue } from './graph.ts';
import type { Measured, TuningReport } from './tuning.ts';
import type { Values } from './work.ts';
import type { Compression, World } from './world.ts';

/** With whom a graph of several ranks is run. */
export interface RanksOptions {
  readonly world: World;
  /** How gradients travel; null with all their digits. */
  readonly compress: Compression | null;
}

export interface CompileOptions {
  /** The function that was called, for errors. */
  readonly fn: string;
  /** Threads wanted. Results do not depend on them. */
  readonly threads: number;
  /** Whether the calling thread is to take no part. Default false. */
  readonly apart?: boolean;
  /** Plain sums of products only, in the order of the definition. */
  readonly exactConvolution: boolean;
  /** None of the algorithms whose code is large for what it gains. */
  readonly compact?: boolean;
  /** The same bits on every engine: all are given the same code, of plain sums without fused multiply-add. */
  readonly exact: boolean;
  /** By which algorithms are chosen, and where to note what is timed; null for estimates. */
  readonly measured?: Measured | null;
  /** Needed by a graph that exchanges arrays. */
  readonly ranks?: RanksOptions | undefined;
}

/** One node of the graph and what runs it. */
export interface StepReport {
  /** The part of the module: `layer1.0.conv1`. */
  readonly label: string;
  /** The kind of computation: `conv`, `fused`, `matmul`, …. */
  readonly operation: string;
  /** The convolution as text, where it is one. */
  readonly geometry: string | null;
  /** Algorithm and tile, in words. */
  readonly description: string;
  /** Algorithms for this convolution: estimated cost, or why not. */
  readonly candidates: readonly {
    /** The algorithm: `direct`, `pointwise`, …. */
    readonly name: string;
    /** Estimated time on one thread, in multiply-adds of the best kernel; null where it refused. */
    readonly cost: number | null;
    /** Measured, of one call on one thread; null where nobody has timed it. */
    readonly milliseconds: number | null;
    /** Why it could not be had, or null. */
    readonly refusal: string | null;
  }[];
  /** Of the definition, whatever the algorithm does. */
  readonly multiplyAdds: number;
  /** Bytes of the arrays it reads and writes. */
  readonly bytes: number;
  /** Milliseconds, from `profile`. */
  readonly milliseconds: number | null;
}

/** What a program takes of memory, in bytes. */
export interface MemoryReport {
  /** Bytes of weights and other constants as kernels read them, whether other sizes read them too or not. */
  readonly constants: number;
  /** Bytes of arrays that live during a run, sharing memory where they can. */
  readonly activations: number;
  /** Bytes of the threads' own scratch. */
  readonly scratch: number;
  /** The whole WebAssembly memory, which sizes of one `OpenProgram` share. */
  readonly total: number;
  /** Weights as tensors plus the two largest values: what cannot be done without. */
  readonly least: number;
}

/** How a compiled program runs: its steps, its memory and its code. */
export interface ProgramReport {
  /** On which it runs, the calling one included. */
  readonly threads: number;
  /** Why there are fewer threads than asked for, or null. */
  readonly note: string | null;
  /**
   * What came of the option `cache`: `read`, `written`, `not written`, and the reason; `writing` until it is known. Null without it.
   */
  readonly cache: string | null;
  /** How kernels multiply and add: `fma`, `wide fma` …. */
  readonly simd: string;
  /** Whether results are the same bits on every engine. */
  readonly exact: boolean;
  /** How its algorithms were tuned; null where estimates chose all. */
  readonly tuning: TuningReport | null;
  /** One for each computation, in the order in which they run. */
  readonly steps: readonly StepReport[];
  /** In bytes. All 0 where nothing was compiled, as on the reference backend. */
  readonly memory: MemoryReport;
  /** Bytes of generated code. */
  readonly code: number;
}

/** Where results are left. */
export interface ResultOptions {
  /** Arrays to write them into, one for each output or undefined for a new one. */
  readonly into?: readonly (Values | undefined)[];
  /** Whether they may stay where they are, until the next run. */
  readonly view?: boolean;
}

/** A graph that a backend has made ready to run. */
export interface Executable {
  /** One array per input of the graph, in its order, or frames where the input is made of such; gives one per output. */
  run(inputs: readonly Given[], results?: ResultOptions): Promise<Values[]>;
  /** The present values of a state. */
  read(state: GraphValue): Values;
  /** Overwrites the present values of a state, as many as it has. */
  write(state: GraphValue, values: Values): void;
  /** What is done, in order. */
  report(): ProgramReport;
  /** The same with times, of one further run on what the inputs were last. States change as with any run. */
  profile(): Promise<ProgramReport>;
  /** The generated code as text. */
  text(): string;
  /** What `revive` of the backend's `keeping` needs under this key; null if not all of it can be kept. `about` is plain data, for the caller. */
  keep?(key: string, about?: unknown): Uint8Array | null;
  /** Frees threads and memory; nothing can be run after it. */
  dispose(): void;
}
