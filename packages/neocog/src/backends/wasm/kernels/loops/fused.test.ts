// Random loop nests against the reference backend: any order of axes, any strides, padding between rows, broadcasts.
// Values are small whole numbers, so that sums and products are exact and equality means equality.

import { describe, expect, it, test } from 'vitest';
import { draws } from '../../../../../../../test/draws.ts';
import { KernelRunner } from '../../../../../../../test/kernelRunner.ts';
import { byReference } from '../../../../../../../test/reference.ts';
import * as e from '../../../../expression/expression.ts';
import { Generator } from '../../../../tensor/random.ts';
import { engine } from '../../engine.ts';
import { type FusedManyTask, type FusedOperand, fusedManyPlan } from './fused.ts';

const engines = [engine(), { ...engine(), fma: false, wide: false }];
const [x0, x1, x2] = [e.input(0), e.input(1), e.input(2)];

const pick = <T>(random: Generator, list: readonly T[]): T => list[random.integer(list.length)] as T;
const integers = (random: Generator, length: number): number[] =>
  Array.from({ length }, () => random.integer(9) - 4);
const floatBits = (ints: readonly number[]): Float32Array => new Float32Array(Int32Array.from(ints).buffer);

/** Row-major strides over the axes in some order, each row followed by a gap; 0 along axes that are left out. */
function strides(random: Generator, sizes: readonly number[], used: readonly boolean[]): number[] {
  const result = sizes.map(() => 0);
  let step = 1;
  const order = pick(random, [true, true, false])
    ? [...sizes.keys()].reverse()
    : [...random.permutation(sizes.length)];
  for (const d of order) {
    if (!used[d]) continue;
    result[d] = step;
    step *= sizes[d] as number;
    if (random.integer(3) === 0) step += 1 + random.integer(3);
  }
  return result;
}

const lengthOf = (sizes: readonly number[], steps: readonly number[]): number =>
  1 + sizes.reduce((last, size, d) => last + (size - 1) * (steps[d] as number), 0);

const sizesOf = (random: Generator): number[] => {
  const most = [2000, 150, 40, 20];
  const rank = 1 + random.integer(4);
  return Array.from({ length: rank }, () =>
    random.integer(5) === 0 ? 1 : 1 + random.integer(pick(random, most.slice(rank - 1))),
  );
};

/** The places of an output's elements, in the row-major order of the axes that are kept. */
function outputPlaces(task: FusedManyTask, output: number): number[] {
  return task.axes
    .filter((axis) => !axis.reduced)
    .reduce<number[]>(
      (places, axis) =>
        places.flatMap((place) =>
          Array.from({ length: axis.size }, (_, i) => place + i * (axis.outStrides[output] as number)),
        ),
      [0],
    );
}

/** Runs a task and compares every float of its outputs: those that it must not touch stay NaN. */
function check(task: FusedManyTask, inputs: readonly number[][], seed: number): void {
  const plan = fusedManyPlan(task);
  const runner = new KernelRunner<FusedOperand>(seed);
  const values = inputs.map((list, i) =>
    task.inputTypes[i] === 'int32' ? Int32Array.from(list) : Float32Array.from(list),
  );
  inputs.forEach((list, i) => {
    runner.place(`in${i}`, list.length, task.inputTypes[i] === 'int32' ? floatBits(list) : list);
  });
  plan.workspaces.forEach((bytes, i) => void runner.place(`workspace${i}`, bytes / 4));
  const expected = task.exprs.map((expr, output) => {
    const places = outputPlaces(task, output);
    const whole = new Float32Array(places.reduce((a, b) => Math.max(a, b), 0) + 9).fill(Number.NaN);
    runner.place(`out${output}`, whole.length);
    const loop = {
      expr,
      combine: task.combine,
      shape: task.axes.map((axis) => axis.size),
      reduced: task.axes.map((axis) => axis.reduced),
      strides: inputs.map((_, i) => task.axes.map((axis) => axis.strides[i] as number)),
    };
    const dense = byReference({ op: 'fused', loop }, ...values);
    places.forEach((place, i) => {
      whole[place] = dense[i] as number;
    });
    return whole;
  });
  runner.run(plan.steps);
  expected.forEach((whole, i) => {
    const actual = runner.read(`out${i}`, whole.length);
    // 0 and −0 are equal here: the order of a sum decides which one it is.
    const wrong = whole.findIndex(
      (y, at) => !(actual[at] === y || (Number.isNaN(y) && Number.isNaN(actual[at]))),
    );
    const name = plan.steps.map(({ kernel }) => kernel.key).join('\n');
    expect(wrong, `${name}\nout${i}[${wrong}] is ${actual[wrong]}, expected ${whole[wrong]}`).toBe(-1);
  });
}

function randomTask(random: Generator, reduces: boolean): { task: FusedManyTask; inputs: number[][] } {
  const sizes = sizesOf(random);
  const reduced = sizes.map(() => reduces && random.integer(2) === 0);
  const kept = reduced.map((r) => !r);
  const used = [sizes.map(() => true), sizes.map(() => random.integer(2) === 0), kept];
  const inputStrides = used.map((u) => strides(random, sizes, u));
  const formulas = [
    e.add(e.mul(x0, x1), x2),
    e.max(x0, 0),
    e.mul(e.sub(x0, x2), e.sub(x0, x2)),
    e.add(e.mul(x1, x2), e.position(random.integer(sizes.length))),
    e.select(e.gt(x0, x1), x2, e.neg(x0)),
  ];
  const exprs = Array.from({ length: pick(random, [1, 1, 2, 3]) }, () => pick(random, formulas));
  const outStrides = exprs.map(() => strides(random, sizes, kept));
  const axes = sizes.map((size, d) => ({
    size,
    reduced: reduced[d] as boolean,
    strides: inputStrides.map((s) => s[d] as number),
    outStrides: outStrides.map((s) => s[d] as number),
    position: d,
  }));
  const inputTypes = inputStrides.map(() => pick(random, ['float32', 'float32', 'int32'] as const));
  const inputs = inputStrides.map((s) => integers(random, lengthOf(sizes, s)));
  const combine = pick(random, ['sum', 'sum', 'max'] as const);
  return { task: { exprs, combine, axes, inputTypes, engine: pick(random, engines) }, inputs };
}

test('maps over any axes', () => {
  const random = new Generator(11);
  for (let i = 0; i < draws(250); i++) {
    const { task, inputs } = randomTask(random, false);
    check(task, inputs, i);
  }
});

test('sums and maxima over any axes', () => {
  const random = new Generator(12);
  for (let i = 0; i < draws(250); i++) {
    const { task, inputs } = randomTask(random, true);
    check(task, inputs, i);
  }
});

/** Pixels of `pitch` floats: x, a vector per channel and a value per image and channel. */
function pixelAxes(n: number, space: number, channels: number, pitch: number, reduced: string) {
  const axis = (name: string, size: number, strides: number[], outStride: number) => ({
    size,
    strides,
    reduced: reduced.includes(name),
    outStrides: [reduced.includes(name) ? 0 : outStride],
  });
  const outN = reduced.includes('s') ? channels : space * pitch;
  return [
    axis('n', n, [space * pitch, 0, channels], outN),
    axis('s', space, [pitch, 0, 0], reduced.includes('c') ? 1 : pitch),
    axis('c', channels, [1, 1, 1], 1),
  ];
}

describe.each(engines)('channels-last, $fma $wide', (engineOfTest) => {
  it.each([
    [1, 1, 1, 4, 's'],
    [2, 49, 64, 64, ''],
    [3, 50, 6, 8, ''],
    [2, 9, 3, 3, ''],
    [4, 1024, 64, 64, 'ns'],
    [2, 2500, 40, 40, 'ns'],
    [3, 500, 6, 8, 'ns'],
    [2, 700, 2100, 2100, 'ns'],
    [2, 60, 1280, 1280, 's'],
    [8, 49, 30, 32, 's'],
    [3, 1000, 64, 64, 'nsc'],
    [3, 1000, 6, 8, 'nsc'],
    [64, 1, 10, 10, 'c'],
    [3, 70, 21, 24, 'c'],
    [2, 1, 50001, 50001, 'c'],
  ])('n%i s%i c%i pitch %i, reduced: %s', (n, space, channels, pitch, reduced) => {
    const random = new Generator(n + space + channels);
    const axes = pixelAxes(n, space, channels, pitch, reduced);
    const lengths = [n * space * pitch, channels, n * channels];
    const inputs = lengths.map((length) => integers(random, length));
    const expr = e.add(e.mul(x0, x1), x2);
    const inputTypes = ['float32', 'float32', 'float32'] as const;
    for (const combine of ['sum', 'max'] as const)
      check({ exprs: [expr], combine, axes, inputTypes, engine: engineOfTest }, inputs, n);
  });
});

test('formulas with long code, and what stays the same along rows', () => {
  const random = new Generator(5);
  const [n, space, channels] = [2, 37, 22];
  const axes = pixelAxes(n, space, channels, 24, '');
  const inputs = [n * space * 24, channels, n * channels].map((length) => integers(random, length));
  const runner = new KernelRunner<FusedOperand>();
  const expr = e.mul(e.sigmoid(e.mul(x0, e.exp(x1))), e.sqrt(e.add(e.mul(x2, x2), 1)));
  const inputTypes = ['float32', 'float32', 'float32'] as const;
  const plan = fusedManyPlan({ exprs: [expr], combine: 'sum', axes, inputTypes, engine: engine() });
  inputs.forEach((list, i) => void runner.place(`in${i}`, list.length, list));
  runner.place('out0', n * space * 24).run(plan.steps);
  const out = runner.read('out0', n * space * 24);
  for (let i = 0; i < n; i++)
    for (let s = 0; s < space; s++)
      for (let c = 0; c < channels; c++) {
        const at = (i * space + s) * 24 + c;
        const [x, a, b] = [inputs[0]?.[at], inputs[1]?.[c], inputs[2]?.[i * channels + c]] as number[];
        const y = Math.sqrt(b * b + 1) / (1 + Math.exp(-x * Math.exp(a)));
        expect(Math.abs((out[at] as number) - y)).toBeLessThan(1e-6 * Math.max(1, y));
      }
});

test('an output in the place of an input: one step of SGD with momentum', () => {
  const random = new Generator(3);
  const count = 5003;
  const [weights, velocity, gradient] = [0, 1, 2].map(() => integers(random, count)) as number[][];
  const step = e.add(e.mul(x1, 2), x2);
  const runner = new KernelRunner<FusedOperand>();
  [weights, velocity, gradient].forEach((list, i) => void runner.place(`in${i}`, count, list));
  const axes = [{ size: count, reduced: false, strides: [1, 1, 1], outStrides: [1, 1] }];
  const exprs = [e.sub(x0, e.mul(step, 3)), step];
  const inputTypes = ['float32', 'float32', 'float32'] as const;
  const plan = fusedManyPlan({ exprs, combine: 'sum', axes, inputTypes, engine: engine() });
  const inPlace: Partial<Record<FusedOperand, FusedOperand>> = { out0: 'in0', out1: 'in1' };
  runner.run(plan.steps.map((s) => ({ ...s, operands: s.operands.map((name) => inPlace[name] ?? name) })));
  const moved = velocity?.map((v, i) => 2 * v + (gradient?.[i] as number)) as number[];
  expect([...runner.read('in1', count)]).toEqual(moved);
  expect([...runner.read('in0', count)]).toEqual(weights?.map((w, i) => w - 3 * (moved[i] as number)));
});

test('long sums of numbers that are not whole keep within float32 rounding of short blocks', () => {
  const random = new Generator(4);
  const [pixels, channels] = [40000, 8];
  const x = Float32Array.from({ length: pixels * channels }, () => random.uniform());
  const sums = new Float64Array(channels);
  x.forEach((value, i) => {
    sums[i % channels] = (sums[i % channels] as number) + value;
  });
  const runner = new KernelRunner<FusedOperand>().place('in0', x.length, x).place('out0', channels);
  const axes = [
    { size: pixels, reduced: true, strides: [channels], outStrides: [0] },
    { size: channels, reduced: false, strides: [1], outStrides: [1] },
  ];
  const plan = fusedManyPlan({
    exprs: [x0],
    combine: 'sum',
    axes,
    inputTypes: ['float32'],
    engine: engine(),
  });
  plan.workspaces.forEach((bytes, i) => void runner.place(`workspace${i}`, bytes / 4));
  runner.run(plan.steps);
  // Each block of 64 rounds 63 times at less than its own size: 64 · 2^-24 bounds it, and errors of blocks cancel.
  runner.read('out0', channels).forEach((sum, c) => {
    expect(Math.abs(sum / (sums[c] as number) - 1)).toBeLessThan(2 ** -22);
  });
});

// V8 joins vectors that are stored side by side to 256 bits; joining those of two formulas gave wrong sums.
test('sums of two unlike formulas, for every number of vectors', () => {
  const random = new Generator(12);
  const [x3, x4] = [e.input(3), e.input(4)];
  const root = e.sqrt(e.add(x1, 1));
  const shifted = e.sub(e.sub(x2, x3), x4);
  const exprs = [
    e.mul(x0, e.mul(e.div(0.5, root), e.neg(e.div(e.div(shifted, root), root)))),
    e.mul(x0, e.mul(-1, e.div(1, root))),
  ];
  const rows = 4;
  const inputTypes = Array.from({ length: 5 }, () => 'float32' as const);
  for (let channels = 4; channels <= 64; channels += 4) {
    const axes = [
      { size: rows, reduced: true, strides: [channels, 0, channels, 0, 0], outStrides: [0, 0] },
      { size: channels, reduced: false, strides: [1, 1, 1, 1, 1], outStrides: [1, 1] },
    ];
    const lessThanSquares = Array.from({ length: channels }, () => pick(random, [0, 3, 15]));
    const [whole, perChannel] = [rows * channels, channels].map((n) => () => integers(random, n));
    const inputs = [whole(), lessThanSquares, whole(), perChannel(), perChannel()];
    check({ exprs, combine: 'sum', axes, inputTypes, engine: engine() }, inputs, channels);
  }
});

test('no cells: zeros for a sum, nothing for a map, and no maximum', () => {
  const axes = [
    { size: 0, reduced: true, strides: [3], outStrides: [0] },
    { size: 3, reduced: false, strides: [1], outStrides: [1] },
  ];
  const task = { exprs: [x0], axes, inputTypes: ['float32'] as const, engine: engine() };
  const runner = new KernelRunner<FusedOperand>().place('out0', 3);
  runner.run(fusedManyPlan({ ...task, combine: 'sum' }).steps);
  expect([...runner.read('out0', 3)]).toEqual([0, 0, 0]);
  expect(() => fusedManyPlan({ ...task, combine: 'max' })).toThrow('bug');
  const map = axes.map((axis) => ({ ...axis, reduced: false }));
  expect(fusedManyPlan({ ...task, combine: 'sum', axes: map }).steps).toEqual([]);
});

/** The largest of all values, reduced along one axis. */
function largestOf(x: Float32Array): number {
  const axes = [{ size: x.length, reduced: true, strides: [1], outStrides: [0] }];
  const task = { exprs: [x0], combine: 'max', axes, inputTypes: ['float32'], engine: engine() } as const;
  const runner = new KernelRunner<FusedOperand>().place('in0', x.length, x).place('out0', 1);
  runner.run(fusedManyPlan(task).steps);
  return runner.read('out0', 1)[0];
}

test('a maximum hands NaN on', () => {
  const negative = new Float32Array(new Uint32Array([0xffc00000]).buffer)[0];
  for (const at of [0, 63, 700, 1000]) {
    const x = new Float32Array(1001).fill(1);
    for (const nan of [Number.NaN, negative]) {
      x[at] = nan;
      expect(largestOf(x)).toBeNaN();
    }
  }
});

test('a maximum of zeros is -0 if all of them are, as that of Math.max', () => {
  const x = new Float32Array(1001).fill(-0);
  expect(largestOf(x)).toBe(-0);
  for (const at of [0, 63, 700, 1000]) {
    x.fill(-0)[at] = 0;
    expect(largestOf(x)).toBe(0);
    x.fill(-1)[at] = -0;
    expect(largestOf(x)).toBe(-0);
  }
  expect(largestOf(x.fill(-Infinity))).toBe(-Infinity);
  expect(largestOf(x.fill(-3))).toBe(-3);
});
