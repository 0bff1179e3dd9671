// Where a machine's code comes from: it is assembled from steps, or has been before.

import { type Assembled, assemble, type Routine } from './assemble.ts';
import type { MachineCode } from './code.ts';
import { type Layout, layOut } from './layout.ts';

export interface CodeSource {
  /** Where things lie for so many threads, on memory that is shared or not. */
  layOut(threads: number, shared?: boolean): Layout;
  /** The code for one of its layouts. */
  assemble(layout: Layout): Assembled;
}

/** Code as data: for one layout. */
export interface MadeCode {
  readonly layout: Layout;
  readonly bytes: Assembled['bytes'];
  readonly routines: readonly (readonly [name: string, Routine])[];
}

export const sourceOf = (code: MachineCode | CodeSource): CodeSource =>
  'routines' in code
    ? {
        layOut: (threads, shared) => layOut(code, threads, shared),
        assemble: (layout) => assemble(code, layout),
      }
    : code;

/** @param again what it was made of: for other layouts, and to read it */
export function madeSource(made: MadeCode, again: () => MachineCode): CodeSource {
  const { layout, bytes, routines } = made;
  const { threads, shared } = layout;
  const text = (): string => {
    const code = again();
    return assemble(code, layOut(code, threads, shared)).text();
  };
  return {
    layOut: (wanted, isShared = wanted > 1) =>
      wanted === threads && isShared === shared ? layout : layOut(again(), wanted, isShared),
    assemble: (wanted) =>
      wanted === layout ? { bytes, routines: new Map(routines), text } : assemble(again(), wanted),
  };
}
