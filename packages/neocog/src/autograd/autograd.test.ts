// Gradients of every differentiable operation against finite differences, second derivatives, and what backward does
// with values that are used twice, kept, detached or not recorded.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { backends, exported } from '../../../../test/conformance/harness.ts';
import { examples } from '../../../../test/examples.ts';
import { dot, normal, whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { grad, gradcheck, mul, sum, withBackend } = neocog;

describe.each(backends)('gradients against finite differences on %s', (backend) => {
  for (const { needs, note, inputs, run } of examples) {
    const title = note ? `${needs} ${note}` : needs;
    if (exported(needs) === undefined) it(title, () => expect.fail(`neocog does not export ${needs}`));
    else it(title, () => void withBackend(backend, () => gradcheck(run, inputs)));
  }

  it('finds a gradient that is wrong', () => {
    const half = (x: Tensor) => mul(x, x.detach());
    expect(() => withBackend(backend, () => gradcheck(half, [normal(1, [3], true)]))).toThrow();
  });
});

interface Twice {
  readonly name: string;
  readonly conv: (x: Tensor, w: Tensor) => Tensor;
  readonly shapes: readonly [x: number[], w: number[]];
}

const twice: readonly Twice[] = [
  {
    name: 'conv1d',
    conv: (x, w) => neocog.conv1d(x, w, { padding: 2, dilation: 2, paddingMode: 'circular' }),
    shapes: [
      [2, 2, 7],
      [3, 2, 3],
    ],
  },
  {
    name: 'conv2d',
    conv: (x, w) => neocog.conv2d(x, w, { stride: 2, padding: 1, groups: 2 }),
    shapes: [
      [2, 4, 5, 6],
      [6, 2, 3, 2],
    ],
  },
  {
    name: 'conv3d',
    conv: (x, w) => neocog.conv3d(x, w, { padding: 1 }),
    shapes: [
      [1, 2, 3, 2, 4],
      [2, 2, 3, 1, 2],
    ],
  },
  {
    name: 'convTranspose2d',
    conv: (x, w) => neocog.convTranspose2d(x, w, { stride: 2, outputPadding: 1 }),
    shapes: [
      [1, 3, 4, 3],
      [3, 2, 2, 3],
    ],
  },
];

// With L = Σ conv(x, w)², ⟨∂L/∂x, v⟩ = 2·⟨conv(x, w), conv(v, w)⟩ and ⟨∂L/∂w, u⟩ = 2·⟨conv(x, w), conv(x, u)⟩: the
// second derivatives of the left side are first derivatives of the right. On whole numbers they agree exactly.
describe.each(backends)('second derivatives on %s', (backend) => {
  const inner = (a: Tensor, b: Tensor) => sum(mul(a, b));
  const values = (tensors: readonly Tensor[]) => tensors.map(({ data }) => data);

  it.each(twice.map((each) => [each.name, each] as const))('%s', (_, { conv, shapes }) => {
    withBackend(backend, () => {
      const [x, w] = shapes.map((shape, i) => whole(i, shape, true));
      const [v, u] = shapes.map((shape, i) => whole(i + 2, shape));
      const [dx, dw] = grad(inner(conv(x, w), conv(x, w)), [x, w], { createGraph: true });
      const alongV = mul(inner(conv(x, w), conv(v, w)), 2);
      const alongU = mul(inner(conv(x, w), conv(x, u)), 2);
      expect(values(grad(inner(dx, v), [x, w]))).toEqual(values(grad(alongV, [x, w])));
      expect(values(grad(inner(dw, u), [x, w]))).toEqual(values(grad(alongU, [x, w])));
    });
  });
});

describe('backward', () => {
  const x = () => neocog.tensor([1, -2, 3], [3], { requiresGrad: true });

  it('adds up over the uses of a value, and over calls', () => {
    const t = x();
    sum(neocog.add(mul(t, t), t)).backward();
    expect([...t.grad!.data]).toEqual([3, -3, 7]);
    sum(t).backward();
    expect([...t.grad!.data]).toEqual([4, -2, 8]);
  });

  it('reaches leaves only, and only those that ask', () => {
    const [t, other] = [x(), neocog.tensor([1, 1, 1])];
    const middle = mul(t, other);
    sum(middle).backward();
    expect([t.grad !== null, other.grad, middle.grad]).toEqual([true, null, null]);
  });

  it('sums the gradient of a broadcast operand over where it stretched', () => {
    const row = neocog.tensor([1, 2, 3], [1, 3], { requiresGrad: true });
    const column = neocog.tensor([1, 10], [2, 1], { requiresGrad: true });
    sum(mul(row, column)).backward();
    expect([[...row.grad!.data], [...column.grad!.data]]).toEqual([
      [11, 11, 11],
      [6, 6],
    ]);
  });

  it('walks a chain of ten thousand operations', () => {
    const t = neocog.tensor([1], [], { requiresGrad: true });
    let value: Tensor = t;
    for (let i = 0; i < 10_000; i++) value = neocog.add(value, t);
    value.backward();
    expect(t.grad!.item()).toBe(10_001);
  });

  it('takes the gradient from above', () => {
    const t = x();
    mul(t, 2).backward(neocog.tensor([1, 0, -1]));
    expect([...t.grad!.data]).toEqual([2, 0, -2]);
  });
});

describe('noGrad and detach', () => {
  it('record nothing', () => {
    const t = neocog.ones([2], { requiresGrad: true });
    expect(neocog.noGrad(() => mul(t, 2)).requiresGrad).toBe(false);
    expect(mul(t.detach(), 2).requiresGrad).toBe(false);
    expect(mul(t, 2).requiresGrad).toBe(true);
  });

  it('recording is back on after an error', () => {
    const fail = () => {
      throw new Error('inside');
    };
    expect(() => neocog.noGrad(fail)).toThrow('inside');
    expect(mul(neocog.ones([1], { requiresGrad: true }), 2).requiresGrad).toBe(true);
  });
});

describe('grad', () => {
  it('returns gradients by the inputs asked for, leaving `grad` fields alone', () => {
    const [a, b] = [normal(1, [4], true), normal(2, [4], true)];
    const [byB, byA] = grad(sum(mul(a, b)), [b, a]);
    expect([byA.data, byB.data, a.grad, b.grad]).toEqual([b.data, a.data, null, null]);
  });

  it('differentiates by a value in the middle', () => {
    const t = normal(1, [4], true);
    const middle = mul(t, 3);
    const [byMiddle] = grad(sum(mul(middle, middle)), [middle]);
    expect(dot(byMiddle, neocog.ones([4]))).toBeCloseTo(2 * dot(middle, neocog.ones([4])), 4);
  });

  it('leaves no graph behind unless asked', () => {
    const t = normal(1, [4], true);
    const [first] = grad(sum(mul(t, t)), [t]);
    expect(first.requiresGrad).toBe(false);
  });
});

describe('gradcheck', () => {
  const at = (...values: number[]) => neocog.tensor(values, [values.length], { requiresGrad: true });
  /** x, whose gradient is said to be less by a share. The first weight of the result is cos 1. */
  const tooFlat = (share: number) => (x: Tensor) => neocog.add(mul(x, 1 - share), mul(x.detach(), share));

  it('allows a deviation of the tolerance, absolute and relative', () => {
    const most = (tolerance: number) => (tolerance * (1 + Math.cos(1))) / Math.cos(1);
    for (const [options, tolerance] of [
      [{}, 0.01],
      [{ tolerance: 0.1 }, 0.1],
    ] as const) {
      expect(gradcheck(tooFlat(0.95 * most(tolerance)), [at(1)], options)).toBe(true);
      expect(() => gradcheck(tooFlat(1.05 * most(tolerance)), [at(1)], options)).toThrow(
        /gradcheck: the gradient of input 0 at index 0 is 0\.\d+, but finite differences give 0\.54/,
      );
    }
  });

  it('takes steps of 0.01 unless told, and puts the values back', () => {
    const stepsOf = (options: object): number[] => {
      const [x, seen] = [at(1), new Set<number>()];
      gradcheck((t) => mul(t, seen.add(t.data[0]).size > 0 ? 1 : 0), [x], options);
      expect([...x.data]).toEqual([1]);
      return [...seen];
    };
    expect(stepsOf({})).toEqual([1, 1.01, 0.99].map(Math.fround));
    expect(stepsOf({ eps: 0.25 })).toEqual([1, 1.25, 0.75]);
  });

  it('counts the step that float32 took', () => {
    // There numbers lie 1/128 apart.
    expect(gradcheck((x) => mul(x, 2), [at(1e5)])).toBe(true);
  });

  it('leaves out inputs that require no gradient, and names the others by their places', () => {
    const [x, fixed] = [at(1), neocog.tensor([2])];
    expect(gradcheck((a, b) => mul(a, b), [fixed, x])).toBe(true);
    expect(() => gradcheck((a) => mul(a, 2), [fixed])).toThrow('nothing to differentiate');
    expect(() => gradcheck((a, b) => mul(a, tooFlat(0.5)(b)), [fixed, x])).toThrow('of input 1 at index 0');
  });
});
