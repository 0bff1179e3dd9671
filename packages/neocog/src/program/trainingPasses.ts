// The passes that only training steps have, apart from the others so that pages which train nothing do without them.

import type { ExtraPasses } from './optimize.ts';
import { askResults } from './passes/askResults.ts';
import { dropCopies } from './passes/dropCopies.ts';
import { factorLoops } from './passes/factorLoops.ts';
import { recomputeMaps } from './passes/recomputeMaps.ts';

/** @param recompute whether cheap maps are computed again instead of being kept */
export const trainingPasses = (recompute: boolean): ExtraPasses => ({
  beforeFusing: (graph) => askResults(dropCopies(graph)),
  afterFusing: factorLoops,
  last: recompute ? recomputeMaps : undefined,
});
