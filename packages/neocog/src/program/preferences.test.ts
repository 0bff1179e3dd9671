import { expect, it } from 'vitest';
import { compile, configure, nn, ShapeError } from '../index.ts';
import { preferences, threadsOf } from './preferences.ts';

it('programs run on one thread, and sum as suits them, unless they are told otherwise', async () => {
  expect(preferences).toEqual({ threads: 1, exactConvolution: false });
  expect([threadsOf('f'), threadsOf('f', 3)]).toEqual([1, 3]);
  const program = await compile(new nn.ReLU(), { input: [4] });
  expect(program.explain()).toMatchObject({ threads: 1, note: null });
  program.dispose();
});

it('configure says otherwise', () => {
  configure({ threads: 4 });
  try {
    expect([threadsOf('f'), threadsOf('f', 3)]).toEqual([4, 3]);
    configure({ exactConvolution: true });
    expect(preferences).toEqual({ threads: 4, exactConvolution: true });
  } finally {
    configure({ threads: 1, exactConvolution: false });
  }
});

it.each([0, -1, 1.5, Number.NaN, '2'])('%o threads are refused', (threads) => {
  expect(() => threadsOf('compile', threads as number)).toThrow(ShapeError);
  expect(() => threadsOf('compile', threads as number)).toThrow(
    /^compile: threads is .*; give a whole number/,
  );
});
