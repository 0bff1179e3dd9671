// Normalisation layers against the reference vectors: values, gradients, and running statistics after training steps.

import { tensor } from 'neocog';
import { call, conform, type Inputs, type Params, type Table, type Tensor } from './harness.ts';

/** Three training steps on one pair of running statistics, then the first input again in evaluation. */
function batchNormSequence(inputs: Inputs, params: Params): Record<string, Tensor> {
  const { eps, momentum } = params;
  const [channels, steps] = [Number(params.channels), Number(params.steps)];
  const filled = (value: unknown) => tensor(new Float32Array(channels).fill(Number(value)), [channels]);
  const [mean, variance] = [filled(params.runningMean), filled(params.runningVar)];
  const affine = { weight: filled(params.weight), bias: filled(params.bias), eps };
  const results: Record<string, Tensor> = {};
  for (let step = 0; step < steps; step++) {
    // Without a momentum the running statistics are the average of all batches so far.
    const options = { ...affine, training: true, momentum: momentum ?? 1 / (step + 1) };
    results[`output${step}`] = call('batchNorm', inputs[`input${step}`], mean, variance, options);
    results[`runningMean${step}`] = tensor(mean.data, mean.shape);
    results[`runningVar${step}`] = tensor(variance.data, variance.shape);
  }
  return { ...results, evalOutput: call('batchNorm', inputs.input0, mean, variance, affine) };
}

const table: Table = {
  batchNorm: {
    needs: 'batchNorm',
    run: ({ input, runningMean = null, runningVar = null, weight, bias }, { training, momentum, eps }) => {
      const options = { weight, bias, training, momentum, eps };
      const output = call('batchNorm', input, runningMean, runningVar, options);
      return { output, ...(runningMean && { runningMean }), ...(runningVar && { runningVar }) };
    },
  },
  batchNormSequence: {
    needs: 'batchNorm',
    run: batchNormSequence,
    eagerOnly: () => 'copies the statistics between its steps, as no network does',
  },
  instanceNorm: {
    needs: 'instanceNorm',
    run: ({ input, weight, bias }, { eps }) => call('instanceNorm', input, { weight, bias, eps }),
  },
  groupNorm: {
    needs: 'groupNorm',
    run: ({ input, weight, bias }, { groups, eps }) =>
      call('groupNorm', input, { groups, weight, bias, eps }),
  },
  layerNorm: {
    needs: 'layerNorm',
    run: ({ input, weight, bias }, { normalizedShape, eps }) =>
      call('layerNorm', input, { normalizedShape, weight, bias, eps }),
  },
};

await conform('norm', table);
