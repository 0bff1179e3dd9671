// A graph as something that the backend in use can run.

import type { Backend } from '../backends/backend.ts';
import { backend } from '../backends/current.ts';
import type { CompileOptions as BackendOptions, Executable } from '../backends/executable.ts';
import type { Graph } from '../backends/graph.ts';
import type { CacheUse } from './cache/cacheUse.ts';
import { readOrMake } from './cache/executable.ts';
import { Interpreted } from './interpreted.ts';
import { type ExtraPasses, optimize } from './optimize.ts';
import { Known } from './passes/known.ts';
import { preferences } from './preferences.ts';

/** What graphs of one network, for inputs of different sizes, have in common on one backend. */
interface Shared {
  readonly known: Known;
  /** For executables that are made and run one after the other, if the backend makes such. */
  readonly compile: ReturnType<NonNullable<Backend['compiler']>> | undefined;
}

/** The same on each backend that is used. */
export class Common {
  readonly #all = new Map<Backend, Shared>();

  on(backend: Backend): Shared {
    const shared = this.#all.get(backend) ?? { known: new Known(), compile: backend.compiler?.() };
    this.#all.set(backend, shared);
    return shared;
  }
}

/** With what an executable is made. */
interface Help {
  readonly common?: Common | undefined;
  readonly cache?: CacheUse | undefined;
  readonly passes?: ExtraPasses | undefined;
}

/** A graph made ready on the backend in use; one that does not compile carries it out node by node. */
export async function executableOf(
  graph: Graph,
  how: Omit<BackendOptions, 'exactConvolution'>,
  { common, cache, passes }: Help = {},
): Promise<Executable> {
  const now = backend();
  const shared = common?.on(now);
  const { exactConvolution } = preferences;
  const options = { ...how, exactConvolution };
  const again = (): Graph => optimize(graph, now, { exact: how.exact, known: shared?.known, extra: passes });
  const make = async (): Promise<Executable> => {
    const best = again();
    const made = shared?.compile?.(best, options) ?? now.compile?.(best, options);
    return made ?? new Interpreted(now, best, how);
  };
  const { keeping } = now;
  return cache?.works && keeping ? readOrMake(cache, { graph, options, keeping, again, make }) : make();
}
