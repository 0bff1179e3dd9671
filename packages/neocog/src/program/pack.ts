// pack: a network as data that runs without this library.

import { backend } from '../backends/current.ts';
import type { ConstantPlace, PackedCode, PackedConstant, PackedGraph } from '../backends/packed.ts';
import { UnsupportedError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { needKnown } from '../tensor/options.ts';
import { checkShape, type Shape } from '../tensor/shape.ts';
import type { DType } from '../tensor/tensor.ts';
import { optimize } from './optimize.ts';
import { preferences } from './preferences.ts';
import { traceInference } from './trace.ts';

export type { ConstantPlace, PackedCode, PackedConstant };

export interface PackOptions {
  /** Shape of the input, `[n, c, …]`. */
  input: Shape;
}

/** An input or output of a packed program; its values are row-major. */
export interface PackedValue {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A network for inputs of one shape, as code and constants. */
export interface PackedProgram extends PackedGraph {
  readonly inputs: readonly PackedValue[];
  readonly outputs: readonly PackedValue[];
}

/**
 * What `compile` would make of a network, for one thread, as data: WebAssembly modules for engines with and without relaxed
 * SIMD, the constants that they share, and addresses. A few lines of JavaScript run it; `esModule` of `@neocog/formats`
 * writes them.
 *
 * @throws ShapeError for impossible shapes and options. @throws UnsupportedError if `forward` looks at values, or on a
 * backend that makes no code.
 * @example const { codes, constants } = pack(models.lenet5(), { input: [1, 1, 28, 28] });
 */
export function pack(module: Module, options: PackOptions): PackedProgram {
  needKnown('pack', options, ['input']);
  checkShape('pack', options.input);
  const now = backend();
  if (!now.pack) {
    throw new UnsupportedError(
      `pack: backend '${now.name}' makes no code, 'wasm' is needed; call configure({ backend: 'wasm' })`,
    );
  }
  const { graph, outputShape } = traceInference('pack', module, options.input);
  const packed = now.pack(optimize(graph, now), { exactConvolution: preferences.exactConvolution });
  return {
    ...packed,
    inputs: [{ name: 'input', shape: [...options.input], dtype: 'float32' }],
    outputs: [{ name: 'output', shape: [...outputShape], dtype: 'float32' }],
  };
}
