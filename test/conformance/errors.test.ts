// Calls that must be refused: every case of the reference vectors raises a NeocogError before anything is computed.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, loadSuite } from '../golden.ts';
import { call, construct, exported, groupByOp, type Params, type Tensor } from './harness.ts';

/** JSON has no NaN and no infinities: the vectors write them as words. */
const revive = (value: unknown): unknown =>
  value === 'NaN' ? Number.NaN : value === 'Infinity' ? Number.POSITIVE_INFINITY : value;

const zeros = (shape: unknown): Tensor => neocog.zeros(shape as number[]);
const maybe = (shape: unknown): Tensor | null => (shape ? zeros(shape) : null);

interface Attempt {
  readonly needs: string;
  readonly run: (params: Params) => unknown;
}

const convolution = (needs: string): Attempt => ({
  needs,
  run: ({ inputShape, weightShape, biasShape, stride, padding, dilation, groups, outputPadding }) =>
    call(needs, zeros(inputShape), zeros(weightShape), {
      ...{ bias: maybe(biasShape), stride, padding, dilation, groups },
      ...(outputPadding !== undefined && { outputPadding }),
    }),
});

const pooling = (needs: string): Attempt => ({
  needs,
  run: ({ inputShape, kernel, stride, padding, dilation, divisor_override: divisorOverride }) =>
    call(needs, zeros(inputShape), kernel, {
      ...{ stride, padding },
      ...(dilation !== undefined && { dilation }),
      ...(divisorOverride !== undefined && { divisorOverride }),
    }),
});

const adaptive = (needs: string): Attempt => ({
  needs,
  run: ({ inputShape, outputSize }) => call(needs, zeros(inputShape), outputSize),
});

const padding: Attempt = {
  needs: 'pad',
  run: ({ inputShape, pads, mode }) =>
    call('pad', zeros(inputShape), [[0, 0], [0, 0], ...(pads as number[][])], { mode }),
};

const optimiser = (name: string): Attempt => ({
  needs: `optim.${name}`,
  run: (options) => construct(`optim.${name}`, [neocog.zeros([3], { requiresGrad: true })], options),
});

const twoShapes = (needs: string): Attempt => ({
  needs,
  run: ({ inputShape, targetShape, weightShape }) =>
    call(needs, zeros(inputShape), zeros(targetShape ?? weightShape)),
});

function normaliseBatch({ inputShape, weightShape, runningShape, training }: Params): Tensor {
  const channels = [(inputShape as number[])[1]];
  // Only where the case is about something else are there proper statistics.
  const running = runningShape ?? (training === undefined ? channels : null);
  const options = { weight: maybe(weightShape), training };
  return call('batchNorm', zeros(inputShape), maybe(running), maybe(running), options);
}

function classify(params: Params): Tensor {
  const { inputShape, target, targetShape, classWeightsShape, labelSmoothing, reduction } = params;
  const labels = target
    ? neocog.tensor(target as number[], [(target as number[]).length], { dtype: 'int32' })
    : neocog.zeros(targetShape as number[], { dtype: 'int32' });
  const options = { weight: maybe(classWeightsShape), labelSmoothing, reduction };
  return call('crossEntropy', zeros(inputShape), labels, options);
}

const everyRank = (name: string, attempt: (needs: string) => Attempt): [string, Attempt][] =>
  [1, 2, 3].map((rank) => [`${name}${rank}d`, attempt(`${name}${rank}d`)]);

const attempts: Readonly<Record<string, Attempt>> = {
  ...Object.fromEntries(['conv', 'convTranspose'].flatMap((name) => everyRank(name, convolution))),
  ...Object.fromEntries(['maxPool', 'avgPool'].flatMap((name) => everyRank(name, pooling))),
  ...Object.fromEntries(['adaptiveAvgPool', 'adaptiveMaxPool'].flatMap((name) => everyRank(name, adaptive))),
  ...Object.fromEntries(everyRank('pad', () => padding)),
  batchNorm: { needs: 'batchNorm', run: normaliseBatch },
  instanceNorm: { needs: 'instanceNorm', run: ({ inputShape }) => call('instanceNorm', zeros(inputShape)) },
  groupNorm: {
    needs: 'groupNorm',
    run: ({ inputShape, groups }) => call('groupNorm', zeros(inputShape), { groups }),
  },
  layerNorm: {
    needs: 'layerNorm',
    run: ({ inputShape, normalizedShape }) => call('layerNorm', zeros(inputShape), { normalizedShape }),
  },
  crossEntropy: { needs: 'crossEntropy', run: classify },
  bce: {
    needs: 'bce',
    run: ({ input, target }) =>
      call('bce', neocog.tensor(input as number[]), neocog.tensor(target as number[])),
  },
  mse: twoShapes('mse'),
  bceWithLogits: twoShapes('bceWithLogits'),
  prelu: twoShapes('prelu'),
  linear: twoShapes('linear'),
  softmax: { needs: 'softmax', run: ({ inputShape, axis }) => call('softmax', zeros(inputShape), { axis }) },
  reshape: { needs: 'reshape', run: ({ inputShape, shape }) => call('reshape', zeros(inputShape), shape) },
  concat: {
    needs: 'concat',
    run: ({ shapes, axis }) => call('concat', (shapes as number[][]).map(zeros), { axis }),
  },
  sgd: optimiser('SGD'),
  adam: optimiser('Adam'),
  adamw: optimiser('AdamW'),
  rmsprop: optimiser('RMSprop'),
};

// PyTorch gives up where 'same' meets a stride; neocog defines it as ceil(input / stride) outputs.
const isDefinedHere = ({ params }: GoldenCase): boolean => params.padding === 'same' && params.stride === 2;

function declareOp(op: string, cases: readonly GoldenCase[]): void {
  const attempt = attempts[op];
  if (attempt && exported(attempt.needs) === undefined) {
    it(`${op}: ${cases.length} cases`, () => expect.fail(`neocog does not export ${attempt.needs}`));
    return;
  }
  it.each(cases.map((each) => [each.id, each.why ?? '', each] as const))(
    `${op} %s: %s`,
    (_id, _why, { params }) => {
      if (!attempt) throw new Error(`the table has no row for ${op}`);
      const revived = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, revive(value)]));
      expect(() => attempt.run(revived)).toThrow(neocog.NeocogError);
    },
  );
}

const suite = await loadSuite('errors');
const [defined, refused] = [
  suite.cases.filter(isDefinedHere),
  suite.cases.filter((each) => !isDefinedHere(each)),
];

describe('is refused', () => {
  for (const [op, cases] of groupByOp(refused)) declareOp(op, cases);
});

describe('is defined here', () => {
  it.each(defined.map((each) => [each.op, each] as const))("%s: 'same' with stride 2", (op, { params }) => {
    const output = attempts[op]?.run(params) as Tensor;
    const spatial = (params.inputShape as number[]).slice(2);
    expect(output.shape.slice(2)).toEqual(spatial.map((size) => Math.ceil(size / 2)));
  });
});
