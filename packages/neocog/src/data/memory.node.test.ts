// A set of ten times the memory that it may take: 1,000 samples of 3 MB, of which 24 are under way, in processes of
// their own. What is garbage is collected before it is measured: when engines do so by themselves is their affair.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const loaderFile = new URL('./dataLoader.ts', import.meta.url).href;
const tensorFile = new URL('../tensor/tensor.ts', import.meta.url).href;
const megabytes = 3000;

const source = `data:text/javascript,${encodeURIComponent(`
import { Tensor } from ${JSON.stringify(tensorFile)};
export const open = (length) => ({
  length,
  get: async (i) => ({ image: new Tensor(new Float32Array(750000).fill(i), [3, 500, 500]), label: i }),
});`)}`;

const script = (workers: number): string => `
import { DataLoader } from ${JSON.stringify(loaderFile)};
const { open } = await import(${JSON.stringify(source)});
const recipe = { module: ${JSON.stringify(source)}, name: 'open', value: ${megabytes / 3} };
const dataset = { ...open(${megabytes / 3}), recipe };
const loader = new DataLoader(dataset, { batchSize: 8, prefetch: 2, workers: ${workers}, shuffle: true });
let [samples, most] = [0, 0];
const before = process.memoryUsage().rss;
for await (const { x } of loader) {
  samples += x.shape[0];
  gc();
  most = Math.max(most, process.memoryUsage().rss - before);
}
console.log(JSON.stringify({ samples, most: most / 1e6 }));`;

describe('a set larger than memory', () => {
  it.each([0, 2])('takes a tenth of its size with %i workers', (workers) => {
    const printed = execFileSync(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', script(workers)],
      {
        encoding: 'utf8',
      },
    );
    const { samples, most } = JSON.parse(printed);
    expect(samples).toBe(megabytes / 3);
    expect(most).toBeLessThan(megabytes / 10);
  });
});
