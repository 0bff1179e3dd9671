// Normalisations over the last axes, from a given one on.

import { add, div, mean, mul, nn, sqrt, sub, type Tensor } from 'neocog';
import { type Arguments, Operation, operation, tensors } from '../../graph/operation.ts';
import { type OnnxNode, type Operator, setWeights } from '../node.ts';
import { axisOf } from './common.ts';

/** From where on values are normalised together. */
interface Normalised {
  readonly node: OnnxNode;
  readonly axis: number;
  readonly eps: number;
}

const normalisedBy = (node: OnnxNode): Normalised => ({
  node,
  axis: node.int('axis', -1),
  eps: node.float('epsilon', 1e-5),
});

/** Means over the axes that are normalised together. */
function meanOver(x: Tensor, { node, axis }: Normalised): (values: Tensor) => Tensor {
  const from = axisOf(node, axis, x.rank);
  const axes = x.shape.map((_, d) => d).slice(from);
  return (values) => mean(values, { axis: axes, keepDims: true });
}

export const layerNorm: Operator = {
  name: 'LayerNormalization',
  limits: '',
  build: (node) => {
    const how = normalisedBy(node);
    const { axis, eps } = how;
    const scale = node.weight(1);
    const known = scale && (!node.given(2) || node.weight(2)?.rank === scale.rank);
    if (known && axis < 0 && scale.rank === -axis && node.outputCount <= 1) {
      const module = new nn.LayerNorm(scale.shape, { eps, bias: node.given(2) });
      setWeights(module, { weight: node.parameter(1), bias: node.given(2) ? node.parameter(2) : null });
      return { module, inputs: [0] };
    }
    return node.withWeights(new Operation('LayerNormalization', layerNormBy(how)), [1, 2]);
  },
};

/** The result, the mean, and the inverse deviation. */
const layerNormBy =
  (how: Normalised) =>
  (inputs: Arguments): Tensor[] => {
    const [x, scale, shift] = tensors(inputs);
    const meanOf = meanOver(x!, how);
    const average = meanOf(x!);
    const distance = sub(x!, average);
    const inverse = div(1, sqrt(add(meanOf(mul(distance, distance)), how.eps)));
    const scaled = mul(mul(distance, inverse), scale!);
    return [shift ? add(scaled, shift) : scaled, average, inverse];
  };

/** x / √(mean of x² + ε) · scale */
export const rmsNorm: Operator = {
  name: 'RMSNormalization',
  limits: '',
  build: (node) => {
    const how = normalisedBy(node);
    const made = operation('RMSNormalization', (inputs) => {
      const [x, scale] = tensors(inputs) as [Tensor, Tensor];
      const root = sqrt(add(meanOver(x, how)(mul(x, x)), how.eps));
      return mul(div(x, root), scale);
    });
    return node.withWeights(made, [1]);
  },
};
