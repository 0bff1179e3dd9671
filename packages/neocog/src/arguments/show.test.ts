import { describe, expect, it } from 'vitest';
import { show } from './show.ts';

const cyclic: unknown[] = [1];
cyclic.push(cyclic);

const hostile = new Proxy({}, { get: () => { throw new Error('not for you'); } }); // biome-ignore format: one line

describe('a value in an error', () => {
  it.each<[unknown, string]>([
    [Number.NaN, 'NaN'],
    [-0, '-0'],
    [10n, '10n'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['sam', "'sam'"],
    [Symbol('s'), 'Symbol(s)'],
    [() => undefined, 'a function'],
    [Math.max, 'function max'],
    [[1, 3, 32], '[1,3,32]'],
    [[1, [2, [3, [4, [5]]]]], '[1,[2,[3,[…]]]]'],
    [new Array(9).fill(0), '[0,0,0,0,0,0,0,0,…]'],
    [new Array(2), '[undefined,undefined]'],
    [cyclic, '[1,[1,[1,[…]]]]'],
    [{}, '{}'],
    [{ a: 1, b: 2, c: 3, d: 4 }, '{ a, b, c, … }'],
    [Object.create(null), '{}'],
    [new Map(), 'Map (an object)'],
    [new Float32Array(3), 'Float32Array of 12 bytes'],
    [{ constructor: { name: 5 }, shape: 1 }, '{ constructor, shape }'],
    [hostile, 'an object that cannot be read'],
    ['x'.repeat(100), `'${'x'.repeat(60)}…'`],
  ])('%# is short and on one line', (value, text) => {
    expect(show(value)).toBe(text);
  });
});
