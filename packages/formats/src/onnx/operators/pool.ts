// Pools of averages and norms, and of whole planes. Where neocog's pools do not take the padding, it is added before.

import { abs, div, nn, ones, pow, sqrt, sum, type Tensor } from 'neocog';
import { floatBytes, willMake } from '../../budget.ts';
import { operation } from '../../graph/operation.ts';
import { avgPoolLayers, avgPools } from '../../graph/ranks.ts';
import { toFloats } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { maxPoolOperators } from './maxPool.ts';
import { dropLast, isModest, optionsOf, padsFor, type Window, windowOf, withPads } from './window.ts';

const averagePool: Operator = {
  name: 'AveragePool',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    const window = windowOf(node);
    const { rank, kernel, padding } = window;
    const countIncludePad = node.int('count_include_pad', 0) === 1;
    if (typeof padding !== 'string' && isModest(window, padding)) {
      return new avgPoolLayers[rank](kernel, { ...optionsOf(window), padding, countIncludePad });
    }
    return operation('AveragePool', ([x]) => averageFreely(window, toFloats(x!), countIncludePad));
  },
};

function averageFreely(window: Window, x: Tensor, countIncludePad: boolean): Tensor {
  const { rank, kernel } = window;
  const padding = padsFor(window, x);
  if (isModest(window, padding)) {
    return avgPools[rank](x, kernel, { ...optionsOf(window), padding, countIncludePad });
  }
  if (countIncludePad) return poolPadded(window, x);
  const plane = [1, 1, ...x.shape.slice(2)];
  willMake(product(plane), 'it', floatBytes);
  return div(poolPadded(window, x, 1), poolPadded(window, ones(plane), 1));
}

/** Averages of windows over cells and padding alike, whatever its width, or with `divisor` 1 sums. */
function poolPadded(window: Window, x: Tensor, divisor?: number): Tensor {
  const { rank, kernel } = window;
  const options = { ...optionsOf(window), divisorOverride: divisor };
  return dropLast(window, avgPools[rank](withPads(x, padsFor(window, x)), kernel, options), x);
}

/** In opset 1 a float. */
const powerOf = (node: OnnxNode): number => (node.opset < 2 ? node.float('p', 2) : node.int('p', 2));

/** p-norm of windows, of magnitudes. */
const lpPool: Operator = {
  name: 'LpPool',
  limits: '1 to 3 spatial axes',
  build: (node) => {
    const window = windowOf(node);
    const p = powerOf(node);
    return operation('LpPool', ([input]) => {
      const x = toFloats(input!);
      return root(poolPadded(window, raise(x, p), 1), p);
    });
  },
};

/** Whole powers are products. */
const raise = (x: Tensor, p: number): Tensor => pow(abs(x), p);
/** The root of squares is exact, a power is not. */
const root = (x: Tensor, p: number): Tensor => (p === 2 ? sqrt(x) : pow(x, 1 / p));

const globalLpPool: Operator = {
  name: 'GlobalLpPool',
  limits: '',
  build: (node) => {
    const p = powerOf(node);
    return operation('GlobalLpPool', ([input]) => {
      const x = toFloats(input!);
      const axis = x.shape.map((_, d) => d).slice(2);
      return root(sum(raise(x, p), { axis, keepDims: true }), p);
    });
  },
};

export const poolOperators: readonly Operator[] = [
  ...maxPoolOperators,
  averagePool,
  lpPool,
  { name: 'GlobalAveragePool', limits: '', build: () => new nn.GlobalAvgPool() },
  { name: 'GlobalMaxPool', limits: '', build: () => new nn.GlobalMaxPool() },
  globalLpPool,
];
