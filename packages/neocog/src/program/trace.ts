// A network as a graph: its operations run once on a recorder.

import type { Backend } from '../backends/backend.ts';
import { backend, setBackend } from '../backends/current.ts';
import type { Graph } from '../backends/graph.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { inEvaluation, watchParts } from '../nn/watch.ts';
import { noGrad } from '../tensor/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { dropUnread } from './passes/rewrite.ts';
import { Recorder } from './recorder.ts';

export interface Traced {
  readonly graph: Graph;
  readonly outputShape: Shape;
}

/** What `module` computes in evaluation mode from an input of one shape. Its weights are constants. */
export function traceInference(fn: string, module: Module, inputShape: Shape): Traced {
  const recorder = new Recorder(fn);
  const x = new Tensor(recorder.input(sizeOf(inputShape), 'float32'), inputShape);
  const y = record(recorder, module, () => inEvaluation(module, () => noGrad(() => module.forward(x))));
  if (!(y instanceof Tensor)) {
    throw new ShapeError(`${fn}: forward of the module gave ${String(y)}, a Tensor is needed`);
  }
  const { nodes } = recorder;
  const graph = {
    nodes,
    updates: [],
    inputs: [recorder.valueOf(x.data)],
    outputs: [recorder.valueOf(y.data)],
  };
  return { graph: dropUnread(graph), outputShape: y.shape };
}

/** Runs `body` on a recorder, nodes labelled with the part of `module` that asks for them. */
export function record<T>(recorder: Recorder, module: Module, body: () => T): T {
  const restore = watchParts(module, (name, _part, _x, forward) => {
    const outer = recorder.label;
    recorder.label = name;
    const y = forward();
    recorder.label = outer;
    return y;
  });
  const before: Backend = backend();
  try {
    setBackend(recorder.backend);
    return body();
  } finally {
    setBackend(before);
    restore();
  }
}
