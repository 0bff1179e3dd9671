// A network as a graph: its operations run once on a recorder.

import { show } from '../arguments/show.ts';
import { onBackend } from '../backends/current.ts';
import type { Graph } from '../backends/graph.ts';
import type { Values } from '../backends/work.ts';
import { ShapeError } from '../errors.ts';
import type { Layout } from '../geometry/options.ts';
import type { Module } from '../nn/module.ts';
import { NamedModule } from '../nn/named.ts';
import { inEvaluation, watchParts } from '../nn/watch.ts';
import { noGrad } from '../tensor/graph.ts';
import { sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { entering, leaving } from './entry.ts';
import { dropUnread } from './passes/rewrite.ts';
import { fromPlanes, planesShape } from './planes.ts';
import { type HostWork, Recorder } from './recorder.ts';
import type { GivenValue, ProgramValue } from './signature.ts';

/** A network as a graph, and what is done around it in each run. */
export interface Traced {
  /** Its inputs are those of the network, then what is drawn anew for each run. */
  readonly graph: Graph;
  /** What is not done by nodes. */
  readonly host: HostWork;
  /** Names, shapes and types, in the order of the graph's outputs. */
  readonly outputs: readonly ProgramValue[];
}

/** What a module computes in evaluation mode from inputs of some shapes. Its weights are constants. */
export function traceInference(network: Network): Traced {
  const { recorder, given, results } = recordInference(network);
  const graph = {
    nodes: recorder.nodes,
    updates: [],
    inputs: [...given.map((x) => recorder.valueOf(x.data)), ...recorder.host.draws.map(({ value }) => value)],
    outputs: results.map(([, y]) => recorder.valueOf(y.data)),
  };
  const outputs = results.map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  return { graph: dropUnread(graph), host: recorder.host, outputs };
}

/** A network for inputs of some shapes, and whom errors name. */
interface Network {
  readonly fn: string;
  readonly module: Module;
  readonly inputs: readonly GivenValue[];
  /** Of inputs and outputs; the network has its channels first. */
  readonly layout?: Layout | undefined;
  /** What its weights are, where that is not what they are now. */
  readonly weights?: ReadonlyMap<Values, Values> | undefined;
}

/** One forward pass in evaluation mode on a recorder, with its inputs and its named results. */
export function recordInference(network: Network, onCall?: (call: Call) => void) {
  const { fn, module, inputs, layout, weights } = network;
  const recorder = new Recorder(fn, { copies: weights });
  const given = inputs.map(({ shape, dtype, frames }) =>
    frames
      ? new Tensor(recorder.input(sizeOf(shape), 'float32', frames), planesShape(frames))
      : new Tensor(recorder.input(sizeOf(shape), dtype), shape),
  );
  const results = record({ recorder, module, onCall }, () =>
    inEvaluation(module, () =>
      noGrad(() => {
        const own = given.map((x, i) => entering(fromPlanes(inputs[i], x), layout));
        return resultsOf(network, own).map(([name, y]) => [name, leaving(y, layout)] as const);
      }),
    ),
  );
  return { recorder, given, results };
}

/** The pass of one part of a module: what it was given and gave, and which nodes it asked for. */
export interface Call {
  /** Path of the part, such as `layer1.0.conv1`. */
  readonly path: string;
  readonly part: Module;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly from: number;
  readonly to: number;
}

/** Every output of the network with its name. */
function resultsOf(
  { fn, module, inputs }: Network,
  given: readonly Tensor[],
): (readonly [name: string, y: Tensor])[] {
  if (!(module instanceof NamedModule))
    return [['output', needResult(fn, 'forward', module.forward(given[0]))]];
  const results = module.run(Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]])));
  return module.outputs.map(({ name }) => [name, needResult(fn, `output ${name}`, results[name])]);
}

function needResult(fn: string, what: string, y: Tensor | undefined): Tensor {
  if (y instanceof Tensor) return y;
  throw new ShapeError(`${fn}: ${what} of the module is ${show(y)}; return a Tensor`);
}

/** Where what is recorded, and who hears of the calls of its parts. */
interface Recording {
  readonly recorder: Recorder;
  readonly module: Module;
  readonly onCall?: ((call: Call) => void) | undefined;
}

/** Runs `body` on a recorder, nodes labelled with the part of the module that asks for them. */
export function record<T>({ recorder, module, onCall }: Recording, body: () => T): T {
  const restore = watchParts(module, ({ name: path, part, x, forward }) => {
    const outer = recorder.label;
    const from = recorder.nodes.length;
    recorder.label = path;
    const y = forward();
    recorder.label = outer;
    onCall?.({ path, part, x, y, from, to: recorder.nodes.length });
    return y;
  });
  try {
    return onBackend(recorder.backend, body);
  } finally {
    restore();
  }
}
