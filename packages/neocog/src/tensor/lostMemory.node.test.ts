// Tensors whose memory was handed over or resized after they were made: every operation refuses them, by name.

import { describe, expect, it } from 'vitest';
import { examples } from '../../../../test/examples.ts';
import { NeocogError, nn, ones, optim, ShapeError, Tensor } from '../index.ts';

/** ES2024, which the library does not need. */
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}
const MakeResizable = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable;

const losses: Record<string, (memory: Resizable) => void> = {
  detached: (memory) => void structuredClone(memory, { transfer: [memory] }),
  shrunk: (memory) => memory.resize(memory.byteLength - 4),
  grown: (memory) => memory.resize(memory.byteLength + 4),
};

/** The same tensor on memory that is then lost. */
function lost(t: Tensor, lose: (memory: Resizable) => void): Tensor {
  const memory = new MakeResizable(t.size * 4, { maxByteLength: t.size * 4 + 4 });
  const data = t.data instanceof Int32Array ? new Int32Array(memory) : new Float32Array(memory);
  data.set(t.data);
  const copy = new Tensor(data, t.shape, t.requiresGrad);
  lose(memory);
  return copy;
}

describe.each(Object.entries(losses))('memory that was %s', (_how, lose) => {
  for (const { needs, note, inputs, run } of examples) {
    it(note ? `${needs} ${note}` : needs, () => {
      inputs.forEach((t, i) => {
        if (t.size === 0) return;
        const given = inputs.map((other, k) => (k === i ? lost(t, lose) : other));
        expect(() => run(...given), `input ${i}`).toThrow(NeocogError);
      });
    });
  }

  it('loadStateDict, which changes nothing', () => {
    const net = new nn.Linear(2, 3);
    const before = [...net.weight.data];
    const state = { ...net.stateDict(), weight: ones([3, 2]) };
    expect(() => net.loadStateDict({ ...state, bias: lost(ones([3]), lose) })).toThrow(ShapeError);
    expect([...net.weight.data]).toEqual(before);
  });

  it('a step of an optimiser, which changes nothing', () => {
    for (const part of ['parameter', 'gradient']) {
      const [first, second] = [ones([2], { requiresGrad: true }), ones([3], { requiresGrad: true })];
      first.grad = ones([2]);
      const moving = part === 'parameter' ? lost(second, lose) : second;
      moving.grad = part === 'gradient' ? lost(ones([3]), lose) : ones([3]);
      const optimizer = new optim.SGD([first, moving], { lr: 0.5 });
      expect(() => optimizer.step(), part).toThrow(ShapeError);
      expect([...first.data]).toEqual([1, 1]);
    }
  });
});
