// The most that one thread can do: independent multiply-adds on registers, as many as hide their latency, with no memory at
// all. What share of it a layer reaches says how well it runs, whatever the machine.

import { address, f32x4, v128 } from './assembler/index.ts';
import { compiled } from './eager/compile.ts';
import { reserve } from './eager/memory.ts';
import { engine, engineName, multiplyAdd } from './engine.ts';
import { kernelParams } from './kernels/kernel.ts';

/** Floats of a vector. */
const lanes = 4;
/** Long beside the steps of a page's clock, which are up to a tenth of a millisecond. */
const turns = 400_000;
/** Where the vectors of the loop lie: at the beginning of the memory of eager operations, where no result stays. */
const at = 64;

/** `sums · turns` multiply-adds of vectors. */
function loopOf(sums: number): () => void {
  const madd = multiplyAdd(engine());
  const operands = ['at'] as const;
  const run = compiled({
    key: `peak ${sums} ${engineName(engine())}`,
    operands,
    units: 1,
    scratchBytes: 0,
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, params) => {
        const place = (i: number) => address(params.at, 16 * i);
        const totals = Array.from({ length: sums }, (_, i) => f.local('v128', `sum${i}`));
        const factors = [0, 1].map((i) => f.local('v128', `factor${i}`));
        factors.forEach((factor, i) => f.set(factor, v128.load(place(i))));
        const scale = f.local('v128', 'scale');
        f.set(scale, f32x4.splat(0.5));
        totals.forEach((sum, i) => f.set(sum, v128.load(place(2 + i))));
        f.repeat(turns, () => totals.forEach((sum, i) => f.set(sum, madd(scale, factors[i % 2], sum))));
        totals.forEach((sum, i) => f.run(v128.store(place(2 + i), sum)));
      }),
  });
  return () => run(at, 0, 1, 0);
}

/** Multiply-adds per second of the fastest of some calls. The first ones run before the engine has optimised the code. */
function rateOf(sums: number): number {
  const run = loopOf(sums);
  let best = Number.POSITIVE_INFINITY;
  for (let call = 0; call < 12; call++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start || Number.POSITIVE_INFINITY);
  }
  return (1000 * sums * turns * lanes) / best;
}

/** Multiply-adds per second that one thread can do at most. Takes about 20 milliseconds. */
export function measurePeak(): number {
  reserve(at + 16 * 64);
  return Math.max(rateOf(8), rateOf(12));
}
