// Receptive fields against the published ones of known networks, and against gradients: a cell of the input is in the
// field of an output cell exactly if the gradient there is not zero.

import {
  add,
  concat,
  conv2d,
  convTransposeGeometry,
  effectiveReceptiveField,
  mul,
  nn,
  ones,
  parsePool,
  permute,
  receptiveField,
  relu,
  type StackLayer,
  slice,
  summary,
  type Tensor,
  UnsupportedError,
} from 'neocog';
import { describe, expect, it } from 'vitest';

const conv = (kernel: number, stride = 1): StackLayer => ({ kernel, stride });
const times = (count: number, ...layers: StackLayer[]): StackLayer[] => Array(count).fill(layers).flat();
const last = (layers: readonly StackLayer[]) => receptiveField(layers).at(-1);

/** The 3×3 layers of a residual network whose stages halve in their last block, along its longest path. */
const resnet = (depths: readonly number[]): StackLayer[] => [
  conv(7, 2),
  conv(3, 2),
  ...depths.flatMap((depth, stage) => [
    ...times(depth - 1, conv(3)),
    conv(3, stage < depths.length - 1 ? 2 : 1),
  ]),
];

describe('Araujo, Norris & Sim, the receptive fields of known networks', () => {
  it.each<[string, number, StackLayer[]]>([
    [
      'alexnet_v2',
      195,
      [conv(11, 4), conv(3, 2), conv(5), conv(3, 2), conv(3), conv(3), conv(3), conv(3, 2)],
    ],
    ['vgg_16', 212, [2, 2, 3, 3, 3].flatMap((depth) => [...times(depth, conv(3)), conv(2, 2)])],
    ['mobilenet_v1', 315, [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1].map((stride) => conv(3, stride))],
    ['resnet_v1_50', 483, resnet([3, 4, 6, 3])],
    ['resnet_v1_101', 1027, resnet([3, 4, 23, 3])],
    ['resnet_v1_152', 1507, resnet([3, 8, 36, 3])],
  ])('%s sees %i cells, a step of 32 each', (_, size, layers) => {
    expect(last(layers)).toMatchObject({ size: [size], jump: [32] });
  });
});

describe('receptiveField of a stack', () => {
  it('tells size, jump and start after each layer and along each axis', () => {
    const layers = [
      { kernel: [3, 5], padding: [1, 2] },
      { kernel: 2, stride: [2, 1] },
      {
        kernel: 3,
        dilation: 2,
        padding: [
          [2, 2],
          [0, 4],
        ] as const,
      },
    ];
    expect(receptiveField(layers)).toEqual([
      { size: [3, 5], jump: [1, 1], start: [-1, -2] },
      { size: [4, 6], jump: [2, 1], start: [-1, -2] },
      { size: [12, 10], jump: [2, 1], start: [-5, -2] },
    ]);
  });

  it('takes geometries, also from the other side', () => {
    const up = convTransposeGeometry('test', 1, [1, 1, 8], [1, 1, 4], { stride: 2, padding: 1 });
    expect(last([{ ...up, transposed: true }])).toEqual(
      last([{ kernel: 4, stride: 2, padding: 1, transposed: true }]),
    );
    expect(last([up, parsePool('n1 c1 8 k2 s2 d1 p0')])).toEqual({ size: [6], jump: [4], start: [-1] });
  });

  it('knows the named paddings that do not depend on the input', () => {
    const start = (padding: 'valid' | 'same' | 'same-lower' | 'full' | 'causal') =>
      last([{ kernel: 4, padding }])?.start[0];
    expect([start('valid'), start('same'), start('same-lower'), start('full'), start('causal')]).toEqual([
      0, -1, -2, -3, -3,
    ]);
    expect(() => receptiveField([conv(3), { kernel: 3, stride: 2, padding: 'same' }])).toThrow(
      /padding 'same' with stride \[2\] depends on the input's size \(layer 2 of 2\); give the padding in numbers/,
    );
  });

  it('upsamples: a jump below one cell', () => {
    const up = { kernel: 2, stride: 2, transposed: true };
    expect(receptiveField([up, up, conv(3)])).toEqual([
      { size: [1], jump: [0.5], start: [0] },
      { size: [1], jump: [0.25], start: [0] },
      { size: [2], jump: [0.25], start: [0] },
    ]);
    expect(() => receptiveField(times(13, up))).toThrow(UnsupportedError);
  });

  it.each<[string, unknown, RegExp]>([
    ['a kernel', [{ kernel: 0 }], /^receptiveField: layer 1: kernel is 0; give a whole number/],
    ['a misspelt option', [{ kernel: 3, strides: 2 }], /option 'strides' is unknown/],
    ['ranks that differ', [{ kernel: [3, 3] }, { kernel: [3] }], /layer 2: kernel is \[3\]/],
    [
      'another geometry',
      [{ kernel: [3, 3] }, parsePool('n1 c1 8 k2 s2 d1 p0')],
      /has 1 axis, but the stack has 2/,
    ],
    ['four axes', [{ kernel: [3, 3, 3, 3] }], /4 axes; give 1, 2 or 3/],
    ['no list', 3, /layers is 3; give a list of windows/],
    ['a module alone', new nn.ReLU(), /a module needs the shape of its input/],
  ])('refuses %s', (_, layers, message) => {
    expect(() => receptiveField(layers as StackLayer[])).toThrow(message);
  });
});

/** First and last position along each axis where a map is not zero. */
function extent(map: Tensor): [number, number][] {
  const places = [...map.data.keys()].filter((i) => map.data[i] !== 0);
  return map.shape.map((size, d) => {
    const step = map.shape.slice(d + 1).reduce((a, b) => a * b, 1);
    const along = places.map((i) => Math.floor(i / step) % size);
    return [Math.min(...along), Math.max(...along)];
  });
}

/** Two branches of convolutions, concatenated. */
class Branches extends nn.Module {
  readonly one = new nn.Conv2d(2, 3, 3, { padding: 1 });
  readonly other = new nn.Sequential(
    new nn.Conv2d(2, 2, 1),
    new nn.Conv2d(2, 2, [1, 7], { padding: [0, 3] }),
  );

  forward(x: Tensor): Tensor {
    return concat([this.one.forward(x), this.other.forward(x)], { axis: 1 });
  }
}

/** Works without layers: a convolution and an addition in its own forward function. */
class Handmade extends nn.Module {
  readonly weight = new nn.Conv2d(2, 2, 5).weight;

  forward(x: Tensor): Tensor {
    return add(relu(conv2d(x, this.weight, { padding: 2 })), x);
  }
}

/** As in U-Net: the map before pooling, cropped, joins the one that comes back. */
class Ushaped extends nn.Module {
  readonly before = new nn.Conv2d(2, 2, 3);
  readonly below = new nn.Sequential(
    new nn.AvgPool2d(2),
    new nn.Conv2d(2, 2, 3),
    new nn.ConvTranspose2d(2, 2, 2, { stride: 2 }),
  );

  forward(x: Tensor): Tensor {
    const y = this.before.forward(x);
    const middle = { start: [0, 0, 2, 2], end: [1, 2, 14, 14] };
    return concat([slice(y, middle), this.below.forward(y)], { axis: 1 });
  }
}

const modules: [string, () => nn.Module][] = [
  [
    'convolutions',
    () => new nn.Sequential(new nn.Conv2d(2, 3, 3, { stride: 2 }), new nn.Conv2d(3, 2, [2, 4])),
  ],
  [
    'pooling',
    () => new nn.Sequential(new nn.Conv2d(2, 2, 3, { dilation: 2 }), new nn.AvgPool2d(3, { stride: 2 })),
  ],
  [
    'transposed convolution',
    () =>
      new nn.Sequential(
        new nn.Conv2d(2, 2, 2, { stride: 2 }),
        new nn.ConvTranspose2d(2, 2, 4, { stride: 2, padding: 1 }),
        new nn.Conv2d(2, 2, 3),
      ),
  ],
  ['normalisation', () => new nn.Sequential(new nn.Conv2d(2, 2, 3), new nn.BatchNorm2d(2), new nn.Tanh())],
  [
    'a residual',
    () =>
      new nn.Residual(
        new nn.Sequential(new nn.Conv2d(2, 4, 3, { padding: 1 }), new nn.Conv2d(4, 2, 3, { padding: 1 })),
      ),
  ],
  ['branches that are concatenated', () => new nn.Sequential(new Branches(), new nn.Conv2d(5, 1, 2))],
  ['a forward function of its own', () => new nn.Sequential(new Handmade(), new nn.Conv2d(2, 1, 3))],
];

describe('receptiveField of a module', () => {
  it.each(modules)('is where gradients are: %s', (_, make) => {
    const module = make();
    const inputShape = [1, 2, 24, 26];
    const field = receptiveField(module, inputShape).at(-1) ?? expect.fail('no layers');
    const output = [6, 8];
    const seen = extent(effectiveReceptiveField(module, inputShape, { output }));
    const even = field.jump.every(Number.isInteger);
    seen.forEach(([first, end], d) => {
      const start = field.start[d] + output[d] * field.jump[d];
      if (even) expect([first, end]).toEqual([start, start + field.size[d] - 1]);
      else expect(end - first + 1).toBeLessThanOrEqual(field.size[d]);
    });
  });

  it.each<[string, nn.Module]>([
    ['', new nn.Sequential(new nn.ConvTranspose2d(2, 2, 4, { stride: 3 }), new nn.Conv2d(2, 2, 2))],
    [
      ', cropped and concatenated with an earlier one',
      new nn.Sequential(new Ushaped(), new nn.Conv2d(4, 2, 2)),
    ],
  ])('is the largest field of the cells behind a transposed layer%s', (_, module) => {
    const field = receptiveField(module, [1, 2, 18, 18]).at(-1);
    const lengths = [5, 6, 7, 8, 9, 10].map((at) => {
      const [[first, end]] = extent(effectiveReceptiveField(module, [1, 2, 18, 18], { output: [at, 9] }));
      return end - first + 1;
    });
    expect(field?.size[0]).toBe(Math.max(...lengths));
    expect(new Set(lengths).size).toBe(2);
  });

  it('is a whole plane behind global pooling', () => {
    const layers = [new nn.Conv2d(2, 2, 3, { stride: 2 }), new nn.GlobalAvgPool(), new nn.Conv2d(2, 2, 1)];
    expect(receptiveField(new nn.Sequential(...layers), [1, 2, 9, 11]).at(-1)).toMatchObject({
      size: [9, 11],
      start: [0, 0],
    });
  });

  it('names the layers, and ends where there are no axes', () => {
    const module = new nn.Sequential({
      conv: new nn.Conv2d(1, 4, 5, { padding: 2 }),
      pool: new nn.MaxPool2d(2),
      flatten: new nn.Flatten(),
      fc: new nn.Linear(4 * 25, 3),
    });
    expect(receptiveField(module, [1, 1, 10, 10])).toEqual([
      { layer: 'conv', size: [5, 5], jump: [1, 1], start: [-2, -2] },
      { layer: 'pool', size: [6, 6], jump: [2, 2], start: [-2, -2] },
    ]);
  });

  it('does not guess', () => {
    class Turned extends nn.Module {
      forward(x: Tensor): Tensor {
        return permute(x, [0, 1, 3, 2]);
      }
    }
    const mixed = new nn.Sequential(new nn.Conv2d(1, 1, 3), new Turned());
    expect(() => receptiveField(mixed, [1, 1, 8, 8])).toThrow(
      /layer '1' \(Turned\) has no receptive field, .*; ask for the part before it/,
    );
    const gated = new (class extends nn.Module {
      readonly conv = new nn.Conv2d(1, 1, 3);
      readonly gate = new nn.GlobalAvgPool();
      forward(x: Tensor): Tensor {
        const y = this.conv.forward(x);
        return mul(y, this.gate.forward(y));
      }
    })();
    const [conv, gate, all] = summary(new nn.Sequential(gated, new nn.ReLU()), [1, 1, 8, 8]).layers;
    expect([conv, gate, all].map((layer) => layer.receptiveField?.size)).toEqual([[3, 3], [8, 8], undefined]);
  });
});

describe('effectiveReceptiveField', () => {
  it('looks at a layer within, for inputs of its own or a given one', () => {
    const net = new nn.Sequential({
      first: new nn.Conv2d(1, 2, 3),
      relu: new nn.ReLU(),
      last: new nn.Conv2d(2, 1, 3),
    });
    const field = (layer: string, output: number[]) =>
      extent(effectiveReceptiveField(net, [1, 1, 7, 7], { layer, output, channel: 0 }));
    expect(field('first', [0, 4])).toEqual([
      [0, 2],
      [4, 6],
    ]);
    const input = ones([1, 1, 7, 7]);
    const options = { layer: 'first', output: [1, 1], channel: 1, input };
    const map = effectiveReceptiveField(net, [1, 1, 7, 7], options);
    const weights = net.stateDict()['first.weight'].data.subarray(9).map(Math.abs);
    for (let i = 0; i < 9; i++) expect(map.data[7 * (1 + Math.floor(i / 3)) + 1 + (i % 3)]).toBe(weights[i]);
    expect(() => field('second', [0, 0])).toThrow("no layer 'second' ran");
    expect(() => effectiveReceptiveField(net, [1, 1, 9, 9], { input })).toThrow('give the same twice');
  });

  it('of one linear layer is the magnitude of its kernel', () => {
    const layer = new nn.Conv2d(1, 1, 3, { bias: false });
    layer.weight.data.set([1, -2, 3, -4, 5, -6, 7, -8, 9]);
    const map = effectiveReceptiveField(layer, [1, 1, 3, 3]);
    expect(Array.from(map.data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(map.shape).toEqual([3, 3]);
  });

  it('falls towards the rim, as Luo et al. found: layers of equal weights make a bell', () => {
    const layers = Array.from({ length: 5 }, () => new nn.Conv1d(1, 1, 3, { bias: false }));
    for (const { weight } of layers) weight.data.fill(1);
    const map = effectiveReceptiveField(new nn.Sequential(...layers), [1, 1, 11]);
    expect(Array.from(map.data)).toEqual([1, 5, 15, 30, 45, 51, 45, 30, 15, 5, 1]);
  });

  it('averages over the batch and is the same every time', () => {
    const module = new nn.Sequential(new nn.Conv2d(2, 4, 3, { activation: 'relu' }), new nn.Conv2d(4, 3, 3));
    const [map, again] = [0, 1].map(() => effectiveReceptiveField(module, [16, 2, 7, 7]));
    expect(map.data).toEqual(again.data);
    const one = effectiveReceptiveField(module, [1, 2, 7, 7], { channel: 2, output: [0, 2] });
    expect(extent(one)).toEqual([
      [0, 4],
      [2, 6],
    ]);
  });

  it('leaves the module as it was', () => {
    const module = new nn.Sequential(
      new nn.Conv2d(1, 2, 3),
      new nn.BatchNorm2d(2).eval(),
      new nn.Dropout(0.5),
    );
    effectiveReceptiveField(module, [2, 1, 6, 6]);
    expect(module.namedModules().map(([, part]) => part.training)).toEqual([true, true, false, true]);
    expect(module.parameters().map((p) => [p.requiresGrad, p.grad])).toEqual(Array(4).fill([true, null]));
  });

  it.each<[string, object, RegExp]>([
    [
      'a position outside',
      { output: [4, 0] },
      /output is \[4,0\] \(the module's output is \[1,3,4,4\]\); give the position/,
    ],
    ['a channel outside', { channel: 3 }, /channel is 3 .* give one from 0 to 2/],
    ['a misspelt option', { cell: [1, 1] }, /option 'cell' is unknown/],
  ])('refuses %s', (_, options, message) => {
    expect(() => effectiveReceptiveField(new nn.Conv2d(1, 3, 3), [1, 1, 6, 6], options)).toThrow(message);
  });

  it('refuses an input without axes', () => {
    expect(() => effectiveReceptiveField(new nn.Linear(4, 2), [1, 4])).toThrow(
      /input has shape \[1,4\]; give \[n, c/,
    );
  });
});
