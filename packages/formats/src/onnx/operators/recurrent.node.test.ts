// LSTM, GRU and RNN of random sizes and settings against the equations of the specification, written as loops over numbers.

import fc from 'fast-check';
import { Generator, Tensor } from 'neocog';
import { expect, it } from 'vitest';
import { type AttributeValue, type OneNode, oneNode } from '../../../test/onnxGraphs.ts';
import { loadOnnx } from '../../index.ts';

type Kind = 'LSTM' | 'GRU' | 'RNN';
type Direction = 'forward' | 'reverse' | 'bidirectional';

interface Settings {
  readonly kind: Kind;
  readonly direction: Direction;
  readonly steps: number;
  readonly n: number;
  readonly features: number;
  readonly hidden: number;
  readonly bias: boolean;
  readonly states: boolean;
  readonly peepholes: boolean;
  readonly clip: number;
  readonly linear: boolean;
  readonly batchFirst: boolean;
  /** Functions other than the defaults. */
  readonly functions: boolean;
}

const gates = { LSTM: 4, GRU: 3, RNN: 1 };
const defaults = { LSTM: ['Sigmoid', 'Tanh', 'Tanh'], GRU: ['Sigmoid', 'Tanh'], RNN: ['Tanh'] };
const others = { LSTM: ['Tanh', 'Relu', 'Softsign'], GRU: ['Tanh', 'Softsign'], RNN: ['Relu'] };

const functionOf: Readonly<Record<string, (v: number) => number>> = {
  Sigmoid: (v) => 1 / (1 + Math.exp(-v)),
  Tanh: Math.tanh,
  Relu: (v) => Math.max(v, 0),
  Softsign: (v) => v / (1 + Math.abs(v)),
};

/** Names of functions, those of both directions where there are two: the second has the defaults. */
function functionsOf({ kind, direction, functions }: Settings): string[] {
  const first = functions ? others[kind] : defaults[kind];
  return direction === 'bidirectional' ? [...first, ...defaults[kind]] : first;
}

/** Reads a tensor by its indices. */
type Reader = (...at: number[]) => number;

const reader =
  ({ data, shape }: Tensor): Reader =>
  (...at) =>
    data[at.reduce((place, i, d) => place * shape[d] + i, 0)];

type Operands = Readonly<Record<string, Tensor>>;

interface Step {
  readonly f: readonly ((v: number) => number)[];
  /** Of gate g and unit j: what comes from the input, with its bias; and from a row of outputs, with the other one. */
  readonly ofInput: (g: number, j: number) => number;
  readonly ofState: (g: number, j: number, h: readonly number[]) => number;
  readonly clip: (v: number) => number;
  readonly peephole: (part: number, j: number) => number;
  readonly linear: boolean;
}

type State = { readonly h: number[]; readonly c: number[] };

function stepLstm({ f: [f, g, last], ofInput, ofState, clip, peephole }: Step, { h, c }: State): State {
  const sum = (gate: number, j: number): number => ofInput(gate, j) + ofState(gate, j, h);
  const next = c.map((old, j) => {
    const input = f(clip(sum(0, j) + peephole(0, j) * old));
    const forget = f(clip(sum(2, j) + peephole(2, j) * old));
    return forget * old + input * g(clip(sum(3, j)));
  });
  return { c: next, h: next.map((cell, j) => f(clip(sum(1, j) + peephole(1, j) * cell)) * last(cell)) };
}

function stepGru({ f: [f, g], ofInput, ofState, clip, linear }: Step, { h, c }: State): State {
  const reset = h.map((_, j) => f(clip(ofInput(1, j) + ofState(1, j, h))));
  const next = h.map((old, j) => {
    const update = f(clip(ofInput(0, j) + ofState(0, j, h)));
    const kept = linear
      ? reset[j] * ofState(2, j, h)
      : ofState(
          2,
          j,
          h.map((v, i) => v * reset[i]),
        );
    return (1 - update) * g(clip(ofInput(2, j) + kept)) + update * old;
  });
  return { h: next, c };
}

const stepRnn = ({ f: [f], ofInput, ofState, clip }: Step, { h, c }: State): State => ({
  h: h.map((_, j) => f(clip(ofInput(0, j) + ofState(0, j, h)))),
  c,
});

const stepOf = { LSTM: stepLstm, GRU: stepGru, RNN: stepRnn };

/** Outputs by step, direction, sample and unit, and the last states by direction, sample and unit. */
function run(s: Settings, operands: Operands): { y: number[][][][]; last: State[][] } {
  const [x, w, r] = ['x', 'w', 'r'].map((name) => reader(operands[name]));
  const optional = (name: string): Reader => (operands[name] ? reader(operands[name]) : () => 0);
  const [b, h0, c0, p] = ['b', 'h', 'c', 'p'].map(optional);
  const directions = s.direction === 'bidirectional' ? [false, true] : [s.direction === 'reverse'];
  const units = Array.from({ length: s.hidden }, (_, j) => j);
  const y = Array.from({ length: s.steps }, () => directions.map(() => [] as number[][]));
  const names = functionsOf(s);
  const last = directions.map((reverse, d) =>
    Array.from({ length: s.n }, (_, i) => {
      let state: State = { h: units.map((j) => h0(d, i, j)), c: units.map((j) => c0(d, i, j)) };
      for (let t = 0; t < s.steps; t++) {
        const at = reverse ? s.steps - 1 - t : t;
        const row = (g: number, j: number): number => g * s.hidden + j;
        const step: Step = {
          f: names.slice(d * defaults[s.kind].length).map((name) => functionOf[name]),
          ofInput: (g, j) => {
            let sum = b(d, row(g, j));
            for (let k = 0; k < s.features; k++) sum += x(at, i, k) * w(d, row(g, j), k);
            return sum;
          },
          ofState: (g, j, h) =>
            h.reduce((sum, v, k) => sum + v * r(d, row(g, j), k), b(d, row(g + gates[s.kind], j))),
          clip: (v) => (s.clip > 0 ? Math.min(Math.max(v, -s.clip), s.clip) : v),
          peephole: (part, j) => p(d, part * s.hidden + j),
          linear: s.linear,
        };
        state = stepOf[s.kind](step, state);
        y[at][d][i] = state.h;
      }
      return state;
    }),
  );
  return { y, last };
}

function random(seed: number, shape: readonly number[]): Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, () => 2 * generator.uniform() - 1),
    shape,
  );
}

function operandsOf(s: Settings): Operands {
  const d = s.direction === 'bidirectional' ? 2 : 1;
  const width = gates[s.kind] * s.hidden;
  const cell = s.kind === 'LSTM';
  return {
    x: random(1, [s.steps, s.n, s.features]),
    w: random(2, [d, width, s.features]),
    r: random(3, [d, width, s.hidden]),
    ...(s.bias && { b: random(4, [d, 2 * width]) }),
    ...(s.states && { h: random(5, [d, s.n, s.hidden]) }),
    ...(s.states && cell && { c: random(6, [d, s.n, s.hidden]) }),
    ...(s.peepholes && cell && { p: random(7, [d, 3 * s.hidden]) }),
  };
}

/** The first two axes of three exchanged. */
function turned(t: Tensor): Tensor {
  const [a, b, c] = t.shape;
  const data = Float32Array.from({ length: t.size }, (_, i) => {
    const [row, column] = [Math.floor(i / (a * c)), Math.floor(i / c) % a];
    return t.data[(column * b + row) * c + (i % c)];
  });
  return new Tensor(data, [b, a, c]);
}

function nodeOf(s: Settings, operands: Operands): OneNode {
  const functions = s.functions ? { activations: functionsOf(s) } : {};
  const attributes: Record<string, AttributeValue> = {
    hidden_size: s.hidden,
    direction: s.direction,
    ...(s.clip > 0 && { clip: { float: s.clip } }),
    ...(s.kind === 'GRU' && { linear_before_reset: Number(s.linear) }),
    ...(s.batchFirst && { layout: 1 }),
    ...functions,
  };
  const names = ['x', 'w', 'r', 'b', 'lengths', 'h', 'c', 'p'];
  const shapes = names.map((name, i): [string, object] =>
    operands[name] ? [name, { shape: operands[name].shape }] : [`${' '.repeat(i)}`, {}],
  );
  return {
    op: s.kind,
    opset: 14,
    operands: Object.fromEntries(shapes),
    attributes,
    outputs: { y: 'float32', yh: 'float32', ...(s.kind === 'LSTM' && { yc: 'float32' }) },
  };
}

const settings = fc.record<Settings>({
  kind: fc.constantFrom<Kind>('LSTM', 'GRU', 'RNN'),
  direction: fc.constantFrom<Direction>('forward', 'reverse', 'bidirectional'),
  steps: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 3 }),
  features: fc.integer({ min: 1, max: 3 }),
  hidden: fc.integer({ min: 1, max: 3 }),
  bias: fc.boolean(),
  states: fc.boolean(),
  peepholes: fc.boolean(),
  clip: fc.constantFrom(0, 0.3),
  linear: fc.boolean(),
  batchFirst: fc.boolean(),
  functions: fc.boolean(),
});

function expectNear(got: Tensor, shape: readonly number[], want: readonly number[]): void {
  expect(got.shape).toEqual(shape);
  want.forEach((v, i) => expect(Math.abs(got.data[i] - v), `element ${i}`).toBeLessThan(1e-5));
}

it('recurrent layers compute what the specification says', async () => {
  await fc.assert(
    fc.asyncProperty(settings, async (s) => {
      const operands = operandsOf(s);
      const { y, last } = run(s, operands);
      const d = last.length;
      const turn = (t: Tensor): Tensor => (s.batchFirst ? turned(t) : t);
      const given = { ...operands, x: turn(operands.x) };
      if (operands.h) Object.assign(given, { h: turn(operands.h) });
      if (operands.c) Object.assign(given, { c: turn(operands.c) });
      const results = (await loadOnnx(oneNode(nodeOf(s, given)))).run(given);
      const states = (key: 'h' | 'c'): number[] =>
        s.batchFirst
          ? Array.from({ length: s.n }, (_, i) => last.flatMap((samples) => samples[i][key])).flat()
          : last.flatMap((samples) => samples.flatMap((state) => state[key]));
      const stateShape = s.batchFirst ? [s.n, d, s.hidden] : [d, s.n, s.hidden];
      const outputs = s.batchFirst
        ? Array.from({ length: s.n }, (_, i) => y.flatMap((step) => step.flatMap((rows) => rows[i]))).flat()
        : y.flat(3);
      const shape = s.batchFirst ? [s.n, s.steps, d, s.hidden] : [s.steps, d, s.n, s.hidden];
      expectNear(results.y, shape, outputs);
      expectNear(results.yh, stateShape, states('h'));
      if (s.kind === 'LSTM') expectNear(results.yc, stateShape, states('c'));
    }),
    { numRuns: 120, seed: 1 },
  );
});

it('sequences that end early are refused', async () => {
  const lengths = (values: number[]): OneNode => ({
    op: 'RNN',
    opset: 14,
    operands: {
      x: { shape: [2, 2, 1] },
      w: { shape: [1, 1, 1], values: [1] },
      r: { shape: [1, 1, 1], values: [1] },
      '': {},
      lengths: { type: 'int32', values },
    },
    attributes: { hidden_size: 1, activations: ['Relu'] },
  });
  const x = new Tensor(Float32Array.of(1, 2, 3, 4), [2, 2, 1]);
  const net = await loadOnnx(oneNode(lengths([2, 2])));
  expect([...net.run({ x }).y.data]).toEqual([1, 2, 4, 6]);
  const short = await loadOnnx(oneNode(lengths([2, 1])));
  expect(() => short.run({ x })).toThrow(/sequence_lens are \[2,1\], but each sequence has 2 steps/);
});
