// Quantised operators of onnxruntime (domain com.microsoft) as nodes of ONNX itself: DequantizeLinear before an operator and QuantizeLinear
// after it, which compile to sums of whole numbers where that is faster. Specification: docs/ContribOperators.md of
// https://github.com/microsoft/onnxruntime

import { UnsupportedError } from 'neocog';
import { describeNode, innerGraphs, nodeName } from './model.ts';
import type { AttributeProto, GraphProto, NodeProto } from './schema.ts';

const domain = 'com.microsoft';

/** A node on its way to several. */
class Parts {
  readonly nodes: NodeProto[] = [];
  readonly inputs: readonly string[];
  readonly #node: NodeProto;

  constructor(node: NodeProto) {
    this.#node = node;
    this.inputs = node.input;
  }

  /** A node of ONNX, and the name of its result. */
  add(opType: string, input: readonly string[], attribute: readonly AttributeProto[] = []): string {
    const output = this.#name();
    this.nodes.push({ opType, input: [...input], output: [output], attribute: [...attribute], name: output });
    return output;
  }

  #name(): string {
    return `${this.#node.output[0]} #${this.nodes.length}`;
  }

  /** The floats of a quantised value. */
  floats([value = '', scale = '', zero = '']: readonly string[], axis?: number): string {
    return this.add('DequantizeLinear', [value, scale, zero], axis === undefined ? [] : [int('axis', axis)]);
  }

  /** Bytes, scale and zero point for the range of a value. */
  bytes(value: string): string[] {
    const name = this.#name();
    const output = ['bytes', 'scale', 'zero'].map((what) => `${name} ${what}`);
    this.nodes.push({ opType: 'DynamicQuantizeLinear', input: [value], output, attribute: [], name });
    return output;
  }

  /** Ends with `value` as the result, or, with a scale, with what it is in whole numbers. */
  end(value: string, [scale = '', zero = '']: readonly string[] = []): void {
    const { output } = this.#node;
    const last = { output, name: nodeName(this.#node), attribute: [] };
    if (scale) this.nodes.push({ ...last, opType: 'QuantizeLinear', input: [value, scale, zero] });
    else this.nodes.push({ ...last, opType: 'Identity', input: [value] });
  }

  /** Ends with the same node of ONNX. */
  rename(opType: string): void {
    this.nodes.push({ ...this.#node, domain: '', opType, attribute: this.attributes });
  }

  /** Those of the operator itself. @throws UnsupportedError for channels last. */
  get attributes(): AttributeProto[] {
    if (this.int('channels_last', 0) !== 0) {
      throw new UnsupportedError(
        `${describeNode(this.#node)}: channels_last is set, which is not supported; export it with channels first`,
      );
    }
    return this.#node.attribute.filter(({ name }) => name !== 'channels_last' && name !== 'opset');
  }

  #attribute(name: string): AttributeProto | undefined {
    return this.#node.attribute.find((each) => each.name === name);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    return attribute ? (attribute.i ?? 0) : otherwise;
  }

  float(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    return attribute ? (attribute.f ?? 0) : otherwise;
  }
}

const int = (name: string, i: number): AttributeProto => ({ name, type: 2, i });
const float = (name: string, f: number): AttributeProto => ({ name, type: 1, f });

type Expansion = (parts: Parts) => void;

/** Of quantised values, each with its scale and zero point after it; those of the result come last. */
const quantised =
  (opType: string, count: number): Expansion =>
  (parts) => {
    const at = Array.from({ length: count }, (_, i) => 3 * i);
    const values = at.map((i) => parts.floats(parts.inputs.slice(i, i + 3)));
    parts.end(parts.add(opType, values, parts.attributes), parts.inputs.slice(3 * count));
  };

const renamed =
  (opType: string): Expansion =>
  (parts) =>
    parts.rename(opType);

/** The result's scale and zero point come first. */
const concat: Expansion = (parts) => {
  const { inputs } = parts;
  const count = Math.floor((inputs.length - 2) / 3);
  const values = Array.from({ length: count }, (_, i) => parts.floats(inputs.slice(2 + 3 * i, 5 + 3 * i)));
  parts.end(parts.add('Concat', values, parts.attributes), inputs);
};

/** Along the last axis unless told otherwise, in any opset. */
const softmax: Expansion = (parts) => {
  const { inputs } = parts;
  const y = parts.add('Softmax', [parts.floats(inputs.slice(0, 3))], [int('axis', parts.int('axis', -1))]);
  parts.end(y, inputs.slice(3));
};

const where: Expansion = (parts) => {
  const { inputs } = parts;
  const values = [1, 4].map((i) => parts.floats(inputs.slice(i, i + 3)));
  parts.end(parts.add('Where', [inputs[0], ...values]), inputs.slice(7));
};

/** α·(A·B + C), where C is of the scale of the products; floats where the result has no scale. */
const gemm: Expansion = (parts) => {
  const [a, aScale, aZero, b, bScale, bZero, bias = '', ...result] = parts.inputs;
  const turns = ['transA', 'transB'].map((name) => int(name, parts.int(name, 0)));
  const factors = [
    parts.floats([a, aScale, aZero]),
    parts.floats([b, bScale, bZero], parts.int('transB', 0) === 1 ? 0 : 1),
  ];
  if (bias) factors.push(parts.floats([bias, parts.add('Mul', [aScale, bScale])], 0));
  const alpha = parts.float('alpha', 1);
  parts.end(parts.add('Gemm', factors, [...turns, float('alpha', alpha), float('beta', alpha)]), result);
};

/** A product of quantised matrices in floats; columns of the second may have scales of their own. */
function product(parts: Parts, a: readonly string[], b: readonly string[], bias: string | undefined): void {
  const y = parts.add('MatMul', [parts.floats(a), parts.floats(b, -1)]);
  parts.end(bias ? parts.add('Add', [y, bias]) : y);
}

const integerToFloat: Expansion = (parts) => {
  const [a, b, aScale, bScale, aZero, bZero, bias] = parts.inputs;
  product(parts, [a, aScale, aZero], [b, bScale, bZero], bias);
};

const dynamicMatmul: Expansion = (parts) => {
  const [a, b, bScale, bZero, bias] = parts.inputs;
  product(parts, parts.bytes(a), [b, bScale, bZero], bias);
};

const expansions: ReadonlyMap<string, Expansion> = new Map([
  ['QuantizeLinear', renamed('QuantizeLinear')],
  ['DequantizeLinear', renamed('DequantizeLinear')],
  ['QLinearConv', renamed('QLinearConv')],
  ['QLinearAdd', quantised('Add', 2)],
  ['QLinearMul', quantised('Mul', 2)],
  ['QLinearLeakyRelu', quantised('LeakyRelu', 1)],
  ['QLinearSigmoid', quantised('Sigmoid', 1)],
  ['QLinearSoftmax', softmax],
  ['QLinearAveragePool', quantised('AveragePool', 1)],
  ['QLinearGlobalAveragePool', quantised('GlobalAveragePool', 1)],
  ['QLinearConcat', concat],
  ['QLinearWhere', where],
  ['QGemm', gemm],
  ['MatMulIntegerToFloat', integerToFloat],
  ['DynamicQuantizeMatMul', dynamicMatmul],
]);

/** Names of what is read, for the documentation. */
export const microsoftOperators: readonly string[] = [...expansions.keys()];

/**
 * Replaces such nodes, in a graph and in those inside it. Others of the domain stay, and are refused with what is not known.
 *
 * @throws UnsupportedError for one that has channels last.
 */
export function expandMicrosoft(graph: GraphProto): void {
  const nodes = graph.node.flatMap((node) => {
    for (const inner of innerGraphs(node)) expandMicrosoft(inner);
    const expand = node.domain === domain ? expansions.get(node.opType ?? '') : undefined;
    if (!expand) return [node];
    const parts = new Parts(node);
    expand(parts);
    return parts.nodes;
  });
  graph.node.length = 0;
  for (const node of nodes) graph.node.push(node);
}
