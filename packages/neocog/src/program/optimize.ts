// The passes, in their order.

import type { Backend } from '../backends/backend.ts';
import type { Graph } from '../backends/graph.ts';
import { foldConstants } from './passes/foldConstants.ts';
import { foldScales } from './passes/foldScales.ts';
import { fuseMaps } from './passes/fuseMaps.ts';
import { normalForm } from './passes/normalForm.ts';
import { dropUnread } from './passes/rewrite.ts';

/** A graph that computes the same with less: `backend` computes what is known already. */
export function optimize(graph: Graph, backend: Backend): Graph {
  const known = foldConstants(normalForm(graph), backend);
  return dropUnread(fuseMaps(foldScales(known, backend)));
}
