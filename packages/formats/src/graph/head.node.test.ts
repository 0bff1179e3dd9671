// Heads of imported networks, of ONNX and Keras, with what makes probabilities of scores after them.

import { fileURLToPath } from 'node:url';
import {
  compile,
  compileTraining,
  crossEntropy,
  featuresOf,
  headOf,
  loadBackbone,
  nn,
  optim,
  randn,
  replaceHead,
  tensor,
} from 'neocog';
import { describe, expect, it } from 'vitest';
import { loadKeras, loadOnnx, saveOnnx } from '../index.ts';

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

const sources: [string, () => Promise<nn.NamedModule>][] = [
  ['classifier.onnx', () => loadOnnx(fixture('onnx/classifier.onnx'))],
  ['digits.keras', () => loadKeras(fixture('keras/digits.keras'))],
  ['digits.h5', () => loadKeras(fixture('keras/digits.h5'))],
];

describe.each(sources)('%s', (_, load) => {
  const inputOf = (net: nn.NamedModule, n: number) =>
    randn(
      net.inputs[0].shape.map((size, d) =>
        d === 0 && typeof size === 'string' ? n : typeof size === 'number' ? size : 8,
      ),
    );

  it('is trained for other classes', async () => {
    const net = await load();
    const x = inputOf(net, 4);
    const before = net.forward(x);
    const head = replaceHead(net, 5);
    const scores = net.forward(x);
    expect(before.shape.at(-1)).not.toBe(5);
    expect(scores.shape).toEqual([...before.shape.slice(0, -1), 5]);
    expect(net.outputs[0].shape.at(-1)).toBe(5);
    expect(head.forward(featuresOf(net).forward(x)).data).toEqual(scores.data);
    nn.freeze(net);
    nn.unfreeze(net, headPath(net, head));
    const optimizer = new optim.SGD(head.parameters(), { lr: 0.001 });
    const y = tensor(Int32Array.from({ length: x.shape[0] }, (_unused, i) => i % 5));
    const trainer = await compileTraining(net, { input: x.shape, loss: crossEntropy, optimizer });
    const losses = [await trainer.step(x, y), await trainer.step(x, y), await trainer.step(x, y)].map(
      ({ loss }) => loss,
    );
    trainer.sync();
    trainer.dispose();
    expect(losses[2]).toBeLessThan(losses[0]);
    const program = await compile(net, { input: x.shape });
    expect((await program.run(x)).shape).toEqual(scores.shape);
    program.dispose();
  });

  it('takes the weights of itself but for its head', async () => {
    const [net, other] = [await load(), await load()];
    const head = replaceHead(net, 5);
    const path = headPath(net, head);
    const { left } = loadBackbone(net, other.stateDict());
    expect(left.every((key) => key.startsWith(`${path}.`))).toBe(true);
    expect(left.length).toBeGreaterThan(0);
  });
});

const headPath = (net: nn.Module, head: nn.Module): string => {
  expect(headOf(net)).toBe(head);
  return net.namedModules().find(([, part]) => part === head)?.[0] ?? '';
};

it('goes into a file with the new head', async () => {
  const net = await loadOnnx(fixture('onnx/classifier.onnx'));
  replaceHead(net, 5);
  const input = net.inputs[0].shape.map((size) => (typeof size === 'string' ? 1 : size));
  const again = await loadOnnx(saveOnnx(net, { input }));
  const x = randn(input);
  expect([...again.forward(x).data]).toEqual([...net.forward(x).data].map((v) => expect.closeTo(v, 5)));
});
