// Any computation on tensors as a program: recorded, compiled, run once. What a network goes through, for single operations.

import { setBackend } from '../packages/neocog/src/backends/current.ts';
import { Tensor } from '../packages/neocog/src/index.ts';
import { executableOf } from '../packages/neocog/src/program/executable.ts';
import { preferences } from '../packages/neocog/src/program/preferences.ts';
import { Recorder } from '../packages/neocog/src/program/recorder.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * What `body` gives for `inputs`, which are inputs of the program; those named in `states` are arrays that it changes, and
 * their values afterwards.
 */
export async function runCompiled(
  inputs: Tensors,
  states: readonly string[],
  exactConvolution: boolean,
  body: (inputs: Tensors) => Tensors,
  threads = 1,
): Promise<Record<string, Tensor>> {
  const recorder = new Recorder('test', { states: states.map((name) => (inputs[name] as Tensor).data) });
  const names = Object.keys(inputs).filter((name) => !states.includes(name));
  const placeholders = names.map((name) => {
    const { size, dtype, shape, requiresGrad } = inputs[name] as Tensor;
    return [name, new Tensor(recorder.input(size, dtype), shape, requiresGrad)] as const;
  });
  const given = { ...inputs, ...Object.fromEntries(placeholders) };
  const before = setBackend(recorder.backend);
  let results: Tensors;
  try {
    results = body(given);
  } finally {
    if (before) setBackend(before);
  }
  const computed = Object.keys(results).filter((name) => !states.includes(name));
  const value = (t: Tensor) => recorder.valueOf(t.data);
  const graph = {
    nodes: recorder.nodes,
    updates: [],
    inputs: placeholders.map(([, t]) => value(t)),
    outputs: computed.map((name) => value(results[name] as Tensor)),
  };
  const kept = preferences.exactConvolution;
  preferences.exactConvolution = exactConvolution;
  try {
    const executable = await executableOf(graph, { threads, exact: false, fn: 'compile' });
    const outputs = await executable.run(names.map((name) => (inputs[name] as Tensor).data));
    const found = computed.map((name, i) => [
      name,
      new Tensor(outputs[i] as Float32Array, (results[name] as Tensor).shape),
    ]);
    const after = states.map((name) => {
      const t = inputs[name] as Tensor;
      return [name, new Tensor(executable.read(recorder.valueOf(t.data)), t.shape)];
    });
    executable.dispose();
    return Object.fromEntries([...found, ...after]);
  } finally {
    preferences.exactConvolution = kept;
  }
}
