// The ways in which the same computation can run, all of which must give the same: engines, threads, programs that may use
// transforms or not, and the checked mode, in which no kernel may reach outside of its arrays.

import { setBackend } from '../../packages/neocog/src/backends/current.ts';
import { overrideEngine } from '../../packages/neocog/src/backends/wasm/engine.ts';
import { configure, Generator } from '../../packages/neocog/src/index.ts';
import { checkedBackend } from '../checked/backend.ts';
import { oneIn, pick } from './drawing.ts';

export interface Way {
  readonly fma: boolean;
  readonly threads: number;
  /** Of programs: whatever is fastest, convolutions as plain sums of products, or the same bits everywhere. */
  readonly sums: 'any' | 'plain' | 'exact';
  /** Every load and store is looked up among the arrays that the kernel was given. */
  readonly checked: boolean;
}

export const drawWay = (random: Generator): Way => ({
  fma: !oneIn(random, 4),
  threads: oneIn(random, 16) ? 2 : 1,
  sums: pick(random, ['any', 'any', 'plain', 'exact'] as const),
  checked: oneIn(random, 8),
});

/** Simpler ways to run the same. */
export function* simplerWays<C extends Way>(c: C): Iterable<C> {
  if (c.threads > 1) yield { ...c, threads: 1 };
  if (c.checked) yield { ...c, checked: false };
  if (c.sums !== 'any') yield { ...c, sums: 'any' };
}

/** Options of a program that runs this way. */
export const programOptions = ({ threads, sums }: Way): { threads: number; exact: boolean } => ({
  threads,
  exact: sums === 'exact',
});

/** Runs in a way; what is compiled meanwhile, too. */
export async function inWay<T>(way: Way, body: () => T | Promise<T>): Promise<T> {
  overrideEngine({ fma: way.fma });
  configure({ exactConvolution: way.sums === 'plain' });
  const before = way.checked ? setBackend(checkedBackend(new Generator(way.threads))) : null;
  try {
    return await body();
  } finally {
    if (before) setBackend(before);
    configure({ exactConvolution: false });
    overrideEngine({ fma: true });
  }
}
