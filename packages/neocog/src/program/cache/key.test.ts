import { expect, it } from 'vitest';
import { Digest } from '../../backends/wasm/digest.ts';
import * as e from '../../expression/expression.ts';
import { keyOf } from './key.ts';

const key = (...parts: unknown[]): string => keyOf(parts, new Digest());

it('is the same for data that says the same, whatever shares an object', () => {
  const axis = { input: 7, kernel: 3 };
  expect(key({ axes: [axis, axis] })).toBe(key({ axes: [{ ...axis }, { ...axis }] }));
  expect(key(Float32Array.of(1, 2))).toBe(key(Float32Array.of(1, 2)));
});

it('does not depend on the numbers that a process gives', () => {
  expect(key({ id: 3, size: 2 })).toBe(key({ id: 4, size: 2 }));
});

it.each<[string, unknown, unknown]>([
  ['numbers', { a: 1 }, { a: 2 }],
  ['zeros', { a: 0 }, { a: -0 }],
  ['a number and its text', { a: 1 }, { a: '1' }],
  ['nothing and no key', { a: null }, {}],
  ['lists and lists of lists', [[1], 2], [[1, 2]]],
  ['texts', ['a,b'], ['a', 'b']],
  ['formulas', e.add(e.input(0), e.input(1)), e.sub(e.input(0), e.input(1))],
  ['inputs of formulas', e.sub(e.input(0), e.input(1)), e.sub(e.input(1), e.input(0))],
  ['values', Float32Array.of(1, 2), Float32Array.of(1, 3)],
  ['types of values', Float32Array.of(0), Int32Array.of(0)],
  [
    'lengths of values',
    [Float32Array.of(1), Float32Array.of(2, 3)],
    [Float32Array.of(1, 2), Float32Array.of(3)],
  ],
])('tells %s apart', (_, one, other) => {
  expect(key(one)).not.toBe(key(other));
});

it('tells which array is read, of arrays that are alike', () => {
  const [a, b] = [0, 1].map((id) => ({ id, size: 2, source: 'node', data: null }));
  expect(key([a, b, { inputs: [a] }])).not.toBe(key([a, b, { inputs: [b] }]));
});
