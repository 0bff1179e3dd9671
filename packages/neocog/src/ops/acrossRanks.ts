// Tensors of several ranks in one computation, and the way back through them: only in a training step that is compiled for a
// world.

import { effects } from '../backends/current.ts';
import { record, type Tensor } from '../tensor/tensor.ts';

/** The tensors `[k]` of all ranks, one below the other: `[ranks, k]`. */
export function gatherRanks(x: Tensor, ranks: number): Tensor {
  const data = effects().exchange(x.data, { way: 'gather', bulk: null });
  const rule = (gradient: Tensor): Tensor => scatterRanks(gradient, ranks);
  return record(data, [ranks, x.size], { name: 'gather', inputs: [x], rules: [rule] });
}

/** Of tensors `[ranks, k]`, the sum over all ranks of the row that is this rank's: the adjoint of gathering. */
function scatterRanks(x: Tensor, ranks: number): Tensor {
  const data = effects().exchange(x.data, { way: 'scatter', bulk: null });
  const rule = (gradient: Tensor): Tensor => gatherRanks(gradient, ranks);
  return record(data, [x.size / ranks], { name: 'scatter', inputs: [x], rules: [rule] });
}
