// A part that stands at several places of a network: its parameters are one, its keys are as many.

import { expect, it } from 'vitest';
import { compileTraining, manualSeed, mse, nn, optim, randn, summary } from '../index.ts';

function twice(): nn.Sequential {
  manualSeed(1);
  const part = new nn.Linear(4, 4);
  return new nn.Sequential(part, new nn.Tanh(), part);
}

it('a shared part has its parameters once, and all of its keys in the state dict', () => {
  const net = twice();
  expect(net.namedParameters().map(([key]) => key)).toEqual(['0.weight', '0.bias']);
  expect(net.parameters().length).toBe(2);
  expect(Object.keys(net.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
  expect(summary(net, [1, 4]).parameters).toBe(20);
});

it('a shared part learns from all its places, eagerly and compiled alike', async () => {
  const [x, y] = [randn([8, 4]), randn([8, 4])];
  const net = twice();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const other = twice();
  const trainer = await compileTraining(other, {
    input: [8, 4],
    loss: mse,
    optimizer: new optim.SGD(other.parameters(), { lr: 0.1 }),
    threads: 1,
  });
  for (let step = 0; step < 3; step++) {
    optimizer.zeroGrad();
    const loss = mse(net.forward(x), y);
    loss.backward();
    optimizer.step();
    expect((await trainer.step(x, y)).loss).toBeCloseTo(loss.item(), 5);
  }
  await trainer.sync();
  trainer.dispose();
  net.parameters().forEach((parameter, i) => {
    parameter.data.forEach((v, k) => expect(other.parameters()[i].data[k]).toBeCloseTo(v, 5));
  });
});
