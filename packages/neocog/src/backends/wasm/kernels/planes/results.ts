// Results that lie as planes: sums of neighbouring pixels of a channel, finished and stored.

import { address, type Local, v128 } from '../../assembler/index.ts';
import { type Ending, storeFinished } from '../epilogue.ts';
import type { Row } from '../lanes.ts';
import type { Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';

/** Extras of kind channel are addresses of the first channel's value, those of kind pixel distances from the result. */
export interface PlanesEnding extends Ending {
  readonly p: Pointers;
}

/** Pixels of channel number `channel`, counted from where bias and extras point. */
export interface PixelRow extends Row {
  readonly at: Local<'i32'>;
  readonly offset: number;
  readonly channel: number;
}

export const storePixels = (e: PlanesEnding, sums: readonly Local<'v128'>[], row: PixelRow): void =>
  storeFinished(e, sums, {
    ...row,
    load: (extra, v) =>
      e.epilogue.extras[extra] === 'channel'
        ? v128.load32Splat(address(e.p[`extra${extra}`], row.channel * floatBytes))
        : v128.load(address(e.p[`extra${extra}`], row.at, row.offset + v * vectorBytes)),
  });

/** Finishes sums that lie in their places already, some vectors after the others; `at` moves behind them. */
export function finishPixels(e: PlanesEnding, sums: readonly Local<'v128'>[], row: PixelRow): void {
  const step = (lanes: number): void => {
    const own = sums.slice(0, Math.ceil(lanes / 4));
    own.forEach((sum, v) => e.f.set(sum, v128.load(address(row.at, row.offset + v * vectorBytes))));
    storePixels(e, own, { ...row, lanes });
    e.f.increase(row.at, lanes * floatBytes);
  };
  const most = 4 * sums.length;
  if (row.lanes >= most) e.f.repeat(Math.floor(row.lanes / most), () => step(most));
  if (row.lanes % most > 0) step(row.lanes % most);
}

/** As many as are finished side by side: the engine joins two. */
export const lateSums = ({ f, engine }: Pick<PlanesEnding, 'f' | 'engine'>): Local<'v128'>[] =>
  Array.from({ length: engine.wide ? 2 : 1 }, () => f.local('v128', 'late'));

/** Sums start from their channel's bias. */
export const firstSum = ({ epilogue, p }: Pick<PlanesEnding, 'epilogue' | 'p'>, channel: number) =>
  epilogue.bias ? v128.load32Splat(address(p.bias, channel * floatBytes)) : v128.const4F(0, 0, 0, 0);
