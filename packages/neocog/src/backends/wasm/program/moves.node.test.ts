// Moves between arrangements: every element ends at its place, and what cannot be followed is refused.

import { describe, expect, it } from 'vitest';
import { Graphs, samples } from '../../../../../../test/graphs.ts';
import { fromPixels, KernelRunner, toPixels } from '../../../../../../test/kernelRunner.ts';
import { Arrays } from './arrays.ts';
import { type Form, floatsOf, type LoopAxis, type Pixels } from './form.ts';
import { changeForm, type Elements, type PlannedMove, planMove } from './moves.ts';

const size = 2 * 6 * 12;
const form: Pixels = { images: 2, channels: 6, plane: 12, pitch: 8 };
const values = samples(size, 1);
const all = [{ size, step: 1 }];

const inForm = (to: Form): Float32Array => (to ? toPixels(values, to.channels, to.plane, to.pitch) : values);
const rowMajor = (of: Form, floats: Float32Array): Float32Array =>
  of ? fromPixels(floats, of.channels, of.plane, of.pitch) : floats;

/** What a move leaves in an array of this form, as a row-major one; it begins with `before`. */
function carryOut(plan: PlannedMove, from: Form, to: Form, before: ArrayLike<number> = []): number[] {
  const runner = new KernelRunner<string>();
  runner.place('from', floatsOf(from, size), inForm(from)).place('to', floatsOf(to, size), before);
  for (const { operand, values: table } of plan.tables)
    runner.place(operand, table.length, new Float32Array(table.buffer, table.byteOffset, table.length));
  runner.run(plan.steps);
  return [...rowMajor(to, runner.read('to', floatsOf(to, size)))];
}

/** A move that has to be possible. */
function planned(from: Elements, to: Elements, mode?: 'add'): PlannedMove {
  const plan = planMove(from, to, mode);
  expect(plan).not.toBeNull();
  return plan as PlannedMove;
}

describe('planMove', () => {
  const wide = { ...form, pitch: 12 };

  it.each<[string, Form, Form, boolean]>([
    ['row-major as it is', null, null, true],
    ['pixels as they are', form, form, true],
    ['row-major to pixels', null, form, false],
    ['pixels to row-major', form, null, false],
    ['pixels to another pitch', form, wide, false],
    ['pixels to those of other cells', form, { images: 1, channels: 12, plane: 12, pitch: 12 }, false],
  ])('brings %s', (_, from, to, isIdentity) => {
    const plan = planned({ form: from, axes: all }, { form: to, axes: all });
    expect(plan.isIdentity).toBe(isIdentity);
    expect(carryOut(plan, from, to)).toEqual([...values]);
  });

  it('moves along other axes, from and to the middle', () => {
    const axes = [
      { size: 2, step: 72 },
      { size: 2, step: 12 },
      { size: 12, step: 1 },
    ];
    // Channels 1 and 2 become 3 and 4.
    const plan = planned({ form, axes, start: 12 }, { form, axes, start: 36 });
    const before = new Float32Array(floatsOf(form, size)).fill(7);
    const expected = Array.from(values, (_, i) => {
      const channel = Math.floor(i / 12) % 6;
      return channel === 3 || channel === 4 ? values[i - 24] : 7;
    });
    expect(carryOut(plan, form, form, before)).toEqual(expected);
  });

  it('is no identity where the start moves, an order turns, or a table says so', () => {
    const half = [{ size: 72, step: 1 }];
    const is = (from: LoopAxis[], to: LoopAxis[], { fromStart = 0, toStart = 0 } = {}): boolean =>
      planned({ form: null, axes: from, start: fromStart }, { form: null, axes: to, start: toStart })
        .isIdentity;
    expect(is(half, half)).toBe(true);
    expect(is(half, half, { fromStart: 72 })).toBe(false);
    expect(is(half, half, { toStart: 72 })).toBe(false);
    expect(is(half, half, { fromStart: 72, toStart: 72 })).toBe(true);
    expect(is([{ size: 72, step: -1 }], half, { fromStart: 71 })).toBe(false);
    expect(is([{ size: 2, step: Int32Array.of(0, 1) }], [{ size: 2, step: 1 }])).toBe(false);
    expect(is([{ size: 1, step: 5 }], [{ size: 1, step: 3 }])).toBe(true);
  });

  it('follows tables', () => {
    const order = Int32Array.of(5, 0, 3, 1, 4, 2);
    const axes = (step: number | Int32Array) => [
      { size: 2, step: 72 },
      { size: 6, step },
      { size: 12, step: 1 },
    ];
    const places = axes(order.map((c) => 12 * c));
    const plan = planned({ form, axes: places }, { form: null, axes: axes(12) });
    const expected = Array.from(values, (_, i) => {
      const [n, c, p] = [Math.floor(i / 72), Math.floor(i / 12) % 6, i % 12];
      return values[n * 72 + order[c] * 12 + p];
    });
    expect(carryOut(plan, form, null)).toEqual(expected);
  });

  it('adds to what is there', () => {
    const plan = planned({ form, axes: all }, { form: null, axes: all }, 'add');
    expect(carryOut(plan, form, null, new Float32Array(size).fill(1))).toEqual(
      [...values].map((v) => Math.fround(v + 1)),
    );
  });

  it('is refused where a form cannot be followed', () => {
    const across = [{ size: 28, step: 5 }];
    expect(planMove({ form, axes: across }, { form: null, axes: across })).toBeNull();
    expect(planMove({ form: null, axes: across }, { form, axes: across })).toBeNull();
    const table = [{ size: 2, step: Int32Array.of(0, 13) }];
    expect(planMove({ form, axes: table }, { form: null, axes: table })).toBeNull();
  });
});

describe('changeForm', () => {
  function sink() {
    const arrays = new Arrays();
    let steps = 0;
    return { arrays, step: () => void steps++, count: () => steps };
  }

  it('lays constants out before the first run', () => {
    const l = sink();
    const value = new Graphs().constant(values);
    const { room } = changeForm(l, value, form);
    expect(l.count()).toBe(0);
    const held = l.arrays.contents.get(room) as Float32Array;
    expect(held.length).toBe(floatsOf(form, size));
    expect([...rowMajor(form, held)]).toEqual([...values]);
    expect(l.arrays.find(value, form)?.room).toBe(room);
  });

  it('moves computed values in one step, or in two between pixels of different cells', () => {
    const value = new Graphs().value(size, 'node', null);
    const stepsTo = (to: Form): number => {
      const l = sink();
      l.arrays.put(value, form);
      changeForm(l, value, to);
      expect(l.arrays.find(value, to)).toBeDefined();
      return l.count();
    };
    expect(stepsTo(null)).toBe(1);
    expect(stepsTo({ ...form, pitch: 12 })).toBe(1);
    expect(stepsTo({ images: 2, channels: 3, plane: 24, pitch: 4 })).toBe(2);
  });
});
