// Reading ahead: WebAssembly has no prefetch, but a load whose value nobody wants is one. Weights that come from memory or the last
// cache are touched a block before their use, a little in every turn of the loops, so that they arrive evenly while there is work.

import { address, type Func, i32, type Local } from '../assembler/index.ts';
import { lineBytes } from './sizes.ts';

export interface Ahead {
  readonly at: Local<'i32'>;
  readonly touched: Local<'i32'>;
}

/** Touches every line of the next `bytes`, and moves on behind them. */
export function touchAhead(f: Func, { at, touched }: Ahead, bytes: number): void {
  for (let offset = 0; offset < bytes; offset += lineBytes) f.set(touched, i32.load(address(at, offset)));
  f.increase(at, bytes);
}
