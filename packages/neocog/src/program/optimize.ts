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
import { recomputeMaps } from './passes/recomputeMaps.ts';
import { dropUnread } from './passes/rewrite.ts';
import { settleEmpty } from './passes/settleEmpty.ts';

export interface OptimizeOptions {
  /** Whether results are to be the same bits on every engine. Default false. */
  readonly exact?: boolean | undefined;
  /** Of graphs of the same network, for other sizes. */
  readonly known?: Known | undefined;
  /** Whether a training step computes cheap maps again instead of keeping them. Default false. */
  readonly recompute?: boolean | undefined;
}

/** A graph that computes the same with less: `backend` computes what is known already. */
export function optimize(graph: Graph, backend: Backend, options: OptimizeOptions = {}): Graph {
  const { exact = false, known = new Known(), recompute = false } = options;
  const settled = foldConstants(normalForm(settleEmpty(graph)), backend, { exact, known });
  const folded = dropUnread(foldScales(settled, backend, { alike: exact, known }));
  const isTraining = graph.updates.length > 0;
  const before = isTraining ? askResults(dropCopies(folded)) : folded;
  // Convolutions and single readers first; what is left of maps then joins whoever reads it.
  const fused = fuseMaps(inlineMaps(fuseMaps(before)));
  const joined = dropUnread(joinSums(isTraining ? factorLoops(fused) : fused));
  return recompute ? recomputeMaps(joined) : joined;
}
