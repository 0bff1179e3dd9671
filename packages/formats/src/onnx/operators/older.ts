// What operators of opset 1 to 6 say otherwise than later ones: how a second operand lies along the first, types by their
// names. Attributes that later became inputs are read where the operator is. Source: Changelog.md of the ONNX repository.

import { FormatError, reshape } from 'neocog';
import type { Arguments } from '../../graph/operation.ts';
import { moveValues } from '../../graph/value.ts';
import { fromStart } from '../../shape.ts';
import { shown } from '../../shown.ts';
import type { OnnxNode } from '../node.ts';

/**
 * The operands as NumPy's rule for broadcasting takes them. Before opset 7 `axis` says where in the first operand the axes
 * of the second begin; without it they are the last ones.
 */
export function operandsOf(node: OnnxNode): (inputs: Arguments) => Arguments {
  if (node.opset >= 7 || node.int('broadcast', 0) === 0 || !node.has('axis')) return (inputs) => inputs;
  const axis = node.int('axis', 0);
  return ([a, b, ...rest]) => {
    const from = fromStart(axis, a!.shape.length);
    if (!(from >= 0 && from <= a!.shape.length)) {
      throw new FormatError(`${node}: axis ${axis} does not exist in rank ${a!.shape.length}`);
    }
    const after = a!.shape.length - from - b!.shape.length;
    if (after <= 0) return [a, b, ...rest];
    const shape = [...b!.shape, ...new Array<number>(after).fill(1)];
    return [a, moveValues([b!], ([t]) => reshape(t, shape)), ...rest];
  };
}

/** Names of `TensorProto.DataType`, which Cast is given before opset 6. */
const typeNames: Readonly<Record<string, number>> = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
};

/** The number of the type that a Cast is to give. */
export function castType(node: OnnxNode): number {
  if (node.opset >= 6) return node.int('to', 0);
  const name = node.text('to', '').toUpperCase();
  return typeNames[name] ?? node.refuse(`the type ${shown(name)} is not supported`);
}
