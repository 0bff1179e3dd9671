// Equal formulas are one object while anybody holds them, and those that nobody holds do not stay for ever.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as e from './expression.ts';
import { Interned } from './interned.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Weak references let go of what was read in a turn only when the turn has ended. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('interned formulas', () => {
  it('are one object for as long as one is held, however many came since', async () => {
    const held = e.add(e.input(0), e.constant(0.123));
    for (let i = 0; i < 50_000; i++) e.constant(1000 + i);
    await nextTurn();
    collect();
    expect(e.add(e.input(0), e.constant(0.123))).toBe(held);
  });

  it('never share a number', () => {
    const ids = Array.from({ length: 40_000 }, (_, i) => e.constant(1e6 + i / 2).id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('Interned', () => {
  it('lets go of what nobody holds, once enough came since', async () => {
    const table = new Interned<object>();
    const first = new WeakRef(table.add('first', {}));
    for (let i = 0; i < 2 ** 14; i++) table.add(String(i), {});
    await nextTurn();
    collect();
    expect(first.deref()).toBeUndefined();
    expect(table.get('first')).toBeUndefined();
  });

  it('keeps what came lately', async () => {
    const table = new Interned<object>();
    table.add('early', {});
    const last = new WeakRef(table.add('last', {}));
    await nextTurn();
    collect();
    expect(table.get('last')).toBe(last.deref());
    expect(last.deref()).toBeDefined();
  });
});
