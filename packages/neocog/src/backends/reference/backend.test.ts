// That the reference backend offers every family, and explains itself.

import { expect, it } from 'vitest';
import { parseConv } from '../../geometry/text.ts';
import { convWork } from '../work.ts';
import { referenceBackend } from './backend.ts';

it('explains a convolution in one candidate', () => {
  const text = 'n1 g1 c1>1 5x5 k3x3 s1 d1 p0';
  const explanation = referenceBackend.explain(convWork('conv', parseConv(text)));
  expect(explanation.geometry).toBe(text);
  expect(explanation.candidates).toEqual([{ name: 'plain loops', cost: null, refusal: null }]);
});

it('runs a computation through the interface', () => {
  const view = { shape: [2], strides: [-1], offset: 1 };
  expect(referenceBackend.run({ op: 'copy', view }, [Int32Array.of(1, 2)])).toEqual([Int32Array.of(2, 1)]);
});
