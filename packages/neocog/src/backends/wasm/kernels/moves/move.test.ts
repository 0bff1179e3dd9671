// Copies of any dimensions against plain loops: every float of the target is compared, those that are not reached too.

import { expect, test } from 'vitest';
import { draws } from '../../../../../../../test/draws.ts';
import { compileKernel, KernelRunner } from '../../../../../../../test/kernelRunner.ts';
import { Generator } from '../../../../tensor/random.ts';
import { type MoveDim, type MoveOperand, type MovePlan, type MoveTask, movePlan } from './move.ts';

/** Offsets of all elements on both sides, in the order of the dimensions. */
function places(task: MoveTask): [to: number, from: number][] {
  return task.dims.reduce<[number, number][]>(
    (all, { count, to, from, toTable, fromTable }) =>
      all.flatMap(([t, s]) =>
        Array.from({ length: count }, (_, i): [number, number] => [
          t + (toTable?.[i] ?? i * to),
          s + (fromTable?.[i] ?? i * from),
        ]),
      ),
    [[task.toStart, task.fromStart]],
  );
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), 0);
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

function check(given: MoveTask, seed: number): void {
  // Negative steps lead back from further on.
  const offsets = places(given);
  const task = {
    ...given,
    toStart: given.toStart - least(offsets.map(([to]) => to)),
    fromStart: given.fromStart - least(offsets.map(([, from]) => from)),
  };
  const pairs = places(task);
  const random = new Generator(seed);
  const integers = (length: number): Float32Array =>
    Float32Array.from({ length }, () => random.integer(100) - 50);
  const from = integers(most(pairs.map(([, s]) => s)) + 1);
  const size = most(pairs.map(([to]) => to)) + 6;
  const expected = task.mode === 'add' ? integers(size) : new Float32Array(size).fill(Number.NaN);
  const plan = movePlan(task);
  const runner = new KernelRunner<MoveOperand>(seed).place('from', from.length, from);
  runner.place('to', size, expected);
  for (const { operand, values } of plan.tables)
    runner.place(operand, values.length, new Float32Array(values.buffer));
  runner.run(plan.steps);
  for (const [to, s] of pairs) {
    if (task.mode === 'add') expected[to] += from[s] as number;
    else expected[to] = task.mode === 'copy' ? (from[s] as number) : (task.value ?? 0);
  }
  const name = `${JSON.stringify(task.dims)} ${task.mode} ${plan.steps.map((s) => s.kernel.key)}`;
  expect(runner.read('to', size), name).toEqual(expected);
}

const pick = <T>(random: Generator, list: readonly T[]): T => list[random.integer(list.length)] as T;

/** Strides of a dense array with its dimensions in some order, gaps between rows, and some dimensions backwards. */
function strides(random: Generator, counts: readonly number[], backwards: boolean): number[] {
  const result = counts.map(() => 0);
  let step = 1;
  for (const d of random.permutation(counts.length)) {
    result[d] = backwards && random.integer(6) === 0 ? -step : step;
    step *= counts[d] as number;
    if (random.integer(3) === 0) step += random.integer(5);
  }
  return result;
}

function randomTask(random: Generator, mode: MoveTask['mode']): MoveTask {
  const rank = 1 + random.integer(4);
  const longest = [1500, 90, 20, 9][rank - 1] as number;
  const counts = Array.from({ length: rank }, () => 1 + random.integer(longest));
  const [to, from] = [strides(random, counts, true), strides(random, counts, true)];
  const dims = counts.map((count, d): MoveDim => {
    const dim = { count, to: to[d] as number, from: from[d] as number };
    if (random.integer(4) > 0) return dim;
    const fromTable = Int32Array.from({ length: count }, () => random.integer(count) * 3);
    return { ...dim, from: 0, fromTable };
  });
  return { dims, toStart: random.integer(4), fromStart: random.integer(4), mode, value: 7 };
}

test('copies and fills of any dimensions', () => {
  const random = new Generator(31);
  for (let i = 0; i < draws(400); i++) check(randomTask(random, pick(random, ['copy', 'copy', 'fill'])), i);
});

test('additions of any dimensions', () => {
  const random = new Generator(32);
  for (let i = 0; i < draws(200); i++) check(randomTask(random, 'add'), i);
});

test('additions that reach places again: broadcasts, overlapping windows, tables', () => {
  const random = new Generator(33);
  for (let i = 0; i < draws(200); i++) {
    const task = randomTask(random, 'add');
    const dims = task.dims.map((dim): MoveDim => {
      const change = random.integer(4);
      if (change === 0) return { ...dim, to: 0 };
      if (change === 1) return { ...dim, to: Math.round(dim.to / 2) };
      if (change === 2) return dim;
      const toTable = Int32Array.from({ length: dim.count }, () => random.integer(dim.count) * dim.to);
      return { ...dim, to: 0, toTable };
    });
    check({ ...task, dims }, i);
  }
});

test('units never add to the same place', () => {
  const random = new Generator(34);
  for (let i = 0; i < draws(150); i++) {
    const { dims } = randomTask(random, 'add');
    const overlapping = dims.map((dim): MoveDim => {
      const to = Math.abs(dim.to);
      if (random.integer(2) === 0) return { ...dim, to };
      if (random.integer(2) === 0) return { ...dim, to: Math.ceil(to / 2) };
      const toTable = Int32Array.from({ length: dim.count }, () => random.integer(dim.count) * to);
      return { ...dim, to: 0, toTable };
    });
    const task = {
      dims: overlapping.map((dim) => ({ ...dim, from: 0, fromTable: undefined })),
      ...{ toStart: 0, fromStart: 0, mode: 'add' as const },
    };
    expect(mostUnitsPerPlace(task), JSON.stringify(task)).toBe(1);
  }
});

/** Runs units one by one, and counts those that change a place. */
function mostUnitsPerPlace(task: MoveTask): number {
  const size = most(places(task).map(([to]) => to)) + 1;
  const plan = movePlan(task);
  const runner = new KernelRunner<MoveOperand>()
    .place('from', 1, [1])
    .place('to', size, new Float32Array(size));
  for (const { operand, values } of plan.tables)
    runner.place(operand, values.length, new Float32Array(values.buffer));
  const [{ kernel, operands }] = plan.steps as [MovePlan['steps'][number]];
  const addresses = operands.map((name) => runner.address(name));
  const call = compileKernel(kernel, runner.memory);
  const changes = new Uint32Array(size);
  for (let unit = 0; unit < kernel.units; unit++) {
    const before = runner.read('to', size);
    call(...addresses, unit, unit + 1, 0);
    const after = runner.read('to', size);
    for (let at = 0; at < size; at++) changes[at] += Number(before[at] !== after[at]);
  }
  return most([...changes]);
}

const layouts = [
  [1, 64, 56 * 56, 64],
  [2, 3, 35, 3],
  [1, 3, 100, 4],
  [2, 17, 49, 20],
  [1, 130, 7, 132],
  [3, 5, 5, 8],
  [1, 1, 9, 4],
] as const;

test('channels first to channels last and back', () => {
  for (const [n, channels, plane, pitch] of layouts) {
    const first = [channels * plane, plane, 1];
    const last = [plane * pitch, 1, pitch];
    for (const [to, from] of [
      [last, first],
      [first, last],
    ] as [number[], number[]][]) {
      const dims = [n, channels, plane].map((count, d) => ({
        count,
        to: to[d] as number,
        from: from[d] as number,
      }));
      check({ dims, toStart: 0, fromStart: 0, mode: 'copy' }, n + channels);
    }
  }
});

test('nearest-neighbour resizing needs tables only where the factor is not whole', () => {
  for (const mode of ['copy', 'add'] as const)
    for (const [input, output, needsTable] of [
      [4, 8, false],
      [5, 15, false],
      [5, 7, true],
      [8, 4, false],
    ] as const) {
      const pitch = 8;
      const list = (step: number) =>
        Int32Array.from({ length: output }, (_, i) => Math.floor((i * input) / output) * step);
      const axis = (count: number, to: number, table: Int32Array): MoveDim =>
        // The adjoint of resizing adds to where resizing reads.
        mode === 'copy'
          ? { count, to, from: 0, fromTable: table }
          : { count, to: 0, toTable: table, from: to };
      const dims = [
        axis(output, output * pitch, list(input * pitch)),
        axis(output, pitch, list(pitch)),
        { count: 6, to: 1, from: 1 },
      ];
      const task: MoveTask = { dims, toStart: 0, fromStart: 0, mode };
      check(task, output);
      expect(movePlan(task).tables.length > 0).toBe(needsTable);
    }
});

test('no elements, and one', () => {
  const dim = { count: 0, to: 1, from: 1 };
  expect(movePlan({ dims: [dim], toStart: 0, fromStart: 0, mode: 'copy' }).steps).toEqual([]);
  for (const mode of ['copy', 'add', 'fill'] as const)
    check({ dims: [{ ...dim, count: 1 }], toStart: 3, fromStart: 2, mode }, 1);
});
