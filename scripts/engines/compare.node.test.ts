// That engines which disagree, crash or are missing are failures.

import { expect, it } from 'vitest';
import { compare, type Row } from './compare.js';

const report = (simd: string, results: Record<string, string>) => ({ simd, threads: 2, note: null, results });
const row = (name: string, simd: string, results: Record<string, string>): Row => ({
  ...{ name, version: '1.0', seconds: 1 },
  report: report(simd, results),
});
const counts = (rows: Row[], strict = false): number[] => {
  const { passed, failed, skipped } = compare(rows, strict);
  return [passed, failed, skipped];
};

const [a, b, c] = ['A', 'B', 'C'].map((name) =>
  row(name, 'fma', { conv: '11', 'run ×1': '22', 'run ×2': '22' }),
);

it('engines that agree pass', () => {
  const other = row('D', 'mul+add', { conv: '12', 'run ×1': '23', 'run ×2': '23' });
  expect(counts([a, b, c, other])).toEqual([4, 0, 0]);
  expect(compare([a, other], true).text).toMatch(
    /^engine +kernels +threads +conv +run ×1 +run ×2 +seconds\nA 1.0 +fma/,
  );
});

it('one that has other bits than its family fails, and is named', () => {
  const odd = row('D', 'fma', { conv: '99', 'run ×1': '22', 'run ×2': '22' });
  expect(counts([odd, a, b, c])).toEqual([3, 1, 0]);
  expect(compare([odd, a, b], false).text).toContain('D 1.0: conv is 99, others with fma have 11');
});

it('one whose threads change its bits fails', () => {
  expect(counts([row('D', 'fma', { 'run ×1': '1', 'run ×2': '2' })])).toEqual([0, 1, 0]);
});

it('what is to be exact is right in every family, whatever most have', () => {
  const exact = ['right', 'pictures', 'pictures'].map((is, i) => row(`E${i}`, 'fma', { exact: is }));
  expect(counts(exact)).toEqual([1, 2, 0]);
  expect(compare(exact, false).text).toContain('E1 1.0: exact is pictures');
});

it('one that crashes fails, and one that is missing fails where nothing may be left out', () => {
  const crashed: Row = { name: 'D', version: '1.0', failure: 'it did not end by itself' };
  const missing: Row = { name: 'E', version: '', missing: 'apt-get install e' };
  expect(counts([a, crashed, missing])).toEqual([1, 1, 1]);
  expect(counts([a, crashed, missing], true)).toEqual([1, 2, 0]);
  const { text, failures } = compare([a, crashed, missing], true);
  expect(failures).toEqual(['D 1.0 failed: it did not end by itself', 'E was not found: apt-get install e']);
  expect(text).toContain(failures.join('\n'));
});
