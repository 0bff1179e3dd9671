// Group normalisation as files have it. A group of one value, which training could not learn from and neocog refuses as PyTorch
// does, is there: whatever the value, its distance from its mean is 0, and the shift is left.

import { add, groupNorm, mul, nn, reshape, sub, type Tensor } from 'neocog';
import { product } from '../shape.ts';

export interface GroupNormSettings {
  readonly groups: number;
  /** `[c]` */
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly eps: number;
}

/** x `[n, c, …]`; instance normalisation has as many groups as channels. */
export function normaliseGroups(x: Tensor, settings: GroupNormSettings): Tensor {
  const { groups, weight = null, bias = null, eps } = settings;
  const isSingle = groups === x.shape[1] && product(x.shape.slice(2)) === 1;
  if (!isSingle) return groupNorm(x, { groups, weight, bias, eps });
  const perChannel = (t: Tensor): Tensor => reshape(t, [1, groups, ...x.shape.slice(2)]);
  const distance = sub(x, x);
  const scaled = weight ? mul(distance, perChannel(weight)) : distance;
  return bias ? add(scaled, perChannel(bias)) : scaled;
}

export class GroupNorm extends nn.GroupNorm {
  protected override run(x: Tensor): Tensor {
    return normaliseGroups(x, this);
  }
}
