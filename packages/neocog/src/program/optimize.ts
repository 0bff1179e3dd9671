// The passes, in their order.

import type { Backend } from '../backends/backend.ts';
import type { Graph } from '../backends/graph.ts';
import { normalForm } from '../backends/normalForm.ts';
import { foldConstants } from './passes/foldConstants.ts';
import { foldScales } from './passes/foldScales.ts';
import { fuseMaps } from './passes/fuseMaps.ts';
import { inlineMaps } from './passes/inlineMaps.ts';
import { joinSums } from './passes/joinSums.ts';
import { Known } from './passes/known.ts';
import { dropUnread } from './passes/rewrite.ts';
import { settleEmpty } from './passes/settleEmpty.ts';

export interface OptimizeOptions {
  /** Whether results are to be the same bits on every engine. Default false. */
  readonly exact?: boolean | undefined;
  /** Of graphs of the same network, for other sizes. */
  readonly known?: Known | undefined;
  /** Default: none. */
  readonly extra?: ExtraPasses | undefined;
}

type Pass = (graph: Graph) => Graph;

/** Passes between those that every graph has. */
export interface ExtraPasses {
  readonly beforeFusing?: Pass | undefined;
  /** Before sums over the same arrays are joined. */
  readonly afterFusing?: Pass | undefined;
  readonly last?: Pass | undefined;
}

const same: Pass = (graph) => graph;

/** A graph that computes the same with less: `backend` computes what is known already. */
export function optimize(graph: Graph, backend: Backend, options: OptimizeOptions = {}): Graph {
  const { exact = false, known = new Known(), extra = {} } = options;
  const { beforeFusing = same, afterFusing = same, last = same } = extra;
  const settled = foldConstants(normalForm(settleEmpty(graph)), backend, { exact, known });
  const folded = dropUnread(foldScales(settled, backend, { alike: exact, known }));
  // Convolutions and single readers first; what is left of maps then joins whoever reads it.
  const fused = fuseMaps(inlineMaps(fuseMaps(beforeFusing(folded))));
  return last(dropUnread(joinSums(afterFusing(fused))));
}
