// A graph as something that the backend in use can run.

import type { Backend } from '../backends/backend.ts';
import { backend } from '../backends/current.ts';
import type { CompileOptions as BackendOptions, Executable } from '../backends/executable.ts';
import type { Graph } from '../backends/graph.ts';
import { Interpreted } from './interpreted.ts';
import { optimize } from './optimize.ts';
import { Known } from './passes/known.ts';
import { preferences } from './preferences.ts';

type Compile = Backend['compile'];

/** What graphs of one network, for inputs of different sizes, have in common. Their executables are made and run one after the other. */
export class Common {
  readonly known = new Known();
  readonly #compilers = new Map<Backend, Compile>();

  /** How a backend compiles them. */
  compiler(of: Backend): Compile {
    const compile = this.#compilers.get(of) ?? of.compiler?.() ?? of.compile;
    this.#compilers.set(of, compile);
    return compile;
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
  const compile = common ? common.compiler(now) : now.compile;
  return compile?.(best, options) ?? Promise.resolve(new Interpreted(now, best, how));
}
