// The passes, in their order.

import type { Backend } from '../backends/backend.ts';
import type { Graph } from '../backends/graph.ts';
import { normalForm } from '../backends/normalForm.ts';
import { askResults } from './passes/askResults.ts';
import { dropCopies } from './passes/dropCopies.ts';
import { factorLoops } from './passes/factorLoops.ts';
import { foldConstants } from './passes/foldConstants.ts';
import { foldScales } from './passes/foldScales.ts';
import { fuseMaps } from './passes/fuseMaps.ts';
import { inlineMaps } from './passes/inlineMaps.ts';
import { joinSums } from './passes/joinSums.ts';
import { Known } from './passes/known.ts';
import { dropUnread } from './passes/rewrite.ts';
import { settleEmpty } from './passes/settleEmpty.ts';

/**
 * A graph that computes the same with less: `backend` computes what is known already.
 *
 * @param exact whether results are to be the same bits on every engine
 * @param known of graphs of the same network, for other sizes
 */
export function optimize(graph: Graph, backend: Backend, exact = false, known = new Known()): Graph {
  const settled = foldConstants(normalForm(settleEmpty(graph)), backend, { exact, known });
  const folded = dropUnread(foldScales(settled, backend, { alike: exact, known }));
  const isTraining = graph.updates.length > 0;
  const before = isTraining ? askResults(dropCopies(folded)) : folded;
  // Convolutions and single readers first; what is left of maps then joins whoever reads it.
  const fused = fuseMaps(inlineMaps(fuseMaps(before)));
  return dropUnread(joinSums(isTraining ? factorLoops(fused) : fused));
}
