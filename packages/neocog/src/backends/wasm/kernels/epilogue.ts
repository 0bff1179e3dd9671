// What happens to a sum on its way to memory: a bias, an activation, the addition of a residual.

import { type Expr, nodesOf, operands } from '../../../expression/expression.ts';
import { isSlow } from '../../../expression/slow.ts';
import type { Func, Local } from '../assembler/index.ts';
import type { Engine } from '../engine.ts';
import { emitFormula } from '../fused/formula.ts';
import type { Vector } from '../fused/math.ts';
import { type Row, storePairs, storeRow } from './lanes.ts';
import { floatBytes } from './sizes.ts';

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
  /** Finished values are whole numbers of 16 bits, and stored as such, two channels to a word. */
  readonly pairs?: boolean;
}

export const plainEpilogue: Epilogue = { bias: false, formula: null, extras: [] };

/** Names an epilogue in a kernel's key. */
export const epilogueKey = (e: Epilogue): string =>
  `${e.bias ? 'bias ' : ''}${e.formula ? `f${e.formula.id}(${e.extras.join(',')})` : 'sum'}${e.pairs ? ' to pairs' : ''}`;

/** Bytes of a channel of the result. */
export const resultBytes = ({ pairs }: Epilogue): number => (pairs ? floatBytes / 2 : floatBytes);

/** What an epilogue reads besides the sum, in order: `bias`, `extra0`, `extra1`, …, and what each is. */
const lanesOf = (e: Epilogue): (readonly [name: string, kind: 'pixel' | 'channel'])[] => [
  ...(e.bias ? [['bias', 'channel'] as const] : []),
  ...e.extras.map((kind, i) => [`extra${i}`, kind] as const),
];

/** Their names: operands of every kernel that has an epilogue. */
export const laneOperands = (e: Epilogue): string[] => lanesOf(e).map(([name]) => name);

/** One value for each of them. */
export const laneArguments = <T>(
  e: Epilogue,
  make: (name: string, kind: 'pixel' | 'channel') => T,
): Record<string, T> => Object.fromEntries(lanesOf(e).map(([name, kind]) => [name, make(name, kind)]));

/** Where sums are finished. */
export interface Ending {
  readonly f: Func;
  readonly epilogue: Epilogue;
  readonly engine: Engine;
}

/**
 * Code for the finished value of four lanes. `sum` has its bias already; `load(i)` gives extra `i` at the same place. A
 * formula may use `sum` more than once: pass a local.
 */
export function finish(
  { f, epilogue, engine }: Ending,
  sum: Vector,
  load: (extra: number) => Vector,
): Vector {
  if (!epilogue.formula) return sum;
  const leaves = {
    fma: engine.fma,
    input: (index: number) => (index === 0 ? sum : load(index - 1)),
    position: (): Vector => {
      throw new Error('an epilogue has no coordinates');
    },
  };
  return emitFormula(f, epilogue.formula, leaves);
}

/** Where the finished values of a row go. */
export interface Results extends Row {
  /** Of extra `extra` and vector `v`. */
  load(extra: number, v: number): Vector;
}

/** Finishes sums and stores them. All loads come first: a store between them would keep V8 from pairing. */
export function storeFinished(e: Ending, sums: readonly Local<'v128'>[], results: Results): void {
  if (e.epilogue.formula)
    sums.forEach((sum, v) =>
      e.f.set(
        sum,
        finish(e, sum, (extra) => results.load(extra, v)),
      ),
    );
  if (e.epilogue.pairs) storePairs(e.f, sums, results);
  else storeRow(e.f, sums, results);
}

const mostInline = 6;

/**
 * Whether a formula would crowd the sums out of their registers. Then sums are stored as they are, and finished in a second
 * loop over the same row while it is in the cache; the result must not lie where one of the extras is. Sums do not fit where pairs go.
 */
export function isLate({ formula, pairs }: Pick<Epilogue, 'formula' | 'pairs'>): boolean {
  if (!formula || pairs) return false;
  const steps = nodesOf(formula).filter((node) => operands(node).length > 0);
  return steps.length > mostInline || steps.some(isSlow);
}

/** What is done to sums before they are stored, and to a finished row of them, if anything. */
export const splitLate = (e: Epilogue): { stored: Epilogue; late: Epilogue | null } =>
  isLate(e) ? { stored: { ...e, formula: null }, late: e } : { stored: e, late: null };
