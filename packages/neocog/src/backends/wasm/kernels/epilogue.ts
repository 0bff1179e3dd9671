// What happens to a sum on its way to memory: a bias, an activation, the addition of a residual.

import { type Expr, nodesOf, operands } from '../../../expression/expression.ts';
import { isSlow } from '../../../expression/slow.ts';
import type { Func } from '../assembler/index.ts';
import type { Engine } from '../engine.ts';
import { emitFormula } from '../fused/formula.ts';
import type { Vector } from '../fused/math.ts';

export interface Epilogue {
  /** Add a value per output channel. */
  readonly bias: boolean;
  /** Over input 0, the sum with its bias, and inputs 1 …, the extras. Null for the sum as it is. */
  readonly formula: Expr | null;
  /**
   * What the formula's further inputs are: `pixel`, an array laid out as the result; `channel`, one value per result
   * channel.
   */
  readonly extras: readonly ('pixel' | 'channel')[];
}

export const plainEpilogue: Epilogue = { bias: false, formula: null, extras: [] };

/** Names an epilogue in a kernel's key. */
export const epilogueKey = (e: Epilogue): string =>
  `${e.bias ? 'bias ' : ''}${e.formula ? `f${e.formula.id}(${e.extras.join(',')})` : 'sum'}`;

/** The operand names of an epilogue's extras, in order: `extra0`, `extra1`, …. */
export const extraNames = (e: Epilogue): string[] => e.extras.map((_, i) => `extra${i}`);

/**
 * Code for the finished value of four lanes. `sum` has its bias already; `load(i)` gives extra `i` at the same place. A
 * formula may use `sum` more than once: pass a local.
 */
export function finish(
  f: Func,
  e: Epilogue,
  sum: Vector,
  load: (extra: number) => Vector,
  { fma }: Engine,
): Vector {
  if (!e.formula) return sum;
  const leaves = {
    fma,
    input: (index: number) => (index === 0 ? sum : load(index - 1)),
    position: (): Vector => {
      throw new Error('an epilogue has no coordinates');
    },
  };
  return emitFormula(f, e.formula, leaves);
}

const mostInline = 6;

/**
 * Whether a formula would crowd the sums out of their registers. Then sums are stored as they are, and finished in a second
 * loop over the same row while it is in the cache; the result must not lie where one of the extras is.
 */
export function isLate({ formula }: Pick<Epilogue, 'formula'>): boolean {
  if (!formula) return false;
  const steps = nodesOf(formula).filter((node) => operands(node).length > 0);
  return steps.length > mostInline || steps.some(isSlow);
}
