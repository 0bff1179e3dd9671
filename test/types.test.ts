// Literal shapes in types: each case holds at compile time (the annotation, or the error expected on the next line) and at
// run time. `tsc -b` checks the former.

import {
  add,
  conv1d,
  conv2d,
  conv3d,
  convTranspose2d,
  flatten,
  linear,
  maxPool2d,
  mul,
  nn,
  type Tensor,
  tensor,
  zeros,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import type {
  Add,
  Divide,
  DivideUp,
  Multiply,
  Product,
  Subtract,
} from '../packages/neocog/src/types/arithmetic.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where the type of `t` says exactly `S`; gives the shape that the tensor really has. */
function shapeOf<S>() {
  return <T extends readonly number[]>(
    t: Tensor<T>,
    ..._same: Equal<T, S> extends true ? [] : [expected: S, got: T]
  ) => [...t.shape];
}

describe('arithmetic on literals', () => {
  it('adds, subtracts, multiplies and divides', () => {
    const facts: [
      Equal<Add<999, 1>, 1000>,
      Equal<Add<224, 6>, 230>,
      Equal<Add<number, 6>, number>,
      Equal<Subtract<1000, 1>, 999>,
      Equal<Subtract<7, 7>, 0>,
      Equal<Subtract<3, 7>, never>,
      Equal<Multiply<512, 49>, 25088>,
      Equal<Multiply<10, 100>, 1000>,
      Equal<Divide<1000, 3>, 333>,
      Equal<Divide<5, 7>, 0>,
      Equal<DivideUp<225, 2>, 113>,
      Equal<Product<[3, 224, 224]>, 150528>,
    ] = [true, true, true, true, true, true, true, true, true, true, true, true];
    expect(facts).not.toContain(false);
  });
});

describe('results', () => {
  const image = zeros([1, 3, 32, 32]);

  it('of convolutions', () => {
    expect(shapeOf<[1, 8, 16, 16]>()(conv2d(image, zeros([8, 3, 7, 7]), { stride: 2, padding: 3 }))).toEqual([
      1, 8, 16, 16,
    ]);
    expect(shapeOf<[1, 8, 32, 32]>()(conv2d(image, zeros([8, 3, 3, 3]), { padding: 1 }))).toEqual([
      1, 8, 32, 32,
    ]);
    expect(shapeOf<[1, 8, 30, 28]>()(conv2d(image, zeros([8, 3, 3, 5])))).toEqual([1, 8, 30, 28]);
    expect(
      shapeOf<[1, 8, 11, 11]>()(conv2d(image, zeros([8, 3, 3, 3]), { padding: 'same', stride: 3 })),
    ).toEqual([1, 8, 11, 11]);
    expect(
      shapeOf<[1, 8, 36, 36]>()(conv2d(image, zeros([8, 3, 3, 3]), { padding: 'full', dilation: 2 })),
    ).toEqual([1, 8, 36, 36]);
    expect(
      shapeOf<[8, 32, 32]>()(conv2d(zeros([3, 32, 32]), zeros([8, 3, 3, 3]), { padding: [1, 1] })),
    ).toEqual([8, 32, 32]);
    expect(
      shapeOf<[2, 6, 20]>()(
        conv1d(zeros([2, 4, 20]), zeros([6, 2, 3]), { groups: 2, dilation: 2, padding: [[4, 0]] }),
      ),
    ).toEqual([2, 6, 20]);
    expect(shapeOf<[1, 2, 2, 3, 4]>()(conv3d(zeros([1, 1, 4, 5, 6]), zeros([2, 1, 3, 3, 3])))).toEqual([
      1, 2, 2, 3, 4,
    ]);
  });

  it('of transposed convolutions', () => {
    const options = { stride: 2, padding: 1 } as const;
    expect(shapeOf<[1, 5, 64, 64]>()(convTranspose2d(image, zeros([3, 5, 4, 4]), options))).toEqual([
      1, 5, 64, 64,
    ]);
  });

  it('of pooling, linear layers, flattening and broadcasting', () => {
    expect(shapeOf<[1, 3, 16, 16]>()(maxPool2d(image, 2))).toEqual([1, 3, 16, 16]);
    expect(shapeOf<[1, 3, 16, 16]>()(maxPool2d(image, 3, { stride: 2, padding: 1 }))).toEqual([1, 3, 16, 16]);
    expect(shapeOf<[1, 3072]>()(flatten(image, { startAxis: 1 }))).toEqual([1, 3072]);
    expect(shapeOf<[7, 2]>()(linear(zeros([7, 5]), zeros([2, 5])))).toEqual([7, 2]);
    expect(shapeOf<[2, 3, 5]>()(add(zeros([2, 1, 5]), zeros([2, 3, 1])))).toEqual([2, 3, 5]);
    expect(shapeOf<[2, 3]>()(mul(zeros([2, 3]), 2))).toEqual([2, 3]);
  });

  it('fall back to numbers where sizes are not literals', () => {
    const sizes: number[] = [1, 3, 8, 8];
    const unknown: Tensor = conv2d(zeros(sizes), zeros([4, 3, 3, 3]));
    expect(unknown.shape).toEqual([1, 4, 6, 6]);
    const batch: number = 2;
    expect(shapeOf<[number, 4, 6, 6]>()(conv2d(zeros([batch, 3, 8, 8]), zeros([4, 3, 3, 3])))).toEqual([
      2, 4, 6, 6,
    ]);
    expect(tensor([[1, 2]]).shape).toEqual([1, 2]);
  });
});

describe('layers', () => {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 6, 5, { padding: 2 }),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 16, 5),
    new nn.Tanh(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 120),
    new nn.Dropout(0.5),
    new nn.Linear(120, 10),
  );

  it('hand shapes on', () => {
    expect(shapeOf<[8, 10]>()(net.eval().forward(zeros([8, 1, 28, 28])))).toEqual([8, 10]);
    const strided = new nn.Conv2d(4, 8, [3, 1], { stride: 2, groups: 2, padding: 'same' });
    expect(shapeOf<[1, 8, 5, 4]>()(strided.forward(zeros([1, 4, 9, 7])))).toEqual([1, 8, 5, 4]);
    const up = new nn.ConvTranspose2d(8, 4, 2, { stride: 2 });
    expect(shapeOf<[1, 4, 10, 8]>()(up.forward(zeros([1, 8, 5, 4])))).toEqual([1, 4, 10, 8]);
  });

  it('are what they are without their sizes', () => {
    const conv: nn.Conv2d = new nn.Conv2d(3, 8, 3);
    const any: nn.Module[] = [conv, new nn.ReLU(), net];
    const plain: nn.Sequential = net;
    const unknown: Tensor = conv.forward(zeros([1, 3, 8, 8]));
    expect([any.length, plain.children().length, unknown.shape]).toEqual([3, 11, [1, 8, 6, 6]]);
  });

  it.each([
    // @ts-expect-error input has 3 channels, weight expects 1
    ['an image of another colour', () => net.forward(zeros([8, 3, 28, 28]))],
    // @ts-expect-error input has 576 features, the weight expects 400
    ['an image of another size', () => net.forward(zeros([8, 1, 32, 32]))],
    // @ts-expect-error an option that does not exist
    ['a misspelt option', () => new nn.Conv2d(1, 1, 1, { strides: 2 }).forward(zeros([1, 1, 1, 1]))],
  ])('refuse %s', (_, attempt) => {
    expect(attempt).toThrow();
  });
});

describe('errors in the editor', () => {
  const image = zeros([1, 3, 32, 32]);

  it.each([
    // @ts-expect-error input has 3 channels, but weight expects 4
    ['channels', () => conv2d(image, zeros([8, 4, 3, 3]))],
    // @ts-expect-error kernel [7,7] is larger than the padded input [4,4]
    ['a kernel too large', () => conv2d(zeros([1, 3, 4, 4]), zeros([8, 3, 7, 7]))],
    // @ts-expect-error weight has 3 axes, 4 are needed
    ['a weight of another rank', () => conv2d(image, zeros([8, 3, 3]))],
    // @ts-expect-error an option that does not exist
    ['a misspelt option', () => conv2d(image, zeros([8, 3, 3, 3]), { strides: 2 })],
    // @ts-expect-error input has 3 channels, weight expects 5
    ['channels of a transposed convolution', () => convTranspose2d(image, zeros([5, 2, 3, 3]))],
    // @ts-expect-error window [40,40] is larger than the padded input [32,32]
    ['a window too large', () => maxPool2d(image, 40)],
    // @ts-expect-error input has 5 features, the weight expects 6
    ['features', () => linear(zeros([7, 5]), zeros([2, 6]))],
    // @ts-expect-error shapes [2,3] and [2,4] do not broadcast
    ['shapes that do not broadcast', () => add(zeros([2, 3]), zeros([2, 4]))],
  ])('%s', (_, attempt) => {
    expect(attempt).toThrow();
  });
});
