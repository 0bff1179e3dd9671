// Elementwise formulas as nodes. A formula that is an activation becomes its operator; others node by node.

import { type Expr, nn, recordNetwork } from 'neocog';
import type { Attributes, GraphWriter } from './graphWriter.ts';

/** Over which cells a formula runs, and its inputs by name, each in a shape that broadcasts to these cells. */
export interface Operands {
  readonly shape: readonly number[];
  readonly inputs: readonly string[];
}

const unaries: Readonly<Record<string, string>> = {
  neg: 'Neg',
  abs: 'Abs',
  sign: 'Sign',
  sqrt: 'Sqrt',
  exp: 'Exp',
  log: 'Log',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  erf: 'Erf',
  sin: 'Sin',
  cos: 'Cos',
  floor: 'Floor',
  round: 'Round',
};

const binaries: Readonly<Record<string, string>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  max: 'Max',
  min: 'Min',
  pow: 'Pow',
};

const comparisons: Readonly<Record<string, string>> = { gt: 'Greater', ge: 'GreaterOrEqual', eq: 'Equal' };

type Known = readonly [op: string, attributes: Attributes];

/** Formulas are interned: that of a layer is the same object wherever it occurs. */
let activations: ReadonlyMap<Expr, Known> | undefined;

function knownActivations(): ReadonlyMap<Expr, Known> {
  const layers: readonly [nn.Module, string, Attributes?][] = [
    [new nn.ReLU(), 'Relu'],
    [new nn.SELU(), 'Selu'],
    [new nn.Softplus(), 'Softplus'],
    [new nn.Softsign(), 'Softsign'],
    [new nn.Hardswish(), 'HardSwish'],
    [new nn.Hardsigmoid(), 'HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }],
    [new nn.ELU(), 'Elu'],
  ];
  return new Map(
    layers.flatMap(([layer, op, attributes = {}]): [Expr, Known][] => {
      const [node] = recordNetwork(layer, { input: [1] }).nodes;
      return node.op === 'fused' ? [[node.loop.expr, [op, attributes]]] : [];
    }),
  );
}

/** Writes a formula; the name of its values. */
export function writeFormula(writer: GraphWriter, expr: Expr, operands: Operands): string {
  activations ??= knownActivations();
  const known = activations.get(expr);
  if (known) return writer.add(known[0], [operands.inputs[0]], known[1]);
  return new FormulaWriter(writer, operands).value(expr);
}

class FormulaWriter {
  readonly #writer: GraphWriter;
  readonly #operands: Operands;
  readonly #done = new Map<string, string>();

  constructor(writer: GraphWriter, operands: Operands) {
    this.#writer = writer;
    this.#operands = operands;
  }

  /** As float32. */
  value(e: Expr): string {
    return this.#once(`value ${e.id}`, () => this.#valueOf(e));
  }

  #once(key: string, write: () => string): string {
    const name = this.#done.get(key) ?? write();
    this.#done.set(key, name);
    return name;
  }

  #valueOf(e: Expr): string {
    const writer = this.#writer;
    if (e.op === 'input') return this.#operands.inputs[e.index];
    if (e.op === 'const') return writer.scalar(e.value);
    if (e.op === 'position') return this.#positions(e.axis);
    if (e.op === 'select')
      return writer.add('Where', [this.#truth(e.test), this.value(e.a), this.value(e.b)]);
    if (e.op in comparisons) return writer.add('Cast', [this.#truth(e)], { to: 1 });
    if (e.op === 'log1p') return writer.add('Log', [writer.add('Add', [this.value(e.a), writer.scalar(1)])]);
    if ('b' in e) return writer.add(binaries[e.op], [this.value(e.a), this.value(e.b)]);
    return writer.add(unaries[e.op], [this.value(e.a)]);
  }

  /** As truth values: what is not 0. */
  #truth(e: Expr): string {
    return this.#once(`truth ${e.id}`, () =>
      'b' in e && e.op in comparisons
        ? this.#writer.add(comparisons[e.op], [this.value(e.a), this.value(e.b)])
        : this.#writer.add('Cast', [this.value(e)], { to: 9 }),
    );
  }

  #positions(axis: number): string {
    const { shape } = this.#operands;
    const values = Float32Array.from({ length: shape[axis] }, (_, i) => i);
    return this.#writer.tensor(
      values,
      shape.map((n, d) => (d === axis ? n : 1)),
      'positions',
    );
  }
}
