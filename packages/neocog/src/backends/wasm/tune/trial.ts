// One algorithm for one convolution, compiled, with arrays of its own: it runs on whole numbers, and tells its results.

import { assert } from '../../../errors.ts';
import { inputShape, outputShape, weightShape } from '../../../geometry/conv.ts';
import { moduleOf } from '../eager/compile.ts';
import type { ConvPlan, ConvTask } from '../kernels/convPlan.ts';
import { fewestPieces } from '../machine/phases.ts';
import type { Definition } from './definition.ts';
import { eachPlane, type Grid, gridKey, gridOf, planeAt } from './grid.ts';
import type { Ground } from './ground.ts';
import { arrays, wholeAt } from './wholes.ts';

/** What can be tried. */
export interface Contender {
  readonly name: string;
  readonly task: ConvTask;
  readonly plan: () => ConvPlan;
}

const sideGrids = ({ geometry: g, xOrder = 'pixels', yOrder = 'pixels', xPitch, yPitch }: ConvTask) => ({
  x: gridOf(inputShape(g), xOrder, xPitch),
  y: gridOf(outputShape(g), yOrder, yPitch),
  w: gridOf(weightShape(g)),
});

/** An array that is read: how it lies, its number, and what its whole numbers are multiplied by. */
interface Given {
  readonly grid: Grid;
  readonly array: number;
  readonly unit: number;
}

/** What a trial is given, by operand; the one that the layer before it has just written; and where the result goes. */
function operandsOf({ kernel, epilogue, ...task }: ConvTask, unit: number) {
  const sides = sideGrids({ kernel, epilogue, ...task });
  const result = kernel === 'conv' ? 'y' : kernel === 'inputGrad' ? 'x' : 'w';
  const source = kernel === 'inputGrad' ? 'y' : 'x';
  const other = kernel === 'weightGrad' ? 'y' : 'w';
  const perChannel = gridOf([1, sides[result].channels, 1]);
  const given: Record<string, Given> = {
    [source]: { grid: sides[source], array: arrays[source], unit },
    [other === 'w' ? 'weights' : other]: { grid: sides[other], array: arrays[other], unit: 1 },
  };
  if (epilogue.bias) given.bias = { grid: perChannel, array: arrays.bias, unit: 1 };
  epilogue.extras.forEach((kind, i) => {
    const grid = kind === 'pixel' ? sides[result] : perChannel;
    given[`extra${i}`] = { grid, array: arrays.extra + i, unit: 1 };
  });
  return { given, source, result, grid: sides[result] };
}

type Call = (...args: number[]) => void;

/** What trials of one heat have in common: they compute the same. */
export interface Setting {
  readonly ground: Ground;
  readonly definition: Definition;
}

export class Trial {
  readonly contender: Contender;
  readonly exact: boolean;
  readonly definition: Definition;
  /** Of its result. */
  readonly grid: Grid;
  readonly #ground: Ground;
  readonly #addresses: Record<string, number> = {};
  readonly #operands: ReturnType<typeof operandsOf>;
  readonly #prepare: readonly (() => void)[];
  readonly #steps: readonly (() => void)[];

  /** Compiles a plan, and places its arrays behind those that are there; what it reads has the same place for all. */
  static async start(contender: Contender, setting: Setting): Promise<Trial> {
    const plan = contender.plan();
    const kernels = [...plan.prepare, ...plan.steps].map(({ kernel }) => kernel);
    const module = await WebAssembly.compile(moduleOf(kernels).encode());
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: setting.ground.memory } });
    return new Trial(
      contender,
      plan,
      kernels.map((_, i) => exports[`kernel${i + 1}`] as Call),
      setting,
    );
  }

  private constructor(
    contender: Contender,
    plan: ConvPlan,
    calls: readonly Call[],
    { ground, definition }: Setting,
  ) {
    this.contender = contender;
    this.exact = plan.exact;
    this.definition = definition;
    this.#ground = ground;
    this.#operands = operandsOf(contender.task, definition.unit);
    this.grid = this.#operands.grid;
    this.#placeAll(plan);
    const steps = [...plan.prepare, ...plan.steps].map(({ kernel: { units, scratchBytes }, operands }, i) => {
      const at = operands.map((name) => this.#addressOf(name));
      const scratch = ground.scratch(scratchBytes);
      return () => inPieces(units, (from, to) => calls[i](...at, from, to, scratch));
    });
    this.#prepare = steps.slice(0, plan.prepare.length);
    this.#steps = steps.slice(plan.prepare.length);
  }

  #placeAll(plan: ConvPlan): void {
    const { given, result, grid } = this.#operands;
    for (const [name, { grid: own, array, unit }] of Object.entries(given))
      this.#addresses[name] = this.#ground.placeShared(`${name} ${gridKey(own)}`, own.floats, (values) =>
        fillWhole(values, own, (index) => unit * wholeAt(array, index)),
      );
    this.#addresses[result] = this.#ground.place(4 * grid.floats);
    if (plan.prepare.length > 0) this.#addresses.w = this.#ground.place(plan.weightBytes);
    else if (result !== 'w') this.#addresses.w = this.#addresses.weights;
    plan.workspaces.forEach((bytes, i) => {
      this.#addresses[`workspace${i}`] = this.#ground.place(bytes);
    });
  }

  #addressOf(name: string): number {
    const address = this.#addresses[name];
    assert(address !== undefined, `operand ${name} of ${this.contender.name} has a place`);
    return address;
  }

  #view(name: string, { floats }: Grid): Float32Array {
    return this.#ground.floats(this.#addressOf(name), floats);
  }

  /** Prepares its weights, and runs once on whole numbers. */
  compute(): void {
    this.results().fill(Number.NaN);
    for (const step of this.#prepare) step();
    this.run();
  }

  run(): void {
    for (const step of this.#steps) step();
  }

  /** Writes what it reads anew, as the layer before it does in a program. */
  touch(): void {
    const { given, source } = this.#operands;
    this.#view(source, given[source].grid).fill(0.5);
  }

  results(): Float32Array {
    return this.#view(this.#operands.result, this.grid);
  }
}

/** What no value lies in is NaN. */
function fillWhole(values: Float32Array, grid: Grid, wholeOf: (index: number) => number): void {
  values.fill(Number.NaN);
  eachPlane(grid, (n, c, plane) => {
    const from = planeAt(grid, n, c);
    for (let s = 0; s < grid.cells; s++) values[from + s * grid.steps.cell] = wholeOf(plane * grid.cells + s);
  });
}

/** As a program of one thread does: V8 takes up better code only at a call. */
function inPieces(units: number, call: (from: number, to: number) => void): void {
  const pieces = Math.min(units, fewestPieces);
  for (let piece = 0; piece < pieces; piece++)
    call(Math.floor((units * piece) / pieces), Math.floor((units * (piece + 1)) / pieces));
}
