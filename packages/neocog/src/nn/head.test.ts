import { describe, expect, it } from 'vitest';
import {
  compile,
  featuresOf,
  headOf,
  init,
  loadBackbone,
  models,
  NeocogError,
  nn,
  optim,
  randn,
  replaceHead,
  type Tensor,
  tensor,
} from '../index.ts';

const narrow = { classes: 7, width: 2 };
const networks: Record<string, [make: () => nn.Module, input: number[], path: string]> = {
  resnet18: [() => models.resnet18(narrow), [2, 3, 32, 32], 'fc'],
  mobilenetV2: [() => models.mobilenetV2({ classes: 7, width: 0.1 }), [2, 3, 32, 32], 'classifier.1'],
  vgg11: [() => models.vgg11({ classes: 7, hidden: 3, width: 1 }), [1, 3, 32, 32], 'classifier.6'],
  lenet5: [() => models.lenet5(), [2, 1, 28, 28], 'fc3'],
  squeezenet: [() => models.squeezenet({ classes: 7 }), [2, 3, 32, 32], 'classifier.1'],
  unet: [() => models.unet(narrow), [1, 1, 188, 188], 'classifier'],
};

describe.each(Object.entries(networks))('%s', (_, [make, shape, path]) => {
  const input = () => randn(shape);

  it('gets another head, and keeps all other weights', () => {
    const net = make().eval();
    const before = net.stateDict();
    const head = replaceHead(net, 5);
    expect(headOf(net)).toBe(head);
    const after = net.stateDict();
    const changed = Object.keys(after).filter((key) => after[key] !== before[key]);
    expect(changed).toEqual([`${path}.weight`, `${path}.bias`]);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(net.forward(input()).shape[1]).toBe(5);
    expect([head.training, after[`${path}.weight`].shape[0]]).toEqual([false, 5]);
  });

  it('gives the features that come into its head', () => {
    const net = make().eval();
    const x = input();
    const seen: Tensor[] = [];
    const head = headOf(net);
    const forward = head.forward.bind(head);
    head.forward = (given: Tensor) => {
      seen.push(given);
      return forward(given);
    };
    net.forward(x);
    const features = featuresOf(net);
    expect(features.forward(x).data).toEqual(seen[0].data);
    expect(seen).toHaveLength(1);
    delete (head as { forward?: unknown }).forward;
    expect(featuresOf(net).forward(x).data).toEqual(seen[0].data);
    expect(Object.hasOwn(head, 'forward')).toBe(false);
  });

  it('takes weights for other classes but for its head', () => {
    const [from, net] = [make(), make()];
    replaceHead(net, 5);
    const own = Array.from(headOf(net).stateDict().weight.data);
    const { loaded, left } = loadBackbone(net, from.stateDict());
    expect(left).toEqual([`${path}.weight`, `${path}.bias`]);
    expect(loaded).toEqual(Object.keys(net.stateDict()).filter((key) => !left.includes(key)));
    expect(Array.from(headOf(net).stateDict().weight.data)).toEqual(own);
    const [a, b] = [from.stateDict(), net.stateDict()];
    for (const key of loaded) expect(b[key].data).toEqual(a[key].data);
  });
});

describe('a head', () => {
  const x = randn([3, 4]);

  it('of any kind keeps its options', () => {
    const net = new nn.Sequential(new nn.Conv1d(4, 6, 3, { groups: 2, padding: 1, bias: false, stride: 2 }));
    const head = replaceHead(net, 8) as nn.Conv1d;
    expect(head.describe()).toBe('8×2×3, groups 2, padding 1, stride 2, no bias');
    const cube = new nn.Sequential(new nn.Conv3d(2, 3, [1, 2, 3]));
    expect((replaceHead(cube, 4) as nn.Conv3d).weight.shape).toEqual([4, 2, 1, 2, 3]);
    expect(() => replaceHead(net, 5)).toThrow('Conv1d: groups is 2 for 4 input and 5 output channels');
  });

  it('loses what makes probabilities of its scores', () => {
    const net = new nn.Sequential(new nn.Linear(4, 3), new nn.Softmax(1));
    replaceHead(net, 2);
    const head = headOf(net);
    expect(net.forward(x).data).toEqual(head.forward(x).data);
  });

  it('is found by its path, wherever it stands', () => {
    const shared = new nn.Linear(4, 4);
    const net = new nn.Sequential({ a: shared, b: new nn.Sequential({ c: shared }), d: new nn.ReLU() });
    const head = replaceHead(net, 4, { path: 'a' });
    expect(net.children()[0][1]).toBe(head);
    expect(net.forward(x).data).toEqual(head.forward(head.forward(x)).data.map((v) => Math.max(v, 0)));
  });

  it('compiles and trains like any other', async () => {
    const net = models.resnet18({ classes: 7, width: 4 }).eval();
    const head = replaceHead(net, 3);
    const features = featuresOf(net);
    const images = randn([2, 3, 32, 32]);
    const program = await compile(features, { input: [2, 3, 32, 32] });
    const found = await program.run(images);
    expect(found.shape).toEqual([2, 32]);
    const known = features.forward(images);
    expect([...found.data]).toEqual([...known.data].map((v) => expect.closeTo(v, 4)));
    program.dispose();
    expect(head.parameters()).toHaveLength(2);
  });

  it.each<[string, () => unknown, string]>([
    [
      'nothing to replace',
      () => replaceHead(new nn.Sequential(new nn.ReLU()), 3),
      'has no linear or convolution layer as a part',
    ],
    ['the layer itself', () => replaceHead(new nn.Linear(2, 2), 3), 'put it into a Sequential'],
    [
      'a path that is none',
      () => replaceHead(models.lenet5(), 3, { path: 'fc9' }),
      "replaceHead: 'fc9' is no linear or convolution layer of the module; name one by its path, such as fc1, fc2, fc3",
    ],
    [
      'weights after the head',
      () => replaceHead(models.lenet5(), 3, { path: 'fc1' }),
      'replaceHead: after fc1 come weights for its 120 outputs, of fc2; name the head by its path',
    ],
    ['no classes', () => replaceHead(models.lenet5(), 0), 'classes is 0; give a whole number of at least 1'],
    [
      'weights of another network',
      () => loadBackbone(models.resnet18(narrow), models.lenet5().stateDict()),
      'loadBackbone: ',
    ],
    [
      'weights of another width',
      () => loadBackbone(models.resnet18(narrow), models.resnet18({ classes: 7, width: 4 }).stateDict()),
      'loadBackbone: conv1.weight has shape [4,3,7,7], but the module needs [2,3,7,7]',
    ],
    [
      'no part of a name',
      () => models.lenet5().replaceChild('fc9', new nn.ReLU()),
      "replaceChild: Sequential has no part 'fc9'",
    ],
  ])('%s is refused', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(NeocogError);
  });

  it('changes nothing where weights do not fit', () => {
    const net = models.resnet18(narrow);
    const before = Array.from(net.stateDict()['conv1.weight'].data);
    const state = { ...models.resnet18(narrow).stateDict(), 'layer4.1.bn2.bias': tensor([1]) };
    expect(() => loadBackbone(net, state)).toThrow('layer4.1.bn2.bias');
    expect(Array.from(net.stateDict()['conv1.weight'].data)).toEqual(before);
  });
});

describe('parameterGroups', () => {
  const net = () => init.skip(() => models.resnet18(narrow));

  it('gives each parameter the settings of the longest path, in the order of the paths', () => {
    const module = net();
    const groups = optim.parameterGroups(module, {
      '': { lr: 1e-5 },
      layer4: { lr: 1e-4 },
      'layer4.1': { lr: 3e-4 },
      fc: { lr: 1e-3 },
    });
    const keys = new Map(module.namedParameters().map(([key, p]) => [p as Tensor, key]));
    const names = groups.map(({ parameters }) => parameters.map((p) => keys.get(p) ?? ''));
    expect(names.flat().sort()).toEqual([...keys.values()].sort());
    expect(names[1].every((key) => key.startsWith('layer4.0'))).toBe(true);
    expect(names[2].every((key) => key.startsWith('layer4.1'))).toBe(true);
    expect(names[3]).toEqual(['fc.weight', 'fc.bias']);
    expect(new optim.AdamW(groups).groups.map(({ lr }) => lr)).toEqual([1e-5, 1e-4, 3e-4, 1e-3]);
  });

  it('leaves out what is frozen, and what is not named', () => {
    const module = net();
    nn.freeze(module, 'layer4.0');
    const groups = optim.parameterGroups(module, { 'layer4.0': { lr: 1 }, 'fc.bias': { lr: 2 } });
    expect(groups.map(({ lr, parameters }) => [lr, parameters.length])).toEqual([[2, 1]]);
  });

  it('refuses paths that name nothing', () => {
    expect(() => optim.parameterGroups(net(), { layer9: { lr: 1 } })).toThrow(
      "parameterGroups: there is no parameter under 'layer9'; name parts of the module, such as fc.weight, fc.bias",
    );
    expect(() => optim.parameterGroups(net(), {})).toThrow('settings is {}');
  });
});
