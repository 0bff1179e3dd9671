// Depthwise gradients of few channels, compiled by V8's optimising compiler with wide SIMD, which crashed on some (found by the fuzzer).

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const sources = fileURLToPath(new URL('../../../../../../../test/fuzz/sources.ts', import.meta.url));
const script = `
  import { configure, conv2d, grad, randn, sum } from 'neocog';
  configure({ wideSimd: 'on' });
  const leaf = (...shape) => randn(shape, { requiresGrad: true });
  for (const stride of [2, 3, 4, 5, 6, 8])
    for (const padding of [0, 1, 2, 3]) {
      const x = leaf(1, 4, 2, 43);
      const y = conv2d(x, leaf(4, 1, 1, stride), { stride: [1, stride], padding: [0, padding], groups: 4 });
      grad(sum(y), [x]);
      console.log(stride, padding);
    }`;

it('compiles with every stride and padding', () => {
  // All kernels at once, and not only those that run often.
  const eager = ['--no-liftoff', '--no-wasm-lazy-compilation', '--disable-warning=ExperimentalWarning'];
  const { signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...eager, '--import', sources, '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  );
  expect({ signal, stderr }).toEqual({ signal: null, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(24);
});
