// Groups, settings that change, clipping, and going on from a saved state. The arithmetic of each method is held by the
// reference vectors.

import { describe, expect, it } from 'vitest';
import { mul, optim, ShapeError, sum, type Tensor, tensor } from '../index.ts';

const parameter = (...values: number[]): Tensor => tensor(values, [values.length], { requiresGrad: true });

/** One step down the gradient of Σ scale · p² / 2. */
function descend(optimizer: optim.Optimizer, scale = 1): void {
  optimizer.zeroGrad();
  for (const p of optimizer.parameters) mul(sum(mul(p, p)), scale / 2).backward();
  optimizer.step();
}

const valuesOf = ({ parameters }: optim.Optimizer): number[][] => parameters.map(({ data }) => [...data]);

describe('parameter groups', () => {
  it('follow the optimiser in what they do not state', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new optim.SGD([{ parameters: [a] }, { parameters: [b], lr: 0.5 }], { lr: 0.25 });
    expect(optimizer.groups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.25, 0],
      [0.5, 0],
    ]);
    descend(optimizer);
    expect(valuesOf(optimizer)).toEqual([[0.75], [0.5]]);
    optimizer.lr = 1;
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([1, 0.5]);
  });

  it('take a rate of their own at any time', () => {
    const optimizer = new optim.Adam([{ parameters: [parameter(1)] }, { parameters: [parameter(2)] }]);
    optimizer.groups[1].lr = 0.125;
    optimizer.lr = 0.5;
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.5, 0.125]);
  });

  it('train as separate optimisers do', () => {
    const settings = [
      { lr: 0.1, momentum: 0.9, nesterov: true },
      { lr: 0.02, weightDecay: 0.5 },
    ];
    const whole = new optim.SGD(
      settings.map((options) => ({ parameters: [parameter(1, -2)], ...options })),
      { lr: 1 },
    );
    const apart = settings.map((options) => new optim.SGD([parameter(1, -2)], options));
    for (let i = 0; i < 4; i++) for (const each of [whole, ...apart]) descend(each);
    expect(valuesOf(whole)).toEqual(apart.flatMap(valuesOf));
  });

  it('need a rate, their own or the common one', () => {
    const parameters = [parameter(1)];
    expect(new optim.SGD([{ parameters, lr: 0.1 }], {} as optim.SGDOptions).groups[0].lr).toBe(0.1);
    expect(() => new optim.SGD([{ parameters }], {} as optim.SGDOptions)).toThrow('SGD: lr is NaN');
  });

  it.each([
    ['a parameter in two groups', (p: Tensor) => [{ parameters: [p] }, { parameters: [p] }]],
    ['a parameter listed twice', (p: Tensor) => [p, p]],
    ['a group without parameters', () => [{ parameters: [] }]],
    ['a group that is no list', (p: Tensor) => [{ parameters: p }]],
    ['a misspelt setting', (p: Tensor) => [{ parameters: [p], learningRate: 1 }]],
    ['a setting out of range', (p: Tensor) => [{ parameters: [p], momentum: -1 }]],
    ['settings at odds with the common ones', (p: Tensor) => [{ parameters: [p], nesterov: true }]],
  ])('refuse %s', (_, make) => {
    const parameters = make(parameter(1)) as Tensor[];
    expect(() => new optim.SGD(parameters, { lr: 0.1 })).toThrow(ShapeError);
  });
});

describe('settings', () => {
  it('are checked when they are assigned, and stay as they were if refused', () => {
    const optimizer = new optim.Adam([parameter(1)], { lr: 0.1 });
    expect(() => {
      optimizer.lr = Number.NaN;
    }).toThrow('Adam: lr is NaN');
    expect(() => {
      optimizer.groups[0].betas = [1, 0.9];
    }).toThrow('Adam: betas is [1,');
    expect([optimizer.lr, optimizer.groups[0].betas]).toEqual([0.1, [0.9, 0.999]]);
  });

  it('change what the next step does', () => {
    const optimizer = new optim.SGD([parameter(1)], { lr: 0.5, momentum: 0.5 });
    descend(optimizer); // v = 1, p = 0.5
    optimizer.settings.momentum = 0.25;
    descend(optimizer); // v = 0.25 + 0.5
    expect(valuesOf(optimizer)).toEqual([[0.125]]);
  });

  it('start Adagrad from a sum', () => {
    const optimizer = new optim.Adagrad([parameter(2)], { lr: 1, eps: 0, initialAccumulatorValue: 12 });
    descend(optimizer);
    expect(valuesOf(optimizer)).toEqual([[1.5]]);
  });
});

type Make = (parameters: readonly Tensor[]) => optim.Optimizer;

const methods: [name: string, make: Make][] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1 })],
  ['SGD with momentum', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.3 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.1 })],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.1, amsgrad: true })],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.1, centered: true, momentum: 0.5 })],
  ['Adagrad', (p) => new optim.Adagrad(p, { lr: 0.1, lrDecay: 0.2 })],
];

describe('stateDict', () => {
  it.each(methods)('lets %s go on exactly', (_, make) => {
    const start = () => [parameter(1, -2, 3), parameter(0.5)];
    const [straight, first] = [make(start()), make(start())];
    for (let i = 0; i < 5; i++) descend(straight);
    for (let i = 0; i < 2; i++) descend(first);
    const copies = first.parameters.map((p) => parameter(...p.data));
    const second = make(copies);
    second.loadStateDict(first.stateDict());
    descend(first); // Leaves what was taken before alone.
    for (let i = 0; i < 3; i++) descend(second);
    expect(valuesOf(second)).toEqual(valuesOf(straight));
  });

  it('holds tensors under the names of PyTorch, and settings that JSON keeps', () => {
    const optimizer = new optim.Adam(
      [{ parameters: [parameter(1, 2)] }, { parameters: [parameter(3)], lr: 0.3 }],
      { lr: 0.1 },
    );
    descend(optimizer);
    optimizer.lr = 0.2;
    const { options, groups, tensors } = optimizer.stateDict();
    expect(JSON.parse(JSON.stringify([options, groups]))).toEqual([{ lr: 0.2 }, [{}, { lr: 0.3 }]]);
    expect(Object.entries(tensors).map(([key, { shape }]) => [key, ...shape])).toEqual([
      ['0.step'],
      ['0.exp_avg', 2],
      ['0.exp_avg_sq', 2],
      ['1.step'],
      ['1.exp_avg', 1],
      ['1.exp_avg_sq', 1],
    ]);
    expect(tensors['0.step'].item()).toBe(1);
  });

  it('takes settings along, and groups go on following', () => {
    const make = () => new optim.SGD([{ parameters: [parameter(1)] }], { lr: 0.1 });
    const [from, to] = [make(), make()];
    from.lr = 0.025;
    to.loadStateDict(from.stateDict());
    expect(to.groups[0].lr).toBe(0.025);
    to.lr = 0.5;
    expect(to.groups[0].lr).toBe(0.5);
  });

  it.each([
    ['another number of groups', (s: optim.OptimizerState) => ({ ...s, groups: [] })],
    ['settings of another method', (s: optim.OptimizerState) => ({ ...s, options: { momentum: 0.9 } })],
    ['settings out of range', (s: optim.OptimizerState) => ({ ...s, options: { lr: -1 } })],
    [
      'a state that is missing',
      ({ tensors, ...s }: optim.OptimizerState) => ({ ...s, tensors: { '0.step': tensors['0.step'] } }),
    ],
    [
      'a state of another shape',
      (s: optim.OptimizerState) => ({ ...s, tensors: { ...s.tensors, '0.exp_avg': tensor([1, 2]) } }),
    ],
    [
      'a state of another parameter',
      (s: optim.OptimizerState) => ({ ...s, tensors: { ...s.tensors, '1.step': s.tensors['0.step'] } }),
    ],
  ])('refuses %s and changes nothing', (_, spoil) => {
    const optimizer = new optim.Adam([parameter(1)], { lr: 0.1 });
    descend(optimizer);
    const before = optimizer.stateDict();
    expect(() => optimizer.loadStateDict(spoil(before))).toThrow(/^Adam: /);
    expect(optimizer.stateDict()).toEqual(before);
  });
});

describe('clipping', () => {
  const withGradients = (...gradients: number[][]): Tensor[] =>
    gradients.map((values) => {
      const p = parameter(...values.map(() => 0));
      p.grad = tensor(values);
      return p;
    });
  const gradientsOf = (parameters: readonly Tensor[]): number[][] =>
    parameters.map(({ grad }) => [...(grad as Tensor).data]);

  it('scales all gradients by their joint norm', () => {
    const parameters = [...withGradients([3, 0], [-4]), parameter(1)];
    expect(optim.clipGradNorm(parameters, 2.5)).toBe(5);
    const [[a, b], [c]] = gradientsOf(parameters.slice(0, 2));
    expect([a, b, c]).toEqual([expect.closeTo(1.5, 5), 0, expect.closeTo(-2, 5)]);
    expect(parameters[2].grad).toBeNull();
  });

  it('divides by a norm that is a little larger, so that nothing becomes NaN', () => {
    const tiny = withGradients([1e-6]);
    optim.clipGradNorm(tiny, 1e-6);
    expect((gradientsOf(tiny)[0] as number[])[0] / 5e-7).toBeCloseTo(1, 5);
    // 5 / (5 + 1e-6): a norm that is just the limit is beyond it by that much.
    const just = withGradients([3, 4]);
    expect(optim.clipGradNorm(just, 5)).toBe(5);
    expect(gradientsOf(just)).toEqual([
      [Math.fround(3 * Math.fround(5 / 5.000001)), Math.fround(4 * Math.fround(5 / 5.000001))],
    ]);
    const none = withGradients([0, 0]);
    expect(optim.clipGradNorm(none, 0)).toBe(0);
    expect(gradientsOf(none)).toEqual([[0, 0]]);
  });

  it('leaves small gradients exactly as they are', () => {
    const parameters = withGradients([3, 4]);
    const [{ grad }] = parameters;
    expect(optim.clipGradNorm(parameters, 6)).toBe(5);
    expect(parameters[0].grad).toBe(grad);
  });

  it.each([
    [1, 7],
    [2, 5],
    [Infinity, 4],
  ])('knows the norm of type %d', (normType, norm) => {
    expect(optim.clipGradNorm(withGradients([3], [-4]), 100, { normType })).toBe(norm);
  });

  it('does not touch values that a gradient shares', () => {
    const parameters = withGradients([3, 4]);
    const shared = parameters[0].grad as Tensor;
    optim.clipGradNorm(parameters, 1);
    optim.clipGradValue(parameters, 0.1);
    expect([...shared.data]).toEqual([3, 4]);
  });

  it('passes NaN on, or refuses it', () => {
    const parameters = withGradients([Number.NaN, 1]);
    expect(() => optim.clipGradNorm(parameters, 1, { errorIfNonFinite: true })).toThrow('clipGradNorm: ');
    expect(optim.clipGradNorm(parameters, 1)).toBeNaN();
    expect(gradientsOf(parameters)).toEqual([[Number.NaN, Number.NaN]]);
  });

  it('holds entries within bounds', () => {
    const parameters = withGradients([-3, 0.5, 2], [Infinity, Number.NaN]);
    optim.clipGradValue(parameters, 1);
    expect(gradientsOf(parameters)).toEqual([
      [-1, 0.5, 1],
      [1, Number.NaN],
    ]);
  });

  it.each([
    () => optim.clipGradNorm([parameter(1)], -1),
    () => optim.clipGradNorm([parameter(1)], 1, { normType: 0 }),
    () => optim.clipGradValue([parameter(1)], Number.NaN),
    () => optim.clipGradValue(parameter(1) as unknown as Tensor[], 1),
  ])('refuses what makes no sense', (run) => {
    expect(run).toThrow(ShapeError);
  });
});

describe('a step', () => {
  it.each<[string, unknown]>([
    ['of another size', tensor([1, 2])],
    ['of one value', tensor([1])],
    ['of whole numbers', tensor([1, 2, 3], [3], { dtype: 'int32' })],
    ['that is no tensor', [1, 2, 3]],
  ])('refuses a gradient %s, and moves nothing', (_what, grad) => {
    const [a, b] = [parameter(1, 2, 3), parameter(4, 5, 6)];
    a.grad = tensor([1, 1, 1]);
    b.grad = grad as Tensor;
    const optimizer = new optim.SGD([a, b], { lr: 0.5 });
    expect(() => optimizer.step()).toThrow(ShapeError);
    expect(valuesOf(optimizer)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});
