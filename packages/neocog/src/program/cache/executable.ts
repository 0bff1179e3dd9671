// An executable from a cache, by a digest of its graph and weights.

import type { CompileOptions, Executable } from '../../backends/executable.ts';
import type { Graph } from '../../backends/graph.ts';
import type { Keeping } from '../../backends/keeping.ts';
import { ShapeError } from '../../errors.ts';
import { type CacheUse, edition } from './cacheUse.ts';
import { keyOf } from './key.ts';

/** An executable that is wanted. */
interface Wanted {
  readonly graph: Graph;
  readonly options: CompileOptions;
  readonly keeping: Keeping;
  /** The graph as the backend compiles it. */
  readonly again: () => Graph;
  /** Compiles the graph as it is now. */
  readonly make: () => Promise<Executable>;
}

/** @throws ShapeError if it is to be made, and weights or settings changed while the store was asked */
export async function readOrMake(use: CacheUse, wanted: Wanted): Promise<Executable> {
  const { options, again, make } = wanted;
  const key = keyFor(wanted);
  const found = await use.find({ key, fn: options.fn, again });
  if (found) return found.executable;
  if (keyFor(wanted) !== key)
    throw new ShapeError(
      `${options.fn}: the network's weights or the settings changed while the cache was asked for its program; await the program, or leave cache out`,
    );
  const made = await make();
  use.writeSoon(key, made);
  return made;
}

function keyFor({ graph, options: { fn: _, measured, ...options }, keeping }: Wanted): string {
  const choices = measured?.choices() ?? null;
  return keyOf([...edition, keeping.abilities(options), options, choices, graph], keeping.digest());
}
