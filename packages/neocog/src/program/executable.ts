// A graph as something that the backend in use can run.

import type { Backend } from '../backends/backend.ts';
import { backend } from '../backends/current.ts';
import type { CompileOptions as BackendOptions, Executable } from '../backends/executable.ts';
import type { Graph } from '../backends/graph.ts';
import { Interpreted } from './interpreted.ts';
import { optimize } from './optimize.ts';
import { Known } from './passes/known.ts';
import { preferences } from './preferences.ts';

/** What graphs of one network, for inputs of different sizes, have in common. Their executables are made and run one after the other. */
export class Common {
  readonly known = new Known();
  readonly #compilers = new Map<Backend, ReturnType<NonNullable<Backend['compiler']>> | undefined>();

  /** How a backend compiles them so that they share. */
  compiler(of: Backend) {
    if (!this.#compilers.has(of)) this.#compilers.set(of, of.compiler?.());
    return this.#compilers.get(of);
  }
}

/** A graph made ready on the backend in use; one that does not compile carries it out node by node. */
export function executableOf(
  graph: Graph,
  how: Omit<BackendOptions, 'exactConvolution'>,
  common?: Common,
): Promise<Executable> {
  const now = backend();
  const best = optimize(graph, now, how.exact, common?.known);
  const { exactConvolution } = preferences;
  const options = { ...how, exactConvolution };
  const shared = common?.compiler(now);
  return (
    shared?.(best, options) ??
    now.compile?.(best, options) ??
    Promise.resolve(new Interpreted(now, best, how))
  );
}
