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
    ['no parameters at all', () => []],
    ['a group without parameters', () => [{ parameters: [] }]],
    ['a parameter without a gradient', () => [tensor([1])]],
    ['a group and a parameter', (p: Tensor) => [{ parameters: [p] }, parameter(2)]],
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

  it('are checked by every step together, as those of the optimiser and of groups may come to be at odds', () => {
    const group = { parameters: [parameter(1)], nesterov: true };
    const optimizer = new optim.SGD([group], { lr: 0.5, momentum: 0.5 });
    optimizer.settings.momentum = 0;
    expect(() => descend(optimizer)).toThrow(
      'SGD: nesterov needs a momentum and no dampening, they are 0 and 0',
    );
    expect(valuesOf(optimizer)).toEqual([[1]]);
  });

  it('may be 0 or false where others are the rule', () => {
    const groups = [{ parameters: [parameter(1)], lr: 0, weightDecay: 0, amsgrad: false }];
    const optimizer = new optim.AdamW(groups, { lr: 0.5, weightDecay: 0.5, amsgrad: true });
    expect(optimizer.groups[0]).toMatchObject({ lr: 0, weightDecay: 0, amsgrad: false });
    descend(optimizer);
    expect(valuesOf(optimizer)).toEqual([[1]]);
  });

  it('start Adagrad from a sum', () => {
    const optimizer = new optim.Adagrad([parameter(2)], { lr: 1, eps: 0, initialAccumulatorValue: 12 });
    descend(optimizer);
    expect(valuesOf(optimizer)).toEqual([[1.5]]);
  });
});

it('centred RMSprop takes no root of a variance that rounding made negative', () => {
  const p = parameter(0);
  const optimizer = new optim.RMSprop([p], { lr: 1e-9, alpha: 0.5, centered: true });
  for (let i = 0; i < 40; i++) {
    p.grad = tensor([15 / 7]);
    optimizer.step();
  }
  expect(p.item()).toBeLessThan(0);
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

  it('is a copy, and copied', () => {
    const optimizer = new optim.Adam([{ parameters: [parameter(1)], lr: 0.1 }], { eps: 0.5 });
    descend(optimizer);
    const now = (): string => {
      const { tensors, ...settings } = optimizer.stateDict();
      return JSON.stringify([settings, Object.entries(tensors).map(([key, { data }]) => [key, ...data])]);
    };
    const before = now();
    const spoil = ({ options, groups, tensors }: optim.OptimizerState): void => {
      Object.assign(options, { eps: 0.25 });
      Object.assign(groups[0] as object, { lr: 0.2 });
      for (const { data } of Object.values(tensors)) data.fill(9);
    };
    spoil(optimizer.stateDict());
    expect(now()).toBe(before);
    const given = optimizer.stateDict();
    optimizer.loadStateDict(given);
    spoil(given);
    expect(now()).toBe(before);
  });

  it('that is at odds with itself is refused, and changes nothing', () => {
    const optimizer = new optim.SGD([parameter(1)], { lr: 0.1, momentum: 0.5 });
    const before = optimizer.stateDict();
    const spoilt = { ...before, options: { lr: 0.2, nesterov: true } };
    expect(() => optimizer.loadStateDict(spoilt)).toThrow('SGD: nesterov needs a momentum');
    expect(optimizer.stateDict()).toEqual(before);
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
