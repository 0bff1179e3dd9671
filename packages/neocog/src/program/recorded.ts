// recordNetwork: one forward pass as data, for whoever writes a network in another format.

import { need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import type { GraphNode, GraphValue } from '../backends/graph.ts';
import { UnsupportedError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type InputShapes, inputField, type ProgramValue, resolveInputs } from './signature.ts';
import { type Call, recordInference } from './trace.ts';

/** An array of the recording as the tensor that held it: values have sizes, tensors have shapes. */
export interface RecordedTensor {
  /** The array in the recording. */
  readonly value: GraphValue;
  /** Of the tensor that held it. */
  readonly shape: Shape;
}

/** One pass of one part of the network. */
export interface RecordedCall {
  /** Path of the part, such as `layer1.0.conv1`. */
  readonly path: string;
  /** The part itself. */
  readonly part: Module;
  /** What the part was given. */
  readonly input: RecordedTensor;
  /** What it returned. */
  readonly output: RecordedTensor;
  /** The part asked for the nodes from this one up to, not including, `to`. */
  readonly from: number;
  /** The number of the first node behind the part's. */
  readonly to: number;
}

/** What a network computes in evaluation mode for inputs of one shape each. */
export interface RecordedNetwork {
  /** In the order of the network, with names and types. */
  readonly inputs: readonly (ProgramValue & RecordedTensor)[];
  /** In the order of the network, with names and types. */
  readonly outputs: readonly (ProgramValue & RecordedTensor)[];
  /** In the order in which they were asked for; each means what the backend's method of its name means. */
  readonly nodes: readonly GraphNode[];
  /** Inner calls before the outer ones that hold them. */
  readonly calls: readonly RecordedCall[];
}

/** For which inputs `recordNetwork` runs. */
export interface RecordOptions {
  /** Shape of the input or shapes by name, as for `compile`. Needed unless the network states them itself. */
  input?: InputShapes | undefined;
}

/**
 * Records one forward pass: its operations as nodes over arrays without values, and the calls of its parts. Weights are
 * constants of the nodes.
 *
 * @throws ShapeError for impossible shapes. @throws UnsupportedError if `forward` looks at values or draws some.
 * @example recordNetwork(models.lenet5(), { input: [1, 1, 28, 28] }).nodes.length
 */
export function recordNetwork(module: Module, options: RecordOptions = {}): RecordedNetwork {
  need('recordNetwork', 'module', module, aModule);
  needOptions('recordNetwork', options, { input: inputField });
  const inputs = resolveInputs('recordNetwork', module, options.input);
  const calls: Call[] = [];
  const network = { fn: 'recordNetwork', module, inputs };
  const { recorder, given, results } = recordInference(network, (call) => calls.push(call));
  if (recorder.host.draws.length > 0) {
    throw new UnsupportedError(
      'recordNetwork: the network draws random numbers in every run; leave its random parts out',
    );
  }
  const recorded = (t: Tensor): RecordedTensor => ({ value: recorder.valueOf(t.data), shape: t.shape });
  return {
    inputs: inputs.map((input, i) => ({ ...input, ...recorded(given[i]) })),
    outputs: results.map(([name, t]) => ({ name, dtype: t.dtype, ...recorded(t) })),
    nodes: recorder.nodes,
    calls: calls.map(({ path, part, x, y, from, to }) => ({
      path,
      part,
      from,
      to,
      input: recorded(x),
      output: recorded(y),
    })),
  };
}
