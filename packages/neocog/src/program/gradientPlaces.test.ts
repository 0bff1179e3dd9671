// Gradients of every origin reach the parameters of a compiled step: computed, moved only, constant, shared, and those that other
// parameters are. The same steps at once are the judge, on whole numbers.

import { describe, expect, it } from 'vitest';
import {
  add,
  compileTraining,
  concat,
  flip,
  mul,
  nn,
  optim,
  reshape,
  slice,
  sum,
  type Tensor,
  tensor,
} from '../index.ts';

class TwoParameters extends nn.Module {
  readonly a = new nn.Parameter(tensor([[2, 3, 4, 5]]));
  readonly b = new nn.Parameter(tensor([[7, -3, 4, 1]]));
  readonly #formula: Formula;

  constructor(formula: Formula) {
    super();
    this.#formula = formula;
  }

  forward(x: Tensor): Tensor {
    return this.#formula(x, this.a, this.b);
  }
}

type Formula = (x: Tensor, a: Tensor, b: Tensor) => Tensor;

/** Turns an axis of one cell: values stay where they are. */
const turned = (a: Tensor): Tensor => flip(a, [0]);

const formulas: Record<string, Formula> = {
  'a sum, whose gradients are equal': (x, a, b) => add(add(x, a), b),
  'a product, whose gradients are the other parameters': (_, a, b) => mul(a, b),
  'a square': (_, a) => mul(a, a),
  'an axis of one cell turned': (x, a) => mul(x, turned(a)),
  'an axis of one cell turned, with a constant gradient': (x, a) => add(mul(x, 0), turned(a)),
  'a part of a concatenation': (x, a, b) => mul(x, slice(concat([a, b], { axis: 0 }), { end: 1 })),
  'a shape of the same values': (x, a) => reshape(mul(reshape(a, [4]), reshape(x, [4])), [1, 4]),
};

const losses: Record<string, (y: Tensor, target: Tensor) => Tensor> = {
  'the sum': (y) => sum(y),
  'the product with the target': (y, target) => sum(mul(y, target)),
};

const [x, target] = [tensor([[1, 2, 3, 4]]), tensor([[5, -1, 2, 3]])];
const descent = (module: nn.Module): optim.SGD => new optim.SGD(module.parameters(), { lr: 1 });

const valuesOf = ({ a, b }: TwoParameters): number[][] => [Array.from(a.data), Array.from(b.data)];

describe.each(Object.entries(losses))('with %s as the loss', (_, loss) => {
  it.each(Object.entries(formulas))('%s', async (_name, formula) => {
    const [eager, compiled] = [new TwoParameters(formula), new TwoParameters(formula)];
    const optimizer = descent(eager);
    const trainer = await compileTraining(compiled, { input: [1, 4], loss, optimizer: descent(compiled) });
    for (let step = 0; step < 2; step++) {
      optimizer.zeroGrad();
      loss(eager.forward(x), target).backward();
      optimizer.step();
      await trainer.step(x, target);
    }
    trainer.sync();
    trainer.dispose();
    expect(valuesOf(compiled)).toEqual(valuesOf(eager));
  });
});
