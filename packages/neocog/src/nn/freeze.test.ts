import { describe, expect, it } from 'vitest';
import { compileTraining, crossEntropy, NeocogError, nn, optim, randn, tensor } from '../index.ts';

const network = () =>
  new nn.Sequential({
    body: new nn.Sequential({
      conv: new nn.Conv2d(1, 3, 3, { padding: 1 }),
      norm: new nn.BatchNorm2d(3),
      relu: new nn.ReLU(),
      drop: new nn.Dropout(0.5),
    }),
    drop: new nn.Dropout(0.5),
    head: new nn.Sequential({ flat: new nn.Flatten(), fc: new nn.Linear(3 * 16, 2) }),
  });

const modesOf = (net: nn.Module) =>
  Object.fromEntries(net.namedModules().map(([path, part]) => [path, part.training]));
const training = (net: nn.Module): string[] => Object.keys(modesOf(net)).filter((path) => modesOf(net)[path]);
const free = (net: nn.Module): string[] =>
  net.namedParameters().flatMap(([key, { requiresGrad }]) => (requiresGrad ? [key] : []));
const valuesOf = (net: nn.Module) =>
  Object.fromEntries(Object.entries(net.stateDict()).map(([key, t]) => [key, [...t.data]]));

const x = randn([4, 1, 4, 4]);
const y = tensor(Int32Array.of(0, 1, 1, 0));
const head = ['head.fc.weight', 'head.fc.bias'];

describe('freeze', () => {
  it.each<[string, nn.FreezeFilter]>([
    ['a path', 'body'],
    ['a list of paths', ['body.conv', 'body.norm']],
    ['a function of keys', (key) => !key.startsWith('head.')],
    ['a function of parameters only', (key) => /(conv|norm)\.(weight|bias)$/.test(key)],
  ])('takes %s', (_, filter) => {
    const net = network();
    expect(nn.freeze(net, filter)).toBe(4);
    expect(free(net)).toEqual(head);
    net.eval();
    net.train();
    expect(training(net)).not.toContain('body.norm');
    expect(training(net)).toEqual(expect.arrayContaining(['', 'drop', 'head', 'head.flat', 'head.fc']));
  });

  it('takes parts without parameters along with what is around them', () => {
    const net = network();
    nn.freeze(net, 'body');
    expect(training(net)).toEqual(['', 'drop', 'head', 'head.flat', 'head.fc']);
    nn.unfreeze(net, 'body.conv');
    expect(free(net)).toEqual(['body.conv.weight', 'body.conv.bias', ...head]);
    expect(training(net)).toEqual(expect.arrayContaining(['body', 'body.conv']));
    expect(training(net)).not.toContain('body.norm');
    expect(nn.unfreeze(net)).toBe(0);
    expect(training(net)).toEqual(net.namedModules().map(([path]) => path));
  });

  it('holds statistics of normalisations without parameters', () => {
    const net = new nn.Sequential(new nn.BatchNorm2d(1, { affine: false }), new nn.Conv2d(1, 1, 1));
    nn.freeze(net, '0');
    net.train();
    net.forward(x);
    expect(valuesOf(net)['0.num_batches_tracked']).toEqual([0]);
  });

  it('freezes all there is, and a network in evaluation mode stays so', () => {
    const net = network().eval();
    expect(nn.freeze(net)).toBe(6);
    expect(training(net.train())).toEqual([]);
    expect(nn.unfreeze(net.eval())).toBe(0);
    expect(training(net)).toEqual([]);
  });

  it.each(['eager', 'compiled'])('keeps what is frozen the same bits in %s training', async (way) => {
    const net = network();
    nn.freeze(net, 'body');
    const before = valuesOf(net);
    const parameters = net.parameters().filter(({ requiresGrad }) => requiresGrad);
    const optimizer = new optim.SGD(parameters, { lr: 0.1, weightDecay: 0.1 });
    if (way === 'eager') {
      crossEntropy(net.forward(x), y).backward();
      optimizer.step();
    } else {
      const trainer = await compileTraining(net, { input: [4, 1, 4, 4], loss: crossEntropy, optimizer });
      await trainer.step(x, y);
      trainer.sync();
      trainer.dispose();
    }
    const after = valuesOf(net);
    const moved = Object.keys(after).filter((key) => String(after[key]) !== String(before[key]));
    expect(moved).toEqual(head);
  });

  it('forgets gradients that are there', () => {
    const net = network();
    crossEntropy(net.forward(x), y).backward();
    nn.freeze(net, 'head');
    expect(net.parameters().map(({ grad }) => grad !== null)).toEqual([true, true, true, true, false, false]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'an unknown path',
      () => nn.freeze(network(), 'layer9'),
      /^freeze: 'layer9' begins no key of the module; name one of its parts \(body.conv.weight/,
    ],
    ['half a name', () => nn.freeze(network(), ['body', 'hea']), /'hea' begins no key/],
    [
      'a function that takes nothing',
      () => nn.unfreeze(network(), () => false),
      /^unfreeze: the filter chooses no key/,
    ],
    ['a number', () => nn.freeze(network(), 1 as never), /filter is 1; give a path such as 'layer1'/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(NeocogError);
  });
});
