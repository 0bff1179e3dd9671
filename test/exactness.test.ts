// Exact programs give the bits that are written down here, whatever the engine and however many threads; and they are plain
// sums, with what follows from that.

import * as neocog from 'neocog';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, overrideEngine } from '../packages/neocog/src/backends/wasm/engine.ts';
import { exactnessHashes, expectedHashes } from './exactness.ts';

let before: Engine | null = null;

afterEach(() => {
  if (before) overrideEngine(before);
  before = null;
});

describe('exact programs', () => {
  it('give the same bits on every engine', async () => {
    expect(await exactnessHashes(neocog)).toEqual(expectedHashes);
  });

  it('give them on two threads, and whatever the engine has', async () => {
    before = overrideEngine({ fma: false });
    overrideEngine({ keepsOrder: !before.keepsOrder });
    expect(await exactnessHashes(neocog, { threads: 2 })).toEqual(expectedHashes);
  });
});

describe('an exact convolution', () => {
  const { nn } = neocog;

  /** One that a program runs by Winograd's algorithm unless it is exact. */
  const layer = () => {
    neocog.manualSeed(3);
    return new nn.Conv2d(16, 16, 3, { padding: 1 });
  };

  async function outputOf(net: neocog.nn.Module, x: neocog.Tensor, exact: boolean): Promise<Float32Array> {
    const program = await neocog.compile(net, { input: x.shape, threads: 1, exact });
    const { data } = (await program.run(x)) as neocog.Tensor;
    program.dispose();
    return data as Float32Array;
  }

  it('adds products one by one, from the bias on, each rounded', async () => {
    const [net, x] = [layer(), neocog.randn([1, 16, 12, 12])];
    const [w, bias] = [net.weight.data, (net.bias as neocog.Tensor).data];
    const at = (channel: number, row: number, column: number): number =>
      row < 0 || column < 0 || row > 11 || column > 11
        ? 0
        : (x.data[(channel * 12 + row) * 12 + column] as number);
    const sumAt = (out: number, row: number, column: number): number => {
      let sum = bias[out] as number;
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++)
          for (let c = 0; c < 16; c++) {
            const product = Math.fround(
              (w[((out * 16 + c) * 3 + i) * 3 + j] as number) * at(c, row + i - 1, column + j - 1),
            );
            sum = Math.fround(sum + product);
          }
      return sum;
    };
    const got = await outputOf(net, x, true);
    const want = Float32Array.from(got, (_, i) =>
      sumAt(Math.floor(i / 144), Math.floor(i / 12) % 12, i % 12),
    );
    expect(got).toEqual(want);
    expect(await outputOf(net, x, false)).not.toEqual(want);
  });

  it('gives nothing below 0 of values that are not', async () => {
    const net = layer();
    net.weight.data.set(net.weight.data.map((v, i) => (i % 5 === 0 ? Math.abs(v) : 0)));
    (net.bias as neocog.Tensor).data.fill(0);
    const x = neocog.rand([1, 16, 24, 24]);
    x.data.set(x.data.map((v, i) => (i % 7 === 0 ? 1e6 * v : 0)));
    expect((await outputOf(net, x, true)).every((v) => v >= 0)).toBe(true);
    expect((await outputOf(net, x, false)).every((v) => v >= 0)).toBe(false);
  });

  it.each([Number.NaN, Infinity, -Infinity])('is spoilt by %d only where it is seen', async (value) => {
    const [net, x] = [layer(), neocog.randn([1, 16, 24, 24])];
    const before = await outputOf(net, x, true);
    x.data[5 * 576 + 10 * 24 + 13] = value;
    const after = await outputOf(net, x, true);
    const sees = (i: number): boolean =>
      Math.abs((Math.floor(i / 24) % 24) - 10) <= 1 && Math.abs((i % 24) - 13) <= 1;
    after.forEach((v, i) => {
      if (sees(i)) expect(Number.isFinite(v), `output ${i}`).toBe(false);
      else expect(v, `output ${i}`).toBe(before[i]);
    });
  });
});
