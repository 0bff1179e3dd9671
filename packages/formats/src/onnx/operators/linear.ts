// Matrix products. A product with a weight that is known at load is neocog's linear layer.

import { add, matmul, mul, nn, reshape, type Tensor, transpose } from 'neocog';
import { productBy } from '../../graph/broadcast.ts';
import { einsum, parseEquation } from '../../graph/einsum.ts';
import { operation, tensors } from '../../graph/operation.ts';
import { toFloats } from '../../graph/value.ts';
import { shown } from '../../shown.ts';
import { type OnnxNode, type Operator, setWeights } from '../node.ts';
import { scaledLinear, scaledProduct } from './wholeSums.ts';

const isQuantised = (node: OnnxNode): boolean => node.isDequantised(0) && node.isDequantised(1);

/** α·op(A)·op(B) + β·C */
const gemm: Operator = {
  name: 'Gemm',
  limits: '',
  build: (node) => {
    const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
    const [turnA, turnB] = [node.int('transA', 0) === 1, node.int('transB', 0) === 1];
    const weight = isQuantised(node) ? undefined : node.weight(1);
    const shift = node.given(2) ? node.weight(2) : undefined;
    const features = weight?.shape[turnB ? 0 : 1];
    const plainBias =
      !node.given(2) || (beta === 1 && shift && shift.size === features && shift.shape.at(-1) === features);
    if (weight?.rank === 2 && !turnA && alpha === 1 && plainBias) {
      const module = new nn.Linear(weight.shape[turnB ? 1 : 0], features!, { bias: node.given(2) });
      const bias = node.given(2) ? node.parameter(2, 'flat', (t) => reshape(t, [t.size])) : null;
      setWeights(module, {
        weight: turnB ? node.parameter(1) : node.parameter(1, 'turned', turned),
        bias,
      });
      return { module, inputs: [0] };
    }
    const made = operation('Gemm', (inputs) => {
      const [a, b, c] = tensors(inputs);
      const product =
        (turnA ? null : (turnB ? scaledLinear : scaledProduct)(inputs[0], inputs[1])) ??
        matmul(turnA ? transpose(a!) : a!, turnB ? transpose(b!) : b!);
      const scaled = alpha === 1 ? product : mul(product, alpha);
      return c ? add(scaled, beta === 1 ? c : mul(c, beta)) : scaled;
    });
    return node.withWeights(made, [0, 1, 2]);
  },
};

const turned = (t: Tensor): Tensor => transpose(t).detach();

const matmulOperator: Operator = {
  name: 'MatMul',
  limits: '',
  build: (node) => {
    const weight = isQuantised(node) ? undefined : node.weight(1);
    if (weight?.rank === 2) {
      const module = new nn.Linear(weight.shape[0], weight.shape[1], { bias: false });
      setWeights(module, { weight: node.parameter(1, 'turned', turned) });
      return { module, inputs: [0] };
    }
    const made = operation(
      'MatMul',
      ([a, b]) => scaledProduct(a, b) ?? productBy(matmul, toFloats(a!), toFloats(b!)),
    );
    return node.withWeights(made, [0, 1]);
  },
};

/** Sums of products of one or two tensors, letters without repetition: `bij,bjk->bik`. */
const einsumOperator: Operator = {
  name: 'Einsum',
  limits: '',
  build: (node) => {
    const text = node.text('equation', '');
    const equation = parseEquation(text) ?? node.refuse(`the equation ${shown(text)} is not supported`);
    return operation('Einsum', (inputs) =>
      einsum(
        equation,
        inputs.map((value) => toFloats(value!)),
      ),
    );
  },
};

export const linearOperators: readonly Operator[] = [gemm, matmulOperator, einsumOperator];
