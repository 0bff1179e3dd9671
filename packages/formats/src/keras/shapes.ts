// Layers of Keras that rearrange, merge or look up values, the dense layer, and activations as layers.

import {
  add,
  cast,
  concat,
  div,
  expand,
  matmul,
  maximum,
  minimum,
  mul,
  nn,
  permute,
  relu,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  unsqueeze,
} from 'neocog';
import { counted } from 'neocog/arguments';
import { type Compute, operation, tensorStep } from '../graph/operation.ts';
import type { Plan, Wire } from '../graph/plan.ts';
import { HostArray, toFloats, toTensor, type Value } from '../graph/value.ts';
import { fromStart } from '../shape.ts';
import { shown } from '../shown.ts';
import { boundedRelu, readActivation, thresholdedRelu } from './activations.ts';
import type { LayerConfig } from './config.ts';
import { anywhere, followedBy, type LayerReader, type LayerTable } from './reader.ts';

const dense: LayerReader = (config) => {
  const names = config.flag('use_bias', true) ? (['kernel', 'bias'] as const) : (['kernel'] as const);
  const weights: Record<string, Tensor> = config.weights<'kernel' | 'bias'>(names);
  const { kernel } = weights;
  if (kernel.rank !== 2) config.fail(`has a kernel of shape [${kernel.shape}] instead of two axes`);
  const module = new nn.Linear(kernel.shape[0], kernel.shape[1], { bias: 'bias' in weights });
  module.loadStateDict({ weight: transpose(kernel), ...('bias' in weights ? { bias: weights.bias } : {}) });
  return followedBy((plan, [x]) => plan.plain(config.name, module, [x], x.rank), readActivation(config));
};

const embeddingLayer: LayerReader = (config) => {
  if (config.flag('mask_zero', false)) config.refuse('has mask_zero, neocog has no masks; train it without');
  const { embeddings } = config.weights(['embeddings']);
  if (embeddings.rank !== 2) config.fail(`has embeddings of shape [${embeddings.shape}] instead of two axes`);
  const module = new nn.Embedding(embeddings.shape[0], embeddings.shape[1]);
  module.loadStateDict({ weight: embeddings });
  return (plan, [x]) => {
    const whole = operation('Cast', ([v]) => cast(toTensor(v!), 'int32'));
    const numbers = plan.plain(`${config.name}_cast`, whole, [x], x.rank);
    return plan.plain(config.name, module, [numbers], x.rank === undefined ? undefined : x.rank + 1);
  };
};

/** Merges all axes but the batch, in channels-last order whatever the order of the data. */
const flattening: LayerReader = (config) => {
  const first = config.value('data_format') !== undefined && config.channelsFirst;
  return (plan, [x]) => {
    const last =
      first && (x.rank ?? 0) > 2 ? plan.plain(`${config.name}_last`, channelsLast, [x], x.rank) : x;
    return plan.plain(config.name, new nn.Flatten(), [last], 2);
  };
};

const channelsLast = tensorStep('Transpose', (x) =>
  permute(x, [0, ...x.shape.slice(2).map((_, d) => d + 2), 1]),
);

const reshaping: LayerReader = (config) => {
  // TensorFlow.js writes null for the size that follows from the others.
  const given = config.value('target_shape');
  const target = (Array.isArray(given) ? given : [given]).map((n) => n ?? -1);
  if (!target.every(Number.isSafeInteger)) config.fail(`has target_shape ${shown(given)} instead of sizes`);
  const module = tensorStep('Reshape', (x) => reshape(x, [x.shape[0], ...target]));
  return (plan, [x]) => plan.plain(config.name, module, [x], target.length + 1);
};

const permuting: LayerReader = (config) => {
  const dims = config.numbers('dims');
  const module = tensorStep('Permute', (x) => permute(x, [0, ...dims]));
  return (plan, [x]) => plan.plain(config.name, module, [x], dims.length + 1);
};

const repeating: LayerReader = (config) => {
  const n = config.number('n');
  const module = tensorStep('RepeatVector', (x) => expand(unsqueeze(x, 1), [x.shape[0], n, x.shape[1]]));
  return (plan, [x]) => plan.plain(config.name, module, [x], 3);
};

/** A function of two tensors over all inputs, from the first on. */
const merged =
  (
    f: (a: Tensor, b: Tensor) => Tensor,
    finish: (x: Tensor, count: number) => Tensor = (x) => x,
  ): LayerReader =>
  (config) => {
    const module = operation(config.className, (values) => {
      const tensors = values.map((value) => toFloats(value!));
      return finish(tensors.reduce(f), tensors.length);
    });
    return (plan, inputs) => plan.elementwise(config.name, module, inputs);
  };

const concatenate: LayerReader = (config) => {
  const axis = config.number('axis', -1);
  const join = (at: number) =>
    operation('Concatenate', (values) =>
      concat(
        values.map((value) => toTensor(value!)),
        { axis: at },
      ),
    );
  return (plan, inputs) => plan.concat(config.name, axis, join, inputs);
};

/** Products of vectors along an axis of each, batch by batch. */
const dot: LayerReader = (config) => {
  const axes = config.numbers('axes');
  const normalize = config.flag('normalize', false);
  const unit = (x: Tensor, axis: number): Tensor =>
    normalize ? div(x, sqrt(maximum(sum(square(x), { axis, keepDims: true }), 1e-12))) : x;
  const compute: Compute = (values) => {
    const [a, b] = values.map((value) => toFloats(value!));
    const [left, right] = [axes[0], axes.at(-1)!].map((axis, i) => fromStart(axis, [a, b][i].rank));
    return [batchDot({ x: unit(a, left), axis: left }, { x: unit(b, right), axis: right })];
  };
  return (plan, inputs) => {
    if (inputs.length !== 2) config.refuse(`has ${counted(inputs.length, 'input')} instead of two`);
    const ranks = inputs.map(({ rank }) => rank);
    const rank = ranks.includes(undefined) ? undefined : Math.max(2, ranks[0]! + ranks[1]! - 2);
    return plan.plain(
      config.name,
      operation('Dot', (v) => compute(v)[0]),
      inputs,
      rank,
    );
  };
};

/** Vectors that lie along an axis. */
interface Vectors {
  readonly x: Tensor;
  readonly axis: number;
}

/** `[n, …a, k, …]` and `[n, …b, k, …]` → `[n, …a, …b]`, `[n, 1]` for two vectors. */
function batchDot({ x: a, axis: axisA }: Vectors, { x: b, axis: axisB }: Vectors): Tensor {
  const others = (x: Tensor, axis: number): number[] =>
    x.shape.map((_, d) => d).filter((d) => d > 0 && d !== axis);
  const [restA, restB] = [others(a, axisA), others(b, axisB)];
  const rows = reshape(permute(a, [0, ...restA, axisA]), [a.shape[0], -1, a.shape[axisA]]);
  const columns = reshape(permute(b, [0, axisB, ...restB]), [b.shape[0], b.shape[axisB], -1]);
  const shape = [...restA.map((d) => a.shape[d]), ...restB.map((d) => b.shape[d])];
  return reshape(matmul(rows, columns), [a.shape[0], ...(shape.length > 0 ? shape : [1])]);
}

/** x where it is positive, a learned slope · x elsewhere; a slope for each element that `weight` broadcasts to. */
class PReLU extends nn.Module {
  readonly weight: nn.Parameter;

  constructor(weight: Tensor) {
    super();
    this.weight = new nn.Parameter(weight);
  }

  forward(x: Tensor): Tensor {
    return sub(relu(x), mul(this.weight, relu(mul(x, -1))));
  }

  override describe(): string {
    return this.weight.shape.join('×');
  }
}

const prelu: LayerReader = (config) => {
  const { alpha } = config.weights(['alpha']);
  if (alpha.size !== alpha.shape.at(-1)) {
    const module = new PReLU(alpha);
    return (plan, [x]) => plan.plain(config.name, module, [x], x.rank);
  }
  const module = new nn.PReLU(alpha.size);
  module.loadStateDict({ weight: reshape(alpha, [alpha.size]) });
  return (plan, [x]) =>
    (x.rank ?? 0) > 2 ? plan.images(config.name, module, x) : plan.plain(config.name, module, [x], x.rank);
};

const softmaxLayer: LayerReader = (config) => {
  const axis = config.value('axis') === undefined ? -1 : (config.numbers('axis')[0] ?? -1);
  return (plan, [x]) => plan.alongAxis(config.name, (at) => new nn.Softmax(at), axis, x);
};

/** The first of two names that the configuration has; Keras 2 and 3 differ. */
const either = (config: LayerConfig, first: string, second: string): string =>
  config.value(first) === undefined ? second : first;

const identity: LayerReader = (config) => anywhere(config, new nn.Dropout(0));

export const shapeLayers: LayerTable = {
  Dense: dense,
  Embedding: embeddingLayer,
  Flatten: flattening,
  Reshape: reshaping,
  Permute: permuting,
  RepeatVector: repeating,
  Concatenate: concatenate,
  Add: merged(add),
  Subtract: merged(sub),
  Multiply: merged(mul),
  Average: merged(add, (x, count) => div(x, count)),
  Maximum: merged(maximum),
  Minimum: merged(minimum),
  Dot: dot,
  Activation: (config) => {
    const activate = readActivation(config);
    return (plan, [x]) => activate(plan, x);
  },
  ReLU: (config) => anywhere(config, boundedRelu(config)),
  LeakyReLU: (config) => {
    const slope = config.number(either(config, 'negative_slope', 'alpha'), 0.3);
    return anywhere(config, new nn.LeakyReLU({ negativeSlope: slope }));
  },
  ELU: (config) => anywhere(config, new nn.ELU({ alpha: config.number('alpha', 1) })),
  ThresholdedReLU: (config) => anywhere(config, thresholdedRelu(config.number('theta', 1))),
  PReLU: prelu,
  Softmax: softmaxLayer,
  Identity: identity,
};

/** Functions of two values that networks call without a layer: operators and their names in Keras 3 and TensorFlow. */
const binary: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  Add: add,
  Subtract: sub,
  Multiply: mul,
  Divide: div,
  TrueDivide: div,
  Maximum: maximum,
  Minimum: minimum,
  '__operators__.add': add,
  'math.add': add,
  '__operators__.sub': sub,
  'math.subtract': sub,
  '__operators__.mul': mul,
  'math.multiply': mul,
  '__operators__.truediv': div,
  'math.truediv': div,
  'math.divide': div,
  'math.maximum': maximum,
  'math.minimum': minimum,
};

/** The names of such functions. */
export const functionNames: readonly string[] = Object.keys(binary);

/** A function of two operands, of which one may be a number. Null for a name that is unknown. */
export function functionCall(
  kind: string,
): ((plan: Plan, name: string, inputs: readonly Wire[]) => Wire) | null {
  if (!Object.hasOwn(binary, kind)) return null;
  const f = binary[kind];
  const module = operation(kind, ([a, b]) => f(toFloats(a!), toFloats(b!)));
  return (plan, name, inputs) => plan.elementwise(name, module, inputs);
}

/** A number as an operand. */
export const scalar = (value: number): Value => new HostArray('float32', [value], []);
