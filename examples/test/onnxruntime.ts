// onnxruntime-node as tests use it: tensors of neocog in and out.

import { Tensor } from 'neocog';

interface OrtTensor {
  readonly type: string;
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
}

interface OrtSession {
  readonly inputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, OrtTensor>>;
}

interface Ort {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: string | Uint8Array, options?: object): Promise<OrtSession>;
  };
}

export interface Session {
  /** Numbers are inputs of int64 without axes. */
  run(feeds: Readonly<Record<string, Tensor | number>>): Promise<Record<string, Tensor>>;
}

/** `require` finds the examples' packages. */
export async function openSession(require: NodeJS.Require, model: string | Uint8Array): Promise<Session> {
  const ort = require('onnxruntime-node') as Ort;
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const convert = (value: Tensor | number): OrtTensor =>
    typeof value === 'number'
      ? new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), [])
      : new ort.Tensor(value.dtype, value.data, value.shape);
  return {
    async run(feeds) {
      const given = Object.entries(feeds).map(([name, value]) => [name, convert(value)]);
      const results = await session.run(Object.fromEntries(given));
      return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, toNeocog(t)]));
    },
  };
}

function toNeocog({ type, data, dims }: OrtTensor): Tensor {
  const values = Array.from(data, Number);
  return new Tensor(type === 'float32' ? Float32Array.from(values) : Int32Array.from(values), [...dims]);
}
