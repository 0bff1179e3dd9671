import { describe, expect, it } from 'vitest';
import {
  BatchLoader,
  cacheFeatures,
  compile,
  featuresOf,
  manualSeed,
  models,
  nn,
  optim,
  randn,
  replaceHead,
  tensor,
  fit as train,
} from '../index.ts';

const images = randn([10, 3, 32, 32]);
const labels = tensor(Int32Array.from({ length: 10 }, (_, i) => i % 3));
const loader = (options = {}) => new BatchLoader(images, labels, { batchSize: 4, ...options });

function network() {
  manualSeed(4);
  const net = models.resnet18({ classes: 9, width: 2 });
  const head = replaceHead(net, 3);
  nn.freeze(net, (key) => !key.startsWith('fc.'));
  return { net, head };
}

describe('cacheFeatures', () => {
  it('trains a head with the same bits as the whole network', async () => {
    const whole = network();
    const optimizer = (head: nn.Module) => new optim.SGD(head.parameters(), { lr: 0.1, momentum: 0.9 });
    const options = { shuffle: true, seed: 5 };
    const known = await train(whole.net, loader(options), { epochs: 3, optimizer: optimizer(whole.head) });
    const { net, head } = network();
    const features = await cacheFeatures(featuresOf(net), loader(), { batchSize: 4, ...options });
    const found = await train(head, features, { epochs: 3, optimizer: optimizer(head) });
    expect(found.batchLosses).toEqual(known.batchLosses);
    expect(net.forward(images).data).toEqual(whole.net.forward(images).data);
  });

  it('runs each sample once, compiled where the batch fits', async () => {
    const { net } = network();
    const body = featuresOf(net);
    let runs = 0;
    const forward = body.forward.bind(body);
    body.forward = (x) => {
      runs++;
      return forward(x);
    };
    const program = await compile(featuresOf(net), { input: [4, 3, 32, 32] });
    const seen: number[] = [];
    const features = await cacheFeatures(body, loader(), { program, onProgress: (done) => seen.push(done) });
    expect([runs, features.size, seen]).toEqual([1, 10, [4, 8, 10]]);
    const [{ x, y }] = features;
    const known = network().net;
    expect([...x.data]).toEqual(
      [...featuresOf(known.eval()).forward(images).data].map((v) => expect.closeTo(v, 4)),
    );
    expect(y.data).toEqual(labels.data);
    program.dispose();
  });

  it('puts modes back', async () => {
    const net = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.5), new nn.Linear(3072, 2));
    const features = await cacheFeatures(featuresOf(net), loader(), { batchSize: 10 });
    expect([...features][0].x.data).toEqual(images.data);
    expect(net.namedModules().every(([, part]) => part.training)).toBe(true);
  });

  it('refuses what changes from epoch to epoch', async () => {
    const { net } = network();
    const random = loader({ transform: () => undefined });
    await expect(cacheFeatures(featuresOf(net), random)).rejects.toThrow(
      'the loader changes samples by a transform',
    );
    const uneven = [...loader()].map((batch, i) =>
      i === 1 ? { ...batch, x: randn([4, 3, 48, 48]) } : batch,
    );
    const pooled = new nn.Sequential(new nn.Conv2d(3, 2, 3), new nn.Linear(30, 1));
    await expect(cacheFeatures(featuresOf(pooled, { path: '1' }), uneven)).rejects.toThrow(
      /of one batch have shape .* of another/,
    );
    await expect(cacheFeatures(net, [])).rejects.toThrow('the source has no batch');
  });
});
