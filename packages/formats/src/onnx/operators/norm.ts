// Normalisations. With scales and shifts known at load they are neocog's layers.

import {
  abs,
  add,
  batchNorm,
  div,
  dropout,
  flip,
  localResponseNorm,
  maximum,
  mean,
  mul,
  nn,
  notEqual,
  ones,
  reshape,
  sqrt,
  sub,
  sum,
  type Tensor,
} from 'neocog';
import { willMake } from '../../budget.ts';
import { GroupNorm, normaliseGroups } from '../../graph/groupNorm.ts';
import { type Arguments, Operation, operation, tensors } from '../../graph/operation.ts';
import { HostArray, toFloats, type Value } from '../../graph/value.ts';
import { product } from '../../shape.ts';
import { type Built, type OnnxNode, type Operator, setWeights } from '../node.ts';
import { layerNorm, rmsNorm } from './layerNorm.ts';

/** Batch normalisation of `[n, c, …]` with any number of axes. */
class BatchNorm extends nn.BatchNorm2d {
  protected override checkRank(): void {}
}

/** Normalises each channel of each sample of `[n, c, …]`. */
class InstanceNorm extends nn.Module {
  declare readonly weight: nn.Parameter;
  declare readonly bias: nn.Parameter;
  readonly eps: number;

  constructor(eps: number) {
    super();
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    return normaliseGroups(x, { ...this, groups: this.weight.size });
  }

  override describe(): string {
    return `${this.weight.size}, eps ${this.eps}`;
  }
}

const batchNormOperator: Operator = {
  name: 'BatchNormalization',
  limits: 'before opset 14, no outputs of training',
  build: (node) => {
    const eps = node.float('epsilon', 1e-5);
    const momentum = node.float('momentum', 0.9);
    if (node.int('training_mode', 0) === 1)
      return new Operation('BatchNormalization', trainNorm(eps, momentum));
    if (node.outputCount > 1) node.refuse('it returns statistics, which only training mode computes');
    if (node.int('spatial', 1) === 0) {
      return node.withWeights(operation('BatchNormalization', normEach(eps)), [1, 2]);
    }
    const isLayer = [1, 2, 3, 4].every((i) => node.weight(i));
    if (isLayer) return batchLayer(node, eps, momentum);
    return operation('BatchNormalization', (inputs) => {
      const [x, weight, bias, runningMean, runningVar] = tensors(inputs);
      return batchNorm(x!, runningMean!, runningVar!, { weight: weight!, bias: bias!, eps });
    });
  },
};

function batchLayer(node: OnnxNode, eps: number, momentum: number): Built {
  // What ONNX calls momentum is the share of the past.
  const module = new BatchNorm(node.weight(1)!.size, {
    eps,
    momentum: Math.min(Math.max(1 - momentum, 0), 1),
  });
  const [runningMean, runningVar] = [3, 4].map((i) => copyOf(node.weight(i)!));
  setWeights(module, { weight: node.parameter(1), bias: node.parameter(2), runningMean, runningVar });
  return { module, inputs: [0] };
}

/** Before opset 9: statistics, scales and shifts of each place of a sample, which with spatial 0 are its shape. */
const normEach =
  (eps: number) =>
  (inputs: Arguments): Tensor => {
    const [x, weight, bias, runningMean, runningVar] = tensors(inputs) as Tensor[];
    const normal = div(sub(x, runningMean), sqrt(add(runningVar, eps)));
    return add(mul(normal, weight), bias);
  };

/** Statistics of one layer: training changes them. */
const copyOf = (t: Tensor): Tensor => mul(t, 1).detach();

/** The batch's own statistics, and the running ones moved by them. */
const trainNorm =
  (eps: number, momentum: number) =>
  (inputs: Arguments): Tensor[] => {
    const [x, weight, bias, runningMean, runningVar] = tensors(inputs) as Tensor[];
    const axis = x.shape.map((_, d) => d).filter((d) => d !== 1);
    const average = mean(x, { axis, keepDims: true });
    const distance = sub(x, average);
    const variance = mean(mul(distance, distance), { axis, keepDims: true });
    const spread = (t: Tensor): Tensor => reshape(t, average.shape);
    const normal = div(distance, sqrt(add(variance, eps)));
    const moved = (running: Tensor, now: Tensor): Tensor =>
      add(mul(running, momentum), mul(reshape(now, running.shape), 1 - momentum));
    return [
      add(mul(normal, spread(weight)), spread(bias)),
      moved(runningMean, average),
      moved(runningVar, variance),
    ];
  };

const instanceNormOperator: Operator = {
  name: 'InstanceNormalization',
  limits: '',
  build: (node) => {
    const eps = node.float('epsilon', 1e-5);
    if (node.weight(1) && node.weight(2)) {
      const module = new InstanceNorm(eps);
      setWeights(module, { weight: node.parameter(1), bias: node.parameter(2) });
      return { module, inputs: [0] };
    }
    return operation('InstanceNormalization', (inputs) => {
      const [x, weight, bias] = tensors(inputs);
      return normaliseGroups(x!, { groups: weight!.size, weight: weight!, bias: bias!, eps });
    });
  },
};

const groupNormOperator: Operator = {
  name: 'GroupNormalization',
  limits: '',
  build: (node) => {
    const eps = node.float('epsilon', 1e-5);
    const groups = node.int('num_groups', 1);
    const perChannel = node.opset >= 21;
    if (perChannel && node.weight(1) && node.weight(2)) {
      const module = new GroupNorm(groups, node.weight(1)!.size, { eps });
      setWeights(module, { weight: node.parameter(1), bias: node.parameter(2) });
      return { module, inputs: [0] };
    }
    return operation('GroupNormalization', (inputs) => {
      const [x, scale, shift] = tensors(inputs) as Tensor[];
      if (perChannel) return normaliseGroups(x, { groups, weight: scale, bias: shift, eps });
      // One scale per group.
      const rows = reshape(normaliseGroups(x, { groups, eps }), [
        x.shape[0],
        groups,
        product(x.shape.slice(1)) / groups,
      ]);
      const perGroup = (t: Tensor): Tensor => reshape(t, [1, groups, 1]);
      return reshape(add(mul(rows, perGroup(scale)), perGroup(shift)), x.shape);
    });
  },
};

/** x / (bias + α/size · Σ x²)^β over `size` neighbouring channels; of an even size one more lies after x's own than before. */
const localResponse: Operator = {
  name: 'LRN',
  limits: '',
  build: (node) => {
    const size = node.int('size', 1);
    const [alpha, beta, k] = [node.float('alpha', 1e-4), node.float('beta', 0.75), node.float('bias', 1)];
    const respond = (x: Tensor): Tensor => localResponseNorm(x, size, { alpha, beta, k });
    return operation('LRN', ([input]) => {
      const x = toFloats(input!);
      // neocog's windows, as PyTorch's, have the one more before.
      return size % 2 === 1 ? respond(x) : flip(respond(flip(x, [1])), [1]);
    });
  },
};

const lpNorm: Operator = {
  name: 'LpNormalization',
  limits: '',
  build: (node) => {
    const [axis, p] = [node.int('axis', -1), node.int('p', 2)];
    return operation('LpNormalization', ([input]) => {
      const x = toFloats(input!);
      const powers = sum(p === 1 ? abs(x) : mul(x, x), { axis, keepDims: true });
      const norm = p === 1 ? powers : sqrt(powers);
      return div(x, maximum(norm, 1e-12));
    });
  },
};

const meanVariance: Operator = {
  name: 'MeanVarianceNormalization',
  limits: '',
  build: (node) => {
    const [axis, scales] = meanAxes(node);
    return operation('MeanVarianceNormalization', ([input]) => {
      const x = toFloats(input!);
      const distance = sub(x, mean(x, { axis, keepDims: true }));
      if (!scales) return distance;
      const deviation = sqrt(mean(mul(distance, distance), { axis, keepDims: true }));
      return div(distance, add(deviation, 1e-9));
    });
  },
};

/** The axes, and whether the deviation counts; before opset 9 in the words of the experimental operator. */
const meanAxes = (node: OnnxNode): [axis: number[], scales: boolean] => {
  if (node.opset >= 9) return [node.ints('axes') ?? [0, 2, 3], true];
  const axis = node.int('across_channels', 0) === 1 ? [1, 2, 3] : [2, 3];
  return [axis, node.int('normalize_variance', 1) === 1];
};

const dropoutOperator: Operator = {
  name: 'Dropout',
  limits: 'drops while the network trains; refuses a training_mode that is computed',
  build: (node) => {
    const ratio = node.opset < 12 ? node.float('ratio', 0.5) : (node.constant(1)?.data[0] ?? 0.5);
    const isAsked = node.given(2) && !node.constant(2);
    if (node.outputCount <= 1 && !isAsked) return { module: new nn.Dropout(ratio), inputs: [0] };
    const made: Operation = new Operation('Dropout', (inputs) => {
      if (isAsked) refuseTraining(node, inputs);
      return withMask(toFloats(inputs[0]!), ratio, made.training);
    });
    return made;
  },
};

function refuseTraining(node: OnnxNode, [, ratio, training]: Arguments): void {
  const drops = node.read(training!).data[0] !== 0 && (ratio ? node.read(ratio).data[0] : 0.5) > 0;
  if (drops)
    node.refuse(
      'training_mode is true, which asks for random results; leave it out, and call train() on the network',
    );
}

/** The values and which of them were kept: in evaluation all. */
function withMask(x: Tensor, ratio: number, training: boolean): Value[] {
  willMake(x.size);
  if (!training) return [x, new HostArray('bool', new Float64Array(x.size).fill(1), x.shape)];
  const factors = dropout(ones(x.shape), { p: ratio });
  return [mul(x, factors), notEqual(factors, 0)];
}

export const normOperators: readonly Operator[] = [
  batchNormOperator,
  instanceNormOperator,
  groupNormOperator,
  layerNorm,
  rmsNorm,
  localResponse,
  lpNorm,
  meanVariance,
  dropoutOperator,
];
