// What `evaluate` counts, and in which mode it runs a network.

import { describe, expect, it } from 'vitest';
import { evaluate, type ForwardPass } from '../data/evaluation.ts';
import { BatchLoader } from '../data/loader.ts';
import { nn, type Tensor, tensor } from '../index.ts';

describe('evaluate', () => {
  /** Scores that are the input itself. */
  class Echo extends nn.Module {
    seen: boolean[] = [];
    forward(x: Tensor): Tensor {
      this.seen.push(this.training);
      return x;
    }
  }
  const scores = tensor([
    [3, 1, 0],
    [0, 1, 0],
    [0, 2, 1],
    [0, 0, 5],
  ]);
  const labels = tensor(Int32Array.of(0, 1, 2, 2));

  it('counts what was taken for what, in the order of the data set', async () => {
    const loader = new BatchLoader(scores, labels, { batchSize: 3, shuffle: true });
    const result = await evaluate(new Echo(), loader);
    expect(result.accuracy).toBe(0.75);
    expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, 2));
    expect(result.confusion).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
    ]);
    expect(result.confidences[2]).toBeCloseTo(Math.exp(2) / (1 + Math.exp(2) + Math.exp(1)));
    const rows = [0, 1, 2, 3].map((i) => [...scores.data.slice(3 * i, 3 * i + 3)]);
    const losses = rows.map(
      (row, i) => Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[labels.data[i]],
    );
    expect(result.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 4);
  });

  it('runs in evaluation mode and restores the mode', async () => {
    const module = new Echo();
    await evaluate(module, new BatchLoader(scores, labels));
    expect(module.seen).toEqual([false]);
    expect(module.training).toBe(true);
    module.eval();
    await evaluate(module, new BatchLoader(scores, labels));
    expect(module.training).toBe(false);
  });

  it('leaves a frozen part of a network in evaluation mode', async () => {
    const frozen = new Echo().eval();
    const network = new nn.Sequential(frozen, new Echo());
    await evaluate(network, new BatchLoader(scores, labels));
    expect([network.training, frozen.training]).toEqual([true, false]);
  });

  it('marks samples that the loader leaves out', async () => {
    const result = await evaluate(
      new Echo(),
      new BatchLoader(scores, labels, { batchSize: 3, dropLast: true }),
    );
    expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, -1));
  });

  it("runs batches of the program's shape through it, others through the module", async () => {
    const module = new Echo();
    const loader = new BatchLoader(scores, labels, { batchSize: 3 });
    const ran: number[][] = [];
    const run = async (x: Tensor): Promise<Tensor> => {
      ran.push([...x.shape]);
      return x;
    };
    const program: ForwardPass = { inputShape: [3, 3], run };
    const result = await evaluate(module, loader, { program });
    expect(ran).toEqual([[3, 3]]);
    expect(module.seen).toEqual([false]);
    expect(result).toEqual(await evaluate(new Echo(), loader));
  });
});
