// Steps of a network whose file has channels last: where axes move, and where they do not.

import { add, concat, neg, nn, type Shape, type Tensor, tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { moduleName } from './names.ts';
import { type Operation, operation, tensorStep } from './operation.ts';
import { firstAxis, firstOrder, inFirstOrder, lastOrder, Plan, type Wire } from './plan.ts';

const sum = () => operation('Add', ([a, b]) => add(a as Tensor, b as Tensor));
const turn = () => tensorStep('Neg', neg);

const counting = (shape: Shape): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: size }, (_, i) => i + 1),
    [...shape],
  );
};

/** What a network gives for the numbers from 1 on, and the names of its steps. */
function run(shape: Shape, build: (plan: Plan, x: Wire) => readonly Wire[]) {
  const plan = new Plan(new Budget('test', 0));
  const x = plan.input({ name: 'x', shape: ['batch', ...shape.slice(1)], dtype: 'float32' });
  const wires = build(plan, x);
  const net = plan.build(wires.map((wire, i) => ({ name: `y${i}`, wire })));
  const results = net.run({ x: counting(shape) });
  return {
    steps: net.children().map(([name]) => name),
    values: wires.map((_, i) => [...results[`y${i}`].data]),
    shapes: wires.map((_, i) => [...results[`y${i}`].shape]),
  };
}

describe('orders of axes', () => {
  it('are each the other turned back', () => {
    expect([firstOrder(5), lastOrder(5)]).toEqual([
      [0, 4, 1, 2, 3],
      [0, 2, 3, 4, 1],
    ]);
    expect([0, 1, 2, 3, -1, -3].map((axis) => firstAxis(axis, 4))).toEqual([0, 2, 3, 1, 1, 2]);
    expect(inFirstOrder(['n', 'h', 'w', 'c'])).toEqual(['n', 'c', 'h', 'w']);
  });
});

describe('images', () => {
  const shape = [1, 2, 1, 3];
  const numbers = [1, 2, 3, 4, 5, 6];

  it('move their axes once in, once out', () => {
    const found = run(shape, (plan, x) => {
      const a = plan.images('a', new nn.ReLU(), x);
      const b = plan.images('b', new nn.ReLU(), x);
      return [plan.elementwise('sum', sum(), [a, b])];
    });
    expect(found.steps).toEqual(['channels_first', 'a', 'b', 'sum', 'channels_last']);
    expect(found.values).toEqual([numbers.map((v) => 2 * v)]);
  });

  it('meet constants along the last axis of the file, in every rank', () => {
    const found = run(shape, (plan, x) => {
      const c = plan.constant(tensor([10, 20, 30]));
      const image = plan.images('image', new nn.ReLU(), x);
      const four = plan.elementwise('four', sum(), [image, c]);
      const flat = plan.plain(
        'flat',
        tensorStep('Rows', (t) => t.detach()),
        [x],
        4,
      );
      const rows = plan.plain(
        'rows',
        operation('Rows', ([t]) => rowsOf(t as Tensor)),
        [flat],
        3,
      );
      const sequence = plan.images('sequence', new nn.ReLU(), rows);
      return [four, plan.elementwise('three', sum(), [sequence, c])];
    });
    const wanted = [11, 22, 33, 14, 25, 36];
    expect(found.values).toEqual([wanted, wanted]);
    expect(found.shapes).toEqual([shape, [1, 2, 3]]);
  });

  it('are joined where one of them is, though the rank of another is unknown', () => {
    const join = (axis: number): Operation => operation('Concat', (all) => concat(all as Tensor[], { axis }));
    const found = run(shape, (plan, x) => {
      const unknown = plan.plain('unknown', turn(), [x], undefined);
      const image = plan.images('image', new nn.ReLU(), x);
      return [plan.concat('joined', -1, join, [unknown, image])];
    });
    expect(found.steps).toEqual([
      'unknown',
      'channels_first',
      'image',
      'channels_first_2',
      'joined',
      'channels_last',
    ]);
    expect(found.values).toEqual([[-1, -2, -3, 1, 2, 3, -4, -5, -6, 4, 5, 6]]);
  });
});

const rowsOf = (t: Tensor): Tensor => new nn.Flatten({ startAxis: 1, endAxis: 2 }).forward(t);

describe('outputs', () => {
  it('may be one value twice, an input, and a constant', () => {
    const found = run([1, 2], (plan, x) => {
      const y = plan.plain('y', turn(), [x], 2);
      return [y, x, y, plan.constant(tensor([7]))];
    });
    expect(found.values).toEqual([[-1, -2], [1, 2], [-1, -2], [7]]);
  });

  it('are steps like others for those that read them', () => {
    const found = run([1, 2], (plan, x) => {
      const y = plan.plain('y', turn(), [x], 2);
      return [y, plan.plain('z', turn(), [y], 2)];
    });
    expect(found.values).toEqual([
      [-1, -2],
      [1, 2],
    ]);
  });
});

it('a layer that is called twice is one part, under its first name', () => {
  const layer = new nn.PReLU();
  const found = run([1, 2], (plan, x) => {
    const once = plan.plain('slope', layer, [plan.plain('neg', turn(), [x], 2)], 2);
    return [plan.plain('slope', layer, [once], 2)];
  });
  expect(found.steps).toEqual(['neg', 'slope', 'slope_2'].map(moduleName));
  expect(found.values).toEqual([[-0.0625, -0.125]]);
});
