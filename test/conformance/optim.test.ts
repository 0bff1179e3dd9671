// Optimisers against the reference vectors: 20 steps of a small network, its losses and its parameters on the way.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { compareValues, type GoldenCase, loadSuite, type Suite } from '../golden.ts';
import { backends, construct, exported, groupByOp, makeTensor, type Tensor } from './harness.ts';

interface Optimiser {
  step(): void;
  zeroGrad(): void;
}

const classes: Readonly<Record<string, string>> = {
  sgd: 'optim.SGD',
  adam: 'optim.Adam',
  adamw: 'optim.AdamW',
  rmsprop: 'optim.RMSprop',
  adagrad: 'optim.Adagrad',
};

/** The parameters by their names in the vectors, as they stand before the first step. */
function readParameters({ inputs }: GoldenCase, suite: Suite): Record<string, Tensor> {
  const parameters = Object.entries(inputs).filter(([name]) => name.endsWith('@0'));
  return Object.fromEntries(
    parameters.map(([name, ref]) => [name.slice(0, -2), makeTensor(suite, ref, true)]),
  );
}

function lossOf(p: Record<string, Tensor>, x: Tensor, y: Tensor): Tensor {
  const first = neocog.tanh(neocog.conv2d(x, p['conv1.weight'], { bias: p['conv1.bias'] }));
  const pooled = neocog.avgPool2d(first, 2);
  const second = neocog.tanh(neocog.conv2d(pooled, p['conv2.weight'], { bias: p['conv2.bias'], padding: 1 }));
  const logits = neocog.linear(neocog.flatten(second, { startAxis: 1 }), p['fc.weight'], {
    bias: p['fc.bias'],
  });
  return neocog.crossEntropy(logits, y);
}

/** Only what the case sets: so the defaults are checked as well. */
function optionsOf({ params }: GoldenCase): Record<string, unknown> {
  const known = Object.keys(params.defaults as object);
  return Object.fromEntries(Object.entries(params).filter(([key]) => known.includes(key)));
}

/** Everything in which the training differs from the vectors. */
function judgeTraining(each: GoldenCase, suite: Suite): string[] {
  const parameters = readParameters(each, suite);
  const [x, y] = [makeTensor(suite, each.inputs.x), makeTensor(suite, each.inputs.y)];
  const optimiser = construct<Optimiser>(classes[each.op], Object.values(parameters), optionsOf(each));
  const losses: number[] = [];
  const wrong: string[] = [];
  for (let step = 1; step <= Number(each.params.steps); step++) {
    optimiser.zeroGrad();
    const loss = lossOf(parameters, x, y);
    losses.push(loss.item());
    loss.backward();
    optimiser.step();
    wrong.push(...judgeParameters(parameters, each, { suite, step }));
  }
  const atol = Math.max(1e-5, 10 * Number(each.params.lossesF32err));
  const worst = compareValues(losses, each.params.losses as number[], { atol, rtol: 1e-4 });
  return worst ? [`loss ${worst}`, ...wrong] : wrong;
}

function judgeParameters(
  parameters: Record<string, Tensor>,
  each: GoldenCase,
  { suite, step }: { suite: Suite; step: number },
): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const ref = each.outputs[`${name}@${step}`];
    const worst = ref && suite.compare(value, ref);
    return worst ? [`${name}@${step} ${worst}`] : [];
  });
}

const suite = await loadSuite('optim');

describe.each(backends)('%s', (backend) => {
  for (const [op, cases] of groupByOp(suite.cases)) {
    const needs = classes[op] ?? op;
    if (exported(needs) === undefined) {
      it(`${op}: ${cases.length} cases`, () => expect.fail(`neocog does not export ${needs}`));
      continue;
    }
    const labelled = cases.map((each) => [each.id, JSON.stringify(optionsOf(each)), each] as const);
    it.each(labelled)(`${op} %s %s`, (_id, _options, each) => {
      const wrong = neocog.withBackend(backend, () => judgeTraining(each, suite));
      expect(wrong.join('; ')).toBe('');
    });
  }
});
