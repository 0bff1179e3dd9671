// A graph as something that the backend in use can run.

import { backend } from '../backends/current.ts';
import type { CompileOptions as BackendOptions, Executable } from '../backends/executable.ts';
import type { Graph } from '../backends/graph.ts';
import { Interpreted } from './interpreted.ts';
import { optimize } from './optimize.ts';
import { preferences } from './preferences.ts';

/** A graph made ready on the backend in use; one that does not compile carries it out node by node. */
export function executableOf(
  graph: Graph,
  how: Omit<BackendOptions, 'exactConvolution'>,
): Promise<Executable> {
  const now = backend();
  const best = optimize(graph, now, how.exact);
  const { exactConvolution } = preferences;
  const options = { ...how, exactConvolution };
  return now.compile?.(best, options) ?? Promise.resolve(new Interpreted(now, best, how));
}
