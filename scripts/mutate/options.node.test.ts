import { expect, it } from 'vitest';
import { readOptions, usage } from './options.js';

it('has a default for everything', () => {
  expect(readOptions([])).toEqual({
    files: expect.arrayContaining(['packages/formats/src/{graph,onnx}/**']),
    lines: [1, Infinity],
    limit: Infinity,
    seconds: 3600,
    seed: 1,
    workers: 1,
    report: 'mutants.json',
    list: false,
  });
});

it('takes what is said', () => {
  const said =
    '--files a/** --files b.ts --lines 4-8 --limit 5 --seconds 6 --seed 0 --workers 2 --list --report r';
  expect(readOptions(said.split(' '))).toEqual({
    ...{ files: ['a/**', 'b.ts'], lines: [4, 8], limit: 5, seconds: 6, seed: 0, workers: 2, list: true },
    report: 'r',
  });
});

it.each([
  ['--seconds 0', '--seconds 0: a whole number from 1 is needed'],
  ['--seed x', '--seed x: a whole number from 0 is needed'],
  ['--limit 1.5', '--limit 1.5: a whole number from 1 is needed'],
  ['--lines 8', '--lines 8: two line numbers are needed'],
  ['--lines 8-4', '--lines 8-4: two line numbers are needed'],
  ['--file a', "Unknown option '--file'"],
])('%s is refused', (said, message) => {
  expect(() => readOptions(said.split(' '))).toThrow(message);
});

it('helps, with every option', () => {
  expect(readOptions(['--seed', 'x', '--help'])).toBe('help');
  for (const name of Object.keys(readOptions([]))) expect(usage).toContain(`--${name}`);
});
