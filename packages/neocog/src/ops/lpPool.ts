// Power-average pooling: the p-norm of each window. Gulcehre et al., "Learned-Norm Pooling", 2014.
// Not PyTorch's where inputs are negative and p is odd: the norm takes magnitudes, so that no root of a negative arises.

import { atLeast, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import * as e from '../expression/expression.ts';
import { kernelField, type PerAxis, type PoolOptions, perRank, poolFields } from '../geometry/options.ts';
import { poolScales } from '../geometry/pool.ts';
import type { PoolGeometry } from '../geometry/types.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse } from './fuse.ts';
import { windowSum } from './pool.ts';

/** Options of `lpPool1d`, `lpPool2d` and `lpPool3d`, which take no padding. */
export interface LpPoolOptions extends Pick<PoolOptions, 'stride' | 'dilation' | 'ceilMode' | 'layout'> {
  /** p of the norm, 1 or more. Default 2. */
  normType?: number | undefined;
}

export const lpPoolFields = perRank((rank): Fields<LpPoolOptions> => {
  const { stride, dilation, ceilMode, layout } = poolFields[rank];
  return { normType: atLeast(1), stride, dilation, ceilMode, layout };
});

const x = e.input(0);

const power = (p: number): e.Expr => (p === 2 ? e.mul(x, x) : e.pow(e.abs(x), p));
/** A sum of 0 has no slope: as in PyTorch, its gradient is 0. */
const root = (p: number): e.Expr => e.select(e.gt(x, 0), p === 2 ? e.sqrt(x) : e.pow(x, 1 / p), x);

/* @__NO_SIDE_EFFECTS__ */
function lpPool(rank: 1 | 2 | 3): (t: Tensor, kernel: PerAxis, options?: LpPoolOptions) => Tensor {
  const fn = `lpPool${rank}d`;
  return (t, kernel, options = {}) => {
    needOptions(fn, options, lpPoolFields[rank]);
    need(fn, 'kernel', kernel, kernelField[rank]);
    const { normType: p = 2, ...window } = options;
    floats(fn, 'input', t);
    const powers = fuse(fn, power(p), [t]);
    const scales = (g: PoolGeometry): Float32Array => poolScales(g, { divisorOverride: 1 });
    return fuse(fn, root(p), [windowSum({ fn, rank }, powers, { ...window, kernel, scales })]);
  };
}

/**
 * The p-norm `(Σ |x|^p)^(1/p)` of each window: `[n, c, w]` → `[n, c, w′]`. The stride is the kernel unless given; with
 * `ceilMode` a last window may hold fewer cells.
 *
 * @throws ShapeError if p is below 1 or the window is larger than the input.
 */
export const lpPool1d = lpPool(1);
/** The p-norm of each window: `[n, c, h, w]` → `[n, c, h′, w′]`; see `lpPool1d`. */
export const lpPool2d = lpPool(2);
/** The p-norm of each window: `[n, c, d, h, w]` → `[n, c, d′, h′, w′]`; see `lpPool1d`. */
export const lpPool3d = lpPool(3);
