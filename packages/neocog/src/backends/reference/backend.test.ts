// That the reference backend offers every family, and explains itself.

import { expect, it } from 'vitest';
import { parseConv } from '../../geometry/text.ts';
import { referenceBackend } from './backend.ts';

it('explains a convolution in one candidate', () => {
  const text = 'n1 g1 c1>1 5x5 k3x3 s1 d1 p0';
  const explanation = referenceBackend.explainConv(parseConv(text), 'conv');
  expect(explanation.geometry).toBe(text);
  expect(explanation.candidates).toEqual([{ name: 'plain loops', cost: null, refusal: null }]);
});

it('runs a family through the interface', () => {
  const view = { shape: [2], strides: [-1], offset: 1 };
  expect(referenceBackend.copy(view, Int32Array.of(1, 2))).toEqual(Int32Array.of(2, 1));
});
