// ONNX models of a few nodes, for tests.

import { nn } from 'neocog';
import { encode } from '../src/onnx/protobuf.ts';
import { type GraphProto, modelType, type NodeProto } from '../src/onnx/schema.ts';

export const floats = (...dims: number[]) => ({
  tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } },
});

export const node = (opType: string, input: string[], output: string[]): NodeProto => ({
  opType,
  input,
  output,
  attribute: [],
});

/** The bytes of a model from x [2] to y. */
export function model(parts: Partial<GraphProto>, opset = 17): Uint8Array {
  const graph = {
    node: [],
    initializer: [],
    input: [{ name: 'x', type: floats(2) }],
    output: [{ name: 'y', type: floats(2) }],
    ...parts,
  };
  return encode(modelType, { irVersion: 8, opsetImport: [{ domain: '', version: opset }], graph });
}

export const relu = [node('Relu', ['x'], ['y'])];

export const small = () =>
  new nn.Sequential({
    conv: new nn.Conv2d(1, 4, 3, { padding: 1 }),
    norm: new nn.BatchNorm2d(4),
    relu: new nn.ReLU(),
    pool: new nn.MaxPool2d(2),
    flat: new nn.Flatten(),
    head: new nn.Linear(4 * 4 * 4, 3),
  });
