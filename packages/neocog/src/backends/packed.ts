// A graph made ready to run elsewhere, as data: code, constants, and where everything lies. Nothing here needs this library.

import type { Values } from './work.ts';

/** An array that code needs before its first run, row-major as the graph has it. */
export interface PackedConstant {
  /** The numbers as the graph has them, before any packing. */
  readonly values: Values;
  /**
   * Of weights of convolutions and matrix products: how many rows of equal length they are, one per channel of the
   * convolution's output. Null for everything else, such as biases and tables.
   */
  readonly rows: number | null;
}

/** What to do with a constant or a part of it. */
export interface ConstantPlace {
  /** The values from … to − 1 … */
  readonly from: number;
  /** The end of the part, not included. */
  readonly to: number;
  /** … are written here, in bytes. */
  readonly address: number;
  /** The export to call once the values lie there: it takes them to where they are read. Null if they stay. */
  readonly routine: string | null;
}

/**
 * A WebAssembly module for one thread of engines of one kind. It imports `env.memory`; each of its exports is called as
 * `(0, scratch, 0, 0x7fffffff)` and does all of its work.
 */
export interface PackedCode {
  /** What the engine must have: `fma` is relaxed SIMD with a fused multiply-add, `mul+add` only SIMD. */
  readonly simd: string;
  /** The bytes of the module, for `WebAssembly.compile`. */
  readonly wasm: Uint8Array;
  /** Size of the memory in pages of 64 KiB, which begins as zeros. */
  readonly pages: number;
  /** The address of the thread's own memory. */
  readonly scratch: number;
  /** The export that does one run. */
  readonly run: string;
  /** Addresses, in the order of the graph. */
  readonly inputs: readonly number[];
  /** Addresses, in the order of the graph. */
  readonly outputs: readonly number[];
  /** For each constant, in order, where it goes. Constants are placed one after the other: some take the same place. */
  readonly places: readonly (readonly ConstantPlace[])[];
}

/** What `pack` makes of a graph: code for several engines, and the constants that they share. */
export interface PackedGraph {
  /** In the order of `places` of each code. */
  readonly constants: readonly PackedConstant[];
  /** The fastest first. All compute the same, apart from rounding. */
  readonly codes: readonly PackedCode[];
}
