// Steps by the operations themselves: forward, loss, backward; gradients of several batches averaged and clipped; the
// optimiser's step. A loss that is no number moves nothing.

import { numberOf } from '../data/evaluation.ts';
import type { Module } from '../nn/index.ts';
import { crossEntropy, mul } from '../ops/index.ts';
import { clipGradNorm, clipGradValue } from '../optim/clip.ts';
import { noGrad } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { FitOptions } from './options.ts';
import type { FitTrainer } from './parties.ts';

export function eagerSteps(module: Module, options: FitOptions): Pick<FitTrainer, 'step'> {
  if (!module.training) module.train();
  const { optimizer, loss = crossEntropy, accumulate = 1 } = options;
  const parameters = optimizer.parameters ?? module.parameters();
  let waiting = 0;
  const move = (): void => {
    average(parameters, waiting);
    if (options.clipNorm !== undefined) clipGradNorm(parameters, options.clipNorm);
    if (options.clipValue !== undefined) clipGradValue(parameters, options.clipValue);
    optimizer.step();
    waiting = 0;
  };
  return {
    async step(x, y, { last = false } = {}) {
      const output = module.forward(x);
      const value = loss(output, y);
      const number = numberOf('fit', value);
      if (!Number.isFinite(number)) return { loss: number, output, moved: false };
      if (waiting++ === 0) optimizer.zeroGrad();
      value.backward();
      const moved = last || waiting >= accumulate;
      if (moved) move();
      return { loss: number, output, moved };
    },
  };
}

/** Of the gradients of so many batches, which are sums now. */
function average(parameters: readonly Tensor[], batches: number): void {
  if (batches === 1) return;
  noGrad(() => {
    for (const p of parameters) if (p.grad) p.grad = mul(p.grad, 1 / batches);
  });
}
