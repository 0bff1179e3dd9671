// What a backend makes of a graph, kept as bytes, from which it can go on another time.

import type { CompileOptions, Executable } from './executable.ts';
import type { Graph } from './graph.ts';

/** Takes in one content after the other, and tells them apart from others. */
export interface ContentDigest {
  add(bytes: Uint8Array): ContentDigest;
  /** 64 hexadecimal digits. */
  text(): string;
}

/** What bytes are wanted for. */
export interface KeptTask {
  /** Names all that they depend on. */
  readonly key: string;
  /** The function that was called, for errors. */
  readonly fn: string;
  /** The graph as `compile` took it: to read the code, and where there are other threads than before. */
  readonly again: () => Graph;
}

/** What bytes become. */
export interface Revived {
  readonly executable: Executable;
  /** Of the graph: what runs take and give. */
  readonly graph: Pick<Graph, 'inputs' | 'outputs'>;
  /** What `keep` was given beside the key. */
  readonly about: unknown;
}

/** Of a backend whose executables can be kept. */
export interface Keeping {
  /** What these depend on beside the graph and the options: the engine, and what it lets the library do. */
  abilities(options: Omit<CompileOptions, 'fn'>): string;
  digest(): ContentDigest;
  /**
   * From the bytes that `keep` of an executable gave for this key, on such an engine; null for any others, and where they are not whole. They may
   * come piece by piece; none of these is read after the next one was asked for.
   */
  revive(bytes: AsyncIterable<Uint8Array>, task: KeptTask): Promise<Revived | null>;
}
