// Sizes that callers fix at load, and those of outputs that follow.

import { reshape, ShapeError, slice, type Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { GraphModule } from './graphModule.ts';
import { operation } from './operation.ts';
import { anyAxes, batchAxis, fixAxes, fixInputs, nameAxes } from './shapes.ts';

const dtype = 'float32' as const;
const inputs = [
  { name: 'x', shape: ['n', 3, 'w'], dtype },
  { name: 'any', shape: [anyAxes], dtype },
];
const outputs = [{ name: 'y', shape: ['n', 'k'], dtype }];
const fix = (shapes: Record<string, readonly number[] | number>) =>
  fixInputs('f', { inputs, outputs }, shapes).map(({ shape }) => shape);

describe('sizes that are given', () => {
  it('are those of a whole input, or of an axis by its name', () => {
    expect(fix({})).toEqual([['n', 3, 'w'], [anyAxes]]);
    expect(fix({ x: [2, 3, 5] })).toEqual([[2, 3, 5], [anyAxes]]);
    expect(fix({ n: 2 })).toEqual([[2, 3, 'w'], [anyAxes]]);
    expect(fix({ any: [4, 1] })).toEqual([
      ['n', 3, 'w'],
      [4, 1],
    ]);
    expect(fix({ any: [] })[1]).toEqual([]);
    // An axis of an output has no input to be fixed in.
    expect(fix({ k: 2 })).toEqual(fix({}));
  });

  it.each<[Record<string, readonly number[] | number>, string]>([
    [{ x: [2, 4, 5] }, "f: shapes give input 'x' [2,4,5], but the network needs [n,3,w]"],
    [{ x: [2, 3] }, "give input 'x' [2,3]"],
    [{ x: [2, 3, 5, 1] }, "give input 'x' [2,3,5,1]"],
    [{ x: [0, 3, 5] }, "give input 'x' [0,3,5]"],
    [{ x: [2, 3, 1.5] }, "give input 'x' [2,3,1.5]"],
    [{ n: -1 }, "give input 'x' [-1,3,w]"],
    [{ any: [2, 0] }, "give input 'any' [2,0]"],
    [{ z: 1 }, "f: shapes name 'z'; choose from x, n, w, any, k"],
    [{ '…': 1 }, "shapes name '…'"],
    [{ toString: 1 }, "shapes name 'toString'"],
  ])('%j are refused', (shapes, message) => {
    expect(() => fix(shapes)).toThrow(ShapeError);
    expect(() => fix(shapes)).toThrow(message);
  });

  it('leave alone axes that are named as what every object has', () => {
    expect(fixAxes(['toString', 'n', 2], { n: 4 })).toEqual(['toString', 4, 2]);
  });
});

it('open axes have names: the first is the batch', () => {
  expect(nameAxes('x', [null, 3, null])).toEqual([batchAxis, 3, 'x.2']);
});

describe('sizes of outputs', () => {
  const net = (f: (x: Tensor) => Tensor, shape: (number | string)[], batch?: string) =>
    GraphModule.assemble(
      {
        inputs: [{ name: 'x', shape, dtype }],
        outputs: [{ name: 'y', shape: [anyAxes], dtype }],
        steps: [
          { name: 'f', module: operation('F', ([x]) => f(x as Tensor)), inputs: ['x'], outputs: ['y'] },
        ],
        constants: new Map(),
      },
      batch,
    ).outputs[0].shape;
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0], x.size / x.shape[0]]);

  it('follow from those of inputs, and from the batch', () => {
    expect(net(flat, [2, 3, 4])).toEqual([2, 12]);
    expect(net(flat, [batchAxis, 3, 4], batchAxis)).toEqual([batchAxis, 12]);
  });

  it('stay open where an axis is, and where the network takes one size of batch only', () => {
    expect(net(flat, ['n', 3, 4], batchAxis)).toEqual([anyAxes]);
    expect(net(flat, ['n', 3, 4])).toEqual([anyAxes]);
    expect(net((x) => reshape(x, [1, 12]), [batchAxis, 3, 4], batchAxis)).toEqual([anyAxes]);
  });

  it('follow from zeros where a network looks at values, unless one is of no cells then', () => {
    const flips = (x: Tensor): Tensor => (x.data[0] < 0 ? flat(x) : x);
    expect(net(flips, [batchAxis, 3, 4], batchAxis)).toEqual([batchAxis, 3, 4]);
    expect(net(flips, [2, 3, 4])).toEqual([anyAxes]);
    const cuts = (x: Tensor): Tensor => slice(x, { axis: 1, end: x.data[0] });
    expect(net(cuts, [batchAxis, 3], batchAxis)).toEqual([anyAxes]);
  });
});
