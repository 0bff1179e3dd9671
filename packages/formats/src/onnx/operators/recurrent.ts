// LSTM, GRU and RNN, step by step: the number of steps is the length of the input. Gates and their order are those of ONNX:
// i o f c for LSTM, z r h for GRU.

import {
  add,
  clamp,
  flip,
  leakyRelu,
  matmul,
  mul,
  permute,
  relu,
  reshape,
  sigmoid,
  slice,
  softsign,
  stack,
  sub,
  type Tensor,
  tanh,
  transpose,
  zeros,
} from 'neocog';
import { counted } from 'neocog/arguments';
import { floatBytes, willMake } from '../../budget.ts';
import { type Arguments, Operation, tensors } from '../../graph/operation.ts';
import { toFloats, type Value } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';

type Activation = (x: Tensor) => Tensor;

const activations: Readonly<Record<string, Activation>> = {
  sigmoid,
  tanh,
  relu,
  softsign,
  leakyrelu: (x) => leakyRelu(x),
};

/** What a direction keeps from step to step: the output, and the cell's state where there is one. */
type State = readonly Tensor[];

/** Products of the input and of the output with the weights, with their biases; `[n, gates·hidden]` each. */
interface Gates {
  readonly ofInput: Tensor;
  readonly ofState: (h: Tensor, part?: readonly [from: number, to: number]) => Tensor;
  /** Of LSTM, `[3·hidden]`, i o f. */
  readonly peepholes: Tensor | undefined;
}

interface Cell {
  readonly gates: number;
  readonly states: number;
  readonly defaults: readonly string[];
  readonly step: (gates: Gates, state: State, direction: Direction) => State;
}

/** A way through the sequence: a cell, and what the node says of it. */
interface Direction {
  readonly cell: Cell;
  readonly reverse: boolean;
  readonly functions: readonly Activation[];
  readonly hidden: number;
  readonly clip: number;
  readonly linearBeforeReset: boolean;
}

const part = (x: Tensor, hidden: number, i: number): Tensor =>
  slice(x, { axis: -1, start: i * hidden, end: (i + 1) * hidden });

const clipped = (x: Tensor, { clip }: Direction): Tensor =>
  clip > 0 ? clamp(x, { min: -clip, max: clip }) : x;

const lstm: Cell = {
  gates: 4,
  states: 2,
  defaults: ['sigmoid', 'tanh', 'tanh'],
  step: ({ ofInput, ofState, peepholes }, [h, c], direction) => {
    const { functions, hidden } = direction;
    const [f, g, output] = functions;
    const sums = add(ofInput, ofState(h));
    const gate = (i: number, peephole: number, state: Tensor): Tensor => {
      const own = part(sums, hidden, i);
      return clipped(peepholes ? add(own, mul(part(peepholes, hidden, peephole), state)) : own, direction);
    };
    const [i, forget] = [f(gate(0, 0, c)), f(gate(2, 2, c))];
    const next = add(mul(forget, c), mul(i, g(clipped(part(sums, hidden, 3), direction))));
    return [mul(f(gate(1, 1, next)), output(next)), next];
  },
};

const gru: Cell = {
  gates: 3,
  states: 1,
  defaults: ['sigmoid', 'tanh'],
  step: (gates, [h], direction) => {
    const { functions, hidden, linearBeforeReset } = direction;
    const [f, g] = functions;
    const input = (i: number): Tensor => part(gates.ofInput, hidden, i);
    const state = (i: number, of: Tensor): Tensor => gates.ofState(of, [i * hidden, (i + 1) * hidden]);
    const update = f(clipped(add(input(0), state(0, h)), direction));
    const reset = f(clipped(add(input(1), state(1, h)), direction));
    const candidate = linearBeforeReset ? mul(reset, state(2, h)) : state(2, mul(reset, h));
    const fresh = g(clipped(add(input(2), candidate), direction));
    return [add(mul(sub(1, update), fresh), mul(update, h))];
  },
};

const rnn: Cell = {
  gates: 1,
  states: 1,
  defaults: ['tanh'],
  step: ({ ofInput, ofState }, [h], direction) => [
    direction.functions[0](clipped(add(ofInput, ofState(h)), direction)),
  ],
};

function recurrent(name: string, cell: Cell): Operator {
  return {
    name,
    limits:
      'refuses input_forget, and sequence_lens other than the length of the input; activations are Sigmoid, Tanh, Relu, LeakyRelu and Softsign with their defaults',
    build: (node) => {
      if (node.int('input_forget', 0) !== 0) node.refuse('input_forget is 1, which is not supported');
      if (node.has('activation_alpha') || node.has('activation_beta')) {
        node.refuse('activation_alpha and activation_beta are not supported');
      }
      const directions = directionsOf(node, cell);
      const batchFirst = node.int('layout', 0) === 1;
      const made = new Operation(name, (inputs) => {
        checkLengths(node, inputs, batchFirst);
        return batchFirst ? runBatchFirst(directions, inputs) : runAll(directions, inputs);
      });
      return node.withWeights(made, [1, 2, 3]);
    },
  };
}

function directionsOf(node: OnnxNode, cell: Cell): Direction[] {
  const reversed = node.choice('direction', 'forward', {
    forward: [false],
    reverse: [true],
    bidirectional: [false, true],
  });
  const names = node.texts('activations').map((name) => name.toLowerCase());
  const functionsOf = (d: number): Activation[] => {
    const own = names.slice(d * cell.defaults.length, (d + 1) * cell.defaults.length);
    return (own.length > 0 ? own : cell.defaults).map(
      (name) => activations[name] ?? node.refuse(`the activation ${name} is not supported`),
    );
  };
  return reversed.map((reverse, d) => ({
    cell,
    reverse,
    functions: functionsOf(d),
    hidden:
      node.int('hidden_size', 0) || (node.constant(2)?.shape.at(-1) ?? node.refuse('hidden_size is missing')),
    clip: node.float('clip', 0),
    linearBeforeReset: node.int('linear_before_reset', 0) === 1,
  }));
}

/** Sequences that end before the others are refused. */
function checkLengths(node: OnnxNode, inputs: Arguments, batchFirst: boolean): void {
  const steps = inputs[0]!.shape[batchFirst ? 1 : 0];
  const lengths = inputs[4] ? [...node.read(inputs[4]).data] : [];
  if (lengths.some((length) => length !== steps)) {
    node.refuse(`sequence_lens are [${lengths}], but each sequence has ${counted(steps, 'step')}`);
  }
}

/** As `runAll`, with the batch as first axis of the input, of all outputs and of the states. */
function runBatchFirst(
  directions: readonly Direction[],
  [x, w, r, b, lengths, ...states]: Arguments,
): Tensor[] {
  const turn = (value: Value | undefined): Tensor | undefined => value && permute(toFloats(value), [1, 0, 2]);
  const [h0, c0, peepholes] = states;
  const [all, ...last] = runAll(directions, [turn(x), w, r, b, lengths, turn(h0), turn(c0), peepholes]);
  return [permute(all, [2, 0, 1, 3]), ...last.map((state) => permute(state, [1, 0, 2]))];
}

/** x `[steps, n, in]` → every output `[steps, directions, n, hidden]`, and the last of each state. */
function runAll(directions: readonly Direction[], inputs: Arguments): Tensor[] {
  const [x, w, r, b, , ...states] = tensors(inputs);
  const results = directions.map((direction, d) => {
    const own = [w, r, b, ...states].map(
      (t) => t && reshape(slice(t, { axis: 0, start: d, end: d + 1 }), t.shape.slice(1)),
    );
    return runDirection(direction, x!, own);
  });
  const all = stack(
    results.map(({ outputs }) => outputs),
    { axis: 1 },
  );
  return [all, ...results[0].state.map((_, i) => stack(results.map(({ state }) => state[i])))];
}

function emptyState(n: number, hidden: number): Tensor {
  willMake(n * hidden, 'it', floatBytes);
  return zeros([n, hidden]);
}

/** Every output `[steps, n, hidden]` and the last states, by the inputs after x as far as they are this direction's. */
function runDirection(
  direction: Direction,
  x: Tensor,
  [w, r, b, h0, c0, peepholes]: readonly (Tensor | undefined)[],
): { outputs: Tensor; state: State } {
  const { cell, reverse, hidden } = direction;
  const [steps, n, features] = x.shape;
  const width = cell.gates * hidden;
  const [inputBias, stateBias] = b ? [0, 1].map((i) => part(b, width, i)) : [];
  const inOrder = (t: Tensor): Tensor => (reverse ? flip(t, [0]) : t);
  // The input's products of all steps at once.
  const products = matmul(reshape(inOrder(x), [steps * n, features]), transpose(w!));
  const ofInput = reshape(inputBias ? add(products, inputBias) : products, [steps, n, width]);
  const turned = transpose(r!);
  const ofState: Gates['ofState'] = (h, range) => {
    const columns = range ? slice(turned, { axis: 1, start: range[0], end: range[1] }) : turned;
    const product = matmul(h, columns);
    if (!stateBias) return product;
    return add(product, range ? slice(stateBias, { axis: 0, start: range[0], end: range[1] }) : stateBias);
  };
  const outputs: Tensor[] = [];
  let state: State = [h0, c0].slice(0, cell.states).map((t) => t ?? emptyState(n, hidden));
  for (let t = 0; t < steps; t++) {
    const now = reshape(slice(ofInput, { axis: 0, start: t, end: t + 1 }), [n, width]);
    state = cell.step({ ofInput: now, ofState, peepholes }, state, direction);
    outputs.push(state[0]);
  }
  return { outputs: inOrder(stack(outputs)), state };
}

export const recurrentOperators: readonly Operator[] = [
  recurrent('LSTM', lstm),
  recurrent('GRU', gru),
  recurrent('RNN', rnn),
];
