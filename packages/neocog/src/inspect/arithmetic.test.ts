// The arithmetic of single layers against tensors of the same shapes, and its formulas against their own numbers.

import fc from 'fast-check';
import * as neocog from 'neocog';
import { explain, formatConv, type LayerArithmetic, parseConv, zeros } from 'neocog';
import { describe, expect, it } from 'vitest';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Computes the middle of `O = floor((7 − 3) / 2) + 1 = 3` and compares it with the end. */
function expectTrue(formula: string): void {
  const [, terms, stated, ...rest] = formula.split(' = ');
  expect(rest, formula).toEqual([]);
  const code = terms
    .replaceAll('−', '-')
    .replaceAll('·', '*')
    .replace(/floor|ceil/g, (name) => `Math.${name}`);
  expect(Function(`return ${code}`)(), formula).toBe(Number(stated.replaceAll(',', '')));
}

/** Every formula of a layer that states a whole number. */
const formulasOf = ({ axes, formulas }: LayerArithmetic): string[] =>
  [
    ...axes.flatMap((axis) => [axis.formula, axis.kernelFormula]),
    ...[formulas.parameters, formulas.multiplyAdds, formulas.dense, formulas.denseToFilters].map(
      (text) => text && `N = ${text}`,
    ),
  ].filter((text) => text !== null);

const settings = fc.record({
  rank: fc.constantFrom(1, 2, 3),
  size: fc.integer({ min: 5, max: 9 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  padding: fc.constantFrom(0, 1, 'valid', 'same', 'same-lower', 'full', 'causal'),
  groups: fc.constantFrom(1, 2),
  bias: fc.boolean(),
});

type Explain = (options: object) => LayerArithmetic;
type Operation = (...args: unknown[]) => neocog.Tensor;

const named = (name: string): [Explain, Operation] => [
  (explain as unknown as Record<string, Explain>)[name],
  (neocog as unknown as Record<string, Operation>)[name],
];

describe('explain', () => {
  it.each(['conv', 'convTranspose'])('says of %s what tensors say, with formulas that hold', (family) => {
    fc.assert(
      fc.property(settings, ({ rank, size, kernel, groups, bias, ...window }) => {
        const [arithmetic, operation] = named(`${family}${rank}d`);
        const input = [2, 4, ...Array<number>(rank).fill(size)];
        const layer = arithmetic({ input, filters: 6, kernel, groups, bias, ...window });
        const weight = zeros(layer.weightShape ?? []);
        const y = operation(zeros(input), weight, { groups, ...window, bias: bias ? zeros([6]) : null });
        expect(layer.outputShape).toEqual(y.shape);
        expect(layer.weights).toBe(weight.size);
        expect(layer.parameters).toBe(weight.size + (bias ? 6 : 0));
        expect(layer.memory).toEqual({
          input: 4 * product(input),
          weights: 4 * layer.parameters,
          output: 4 * y.size,
        });
        formulasOf(layer).forEach(expectTrue);
        const again = explain.geometry(layer.geometry ?? '', { bias, transposed: family !== 'conv' });
        expect({ ...again, axes: [] }).toEqual({ ...layer, axes: [] });
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it.each(['maxPool', 'avgPool'])('says of %s what tensors say, in ceil mode too', (family) => {
    const sizes = fc.record({ ceilMode: fc.boolean(), stride: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(settings, sizes, ({ rank, size, kernel }, { ceilMode, stride }) => {
        const [arithmetic, operation] = named(`${family}${rank}d`);
        const input = [2, 3, ...Array<number>(rank).fill(size)];
        const padding = Math.floor(kernel / 2);
        const layer = arithmetic({ input, kernel, stride, padding, ceilMode });
        expect(layer.outputShape).toEqual(
          operation(zeros(input), kernel, { stride, padding, ceilMode }).shape,
        );
        formulasOf(layer).forEach(expectTrue);
        expect(layer).toMatchObject({ parameters: 0, multiplyAdds: 0, weightShape: null, dense: null });
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  it('counts a linear layer', () => {
    const layer = explain.linear({ input: [8, 50, 400], outFeatures: 120 });
    expect(layer).toMatchObject({
      outputShape: [8, 50, 120],
      weightShape: [120, 400],
      parameters: 48_120,
      multiplyAdds: 8 * 50 * 120 * 400,
      receptiveField: null,
      formulas: { parameters: '(400 + 1)·120 = 48,120' },
    });
    expect(explain.linear({ input: [400], outFeatures: 120, bias: false }).parameters).toBe(48_000);
  });

  it('takes an input without a batch and one with channels last', () => {
    const options = { filters: 8, kernel: [3, 5], padding: 1, stride: [1, 2] };
    const batched = explain.conv2d({ ...options, input: [1, 4, 9, 12] });
    expect(explain.conv2d({ ...options, input: [4, 9, 12] }).outputShape).toEqual([8, 9, 5]);
    expect(explain.conv2d({ ...options, input: [1, 9, 12, 4], layout: 'channels-last' })).toEqual({
      ...batched,
      inputShape: [1, 9, 12, 4],
      outputShape: [1, 9, 5, 8],
      weightShape: [3, 5, 4, 8],
    });
  });

  it('shows how a named padding, a dilated kernel and a partial window come about', () => {
    const same = explain.conv1d({ input: [1, 10], filters: 1, kernel: 4, stride: 3, padding: 'same' })
      .axes[0];
    expect(same.padding).toEqual([1, 2]);
    expect(same.paddingFormula).toBe('P = max((ceil(10 / 3) − 1)·3 + 4 − 10, 0) = 3: 1 before, 2 after');
    const causal = explain.conv1d({ input: [1, 10], filters: 1, kernel: 3, dilation: 4, padding: 'causal' });
    expect(causal.axes[0].kernelFormula).toBe('K_eff = 3 + (3 − 1)·(4 − 1) = 9');
    expect(causal.axes[0].paddingFormula).toBe('P = K_eff − 1 = 9 − 1 = 8 before, 0 after');
    const full = explain.conv1d({ input: [1, 10], filters: 1, kernel: 3, padding: 'full' }).axes[0];
    expect(full.paddingFormula).toBe('P = K_eff − 1 = 3 − 1 = 2 on each side');
    const partial = explain.maxPool1d({ input: [1, 7], kernel: 2, ceilMode: true }).axes[0];
    expect(partial.formula).toBe('O = ceil((7 − 2 + 0 + 0) / 2) + 1 = 4');
    const upsampled = explain.convTranspose1d({
      input: [1, 5],
      filters: 1,
      kernel: 4,
      stride: 2,
      padding: 1,
      outputPadding: 1,
    });
    expect(upsampled.axes[0].formula).toBe('O = (5 − 1)·2 − 1 − 1 + 4 + 1 = 11');
    expect(explain.geometry('n1 g1 c1>1 9 k3 s2 d1 p0 o3').axes[0].formula).toBe(
      'O = 3, as stated; floor((9 − 3 + 0 + 0) / 2) + 1 = 4 fit',
    );
  });

  it('compares with a separable convolution only where one can stand in', () => {
    const options = { input: [8, 9, 9], filters: 8, kernel: 3 };
    expect(explain.conv2d(options).separable?.weights).toBe(8 * 9 + 8 * 8);
    expect(explain.conv2d({ ...options, groups: 8 }).separable).toBeNull();
    expect(explain.conv2d({ ...options, kernel: 1 }).separable).toBeNull();
    expect(explain.convTranspose2d(options).separable).toBeNull();
  });

  it('prints what reads well', () => {
    const layer = explain.conv2d({ input: [1, 3, 224, 224], filters: 64, kernel: 3, padding: 1 });
    expect(explain.format(layer)).toBe(
      [
        'conv2d  n1 g1 c3>64 224x224 k3x3 s1 d1 p1',
        '',
        'input                       1×3×224×224',
        'weights                     64×3×3×3',
        'output                      1×64×224×224',
        '',
        'height, width               O = floor((224 − 3 + 1 + 1) / 1) + 1 = 224',
        'parameters                  (3·3·3 + 1)·64 = 1,792',
        'multiply-adds               1·64·224·224·3·3·3 = 86,704,128',
        'memory                      input 602 kB, parameters 7.17 kB, output 12.8 MB',
        'receptive field             size 3×3, jump 1, start −1',
        '',
        'dense                       (3·224·224 + 1)·(64·224·224) = 483,388,358,656 parameters',
        'dense, one unit per filter  (3·224·224 + 1)·64 = 9,633,856 parameters',
        'depthwise separable         1/64 + 1/(3·3) = 0.1267 of the multiply-adds, 219 weights for 1,728',
      ].join('\n'),
    );
    expect(explain.format(explain.linear({ input: [1, 4], outFeatures: 2 }))).not.toMatch(/null|undefined/);
    expect(explain.format(explain.maxPool2d({ input: [1, 4, 4], kernel: 2 }))).not.toMatch(/null|undefined/);
  });

  it('reads geometries of convolutions, transposed ones and pooling', () => {
    const g = parseConv('n2 g1 c8>4 6x6 k3x3 s2 d1 p1');
    expect(explain.geometry(g)).toMatchObject({ op: 'conv2d', geometry: formatConv(g) });
    expect(explain.geometry(g, { transposed: true, bias: false })).toMatchObject({
      op: 'convTranspose2d',
      inputShape: [2, 4, 3, 3],
      outputShape: [2, 8, 6, 6],
      biases: 0,
    });
    expect(explain.geometry('n1 c64 56x56 k3x3 s2 d1 p1')).toMatchObject({
      op: 'pool2d',
      outputShape: [1, 64, 28, 28],
    });
    expect(explain.plan(g).chosen).toBe(neocog.explainPlan(g).chosen);
  });

  it('is frozen throughout, and leaves the caller’s lists alone', () => {
    const input = [1, 3, 8, 8];
    const layer = explain.conv2d({ input, filters: 4, kernel: 3 });
    for (const part of [layer, layer.axes, layer.axes[0].padding, layer.memory, layer.outputShape]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.isFrozen(input)).toBe(false);
  });
});

describe('explain refuses', () => {
  const options = { input: [1, 4, 8, 8], filters: 8, kernel: 3 };
  it.each<[string, () => unknown, RegExp]>([
    [
      'too few axes',
      () => explain.conv2d({ ...options, input: [8, 8] }),
      /^explain\.conv2d: input is \[8,8\]; give a shape \[batch/,
    ],
    [
      'no shape',
      () => explain.conv2d({ ...options, input: 8 as never }),
      /^explain\.conv2d: input is 8; give a shape \[batch/,
    ],
    [
      'no filters',
      () => explain.conv2d({ ...options, filters: undefined as never }),
      /filters is undefined; give a whole/,
    ],
    [
      'groups',
      () => explain.conv2d({ ...options, groups: 3 }),
      /groups is 3 for 4 input channels .*; choose/,
    ],
    ['groups', () => explain.convTranspose2d({ ...options, groups: 3 }), /groups is 3 for 8 filters/],
    ['a kernel', () => explain.conv2d({ ...options, kernel: 9 }), /the kernel spans 9 cells .*; add padding/],
    [
      'a misspelt option',
      () => explain.conv2d({ ...options, strides: 2 } as never),
      /option 'strides' is unknown/,
    ],
    ['filters of averages', () => explain.avgPool2d(options), /option 'filters' is unknown/],
    ['a layout', () => explain.conv2d({ ...options, layout: 'NHWC' as never }), /layout is 'NHWC'/],
    ['a text', () => explain.geometry('conv'), /not a convolution; write it like/],
    [
      'pooling',
      () => explain.geometry('n1 c4 8x8 k2x2 s2 d1 p0', { transposed: true }),
      /cannot be transposed; leave/,
    ],
    [
      'features',
      () => explain.linear({ input: [1, 4], outFeatures: 0 }),
      /outFeatures is 0; give a whole number/,
    ],
    [
      'no features',
      () => explain.linear({ input: [], outFeatures: 3 }),
      /input is \[\]; give a shape \[…, in\]/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(neocog.NeocogError);
  });
});
