// The code beside the bench: this library's is run, TensorFlow.js's too where it is installed; the others are looked at.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { nn, randn } from 'neocog';
import type { Page } from 'playwright';
import { beforeAll, describe, expect } from 'vitest';
import { root } from '../../../scripts/nodes.js';
import { leftOut, packagesHint } from '../../../test/leftOut.ts';
import { open, textOf } from './bench.ts';
import { onPage, useLab } from './visit.ts';

const lab = useLab();
let page: Page;
beforeAll(async () => {
  if (!lab.url) return;
  const visit = await lab.visit({ hash: '/layer?at=0' });
  page = visit.page;
  await visit.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});

async function codeOf(tab: string): Promise<string> {
  await page.getByRole('tab', { name: tab }).click();
  return (await page.getByRole('tabpanel').textContent()) ?? '';
}

const queries = [
  'size=7&stride=2',
  'pad=1,0,2,3&dilation=2,1&bias=1',
  'pad=same&stride=3,2',
  'pad=causal&kernel=2',
  'pad=full&mode=replicate&size=7',
  'pad=2&mode=reflect',
  'pad=1,0,1,0&mode=symmetric',
  'in=2&out=4&groups=2&pad=1&bias=1',
  'op=transposed&size=3&stride=2&in=2&out=3&extra=1&pad=1,0,0,1',
  'op=transposed&size=4&stride=2&pad=same&bias=1',
  'op=transposed&size=4&stride=3&kernel=2',
  'op=max&kernel=3&stride=2&pad=1',
  'op=max&kernel=2&stride=2&size=7&ceil=1',
  'op=avg&kernel=3&stride=3&pad=1,0,0,1&counted=0',
  'rank=1&size=9&kernel=4&dilation=2&pad=causal',
  'rank=1&op=transposed&size=5&stride=2&pad=1',
  'rank=1&op=max&size=9&kernel=2&stride=2',
  'rank=3&size=4&kernel=2&in=2',
  'rank=3&op=avg&size=4&kernel=2&stride=2',
  'rank=3&op=transposed&size=3&kernel=2&stride=2',
];

const shapeOf = async (): Promise<number[]> => JSON.parse(await textOf(page, 'output-shape'));

/** Runs the statements of a module whose imports are given. */
function run(code: string, given: Record<string, unknown>): { shape: readonly number[] } {
  const body = code.replaceAll(/^import .*$/gm, '');
  return Function(...Object.keys(given), `${body}\nreturn y;`)(...Object.values(given));
}

const lastOf = ([batch, channels, ...spatial]: readonly number[]): number[] => [batch, ...spatial, channels];

describe('neocog', () => {
  for (const query of queries) {
    onPage(query, async () => {
      await open(page, `${query}&at=0`);
      expect(run(await codeOf('neocog'), { nn, randn }).shape).toEqual(await shapeOf());
    });
  }
});

const packages = `${root}examples/node_modules/@tensorflow`;
const noTensorflow = leftOut(existsSync(packages) ? null : packagesHint);

describe.skipIf(noTensorflow)('TensorFlow.js', () => {
  for (const query of queries) {
    onPage(query, async () => {
      const require = createRequire(`${root}examples/package.json`);
      const tf = require('@tensorflow/tfjs-core');
      require('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      await open(page, `${query}&at=0`);
      const code = await codeOf('TensorFlow.js');
      if (/^\/\/ (tf|Padding)/m.test(code) || code.includes('ceil mode')) return;
      const { shape } = run(code, { tf });
      const expected = lastOf(await shapeOf());
      expect(shape).toEqual(query.includes('rank=1') ? expected.toSpliced(1, 0, 1) : expected);
    });
  }
});

describe('the others', () => {
  onPage('PyTorch: what the layer cannot do is done before or after it', async () => {
    await open(page, 'at=0&stride=2&pad=1,0,1,0&in=2&out=4&groups=2');
    const code = await codeOf('PyTorch');
    expect(code).toContain('nn.Conv2d(2, 4, 3, stride=2, groups=2, bias=False)');
    expect(code).toContain("x = F.pad(x, (1, 0, 1, 0), mode='constant')");
    await open(page, 'at=0&op=transposed&size=3&stride=2&pad=1,0,0,1&extra=1');
    expect(await codeOf('PyTorch')).toContain('y = y[:, :, 1:, 0:-1]');
    await open(page, 'at=0&pad=2&mode=reflect');
    expect(await codeOf('PyTorch')).toContain("padding=2, padding_mode='reflect'");
  });

  onPage('Keras: channels last', async () => {
    await open(page, 'at=0&stride=2&pad=1,0,1,0&in=2&out=4&groups=2');
    const code = await codeOf('Keras');
    expect(code).toContain('keras.layers.Conv2D(4, 3, strides=2, groups=2, use_bias=False)');
    expect(code).toContain('keras.ops.pad(x, [(0, 0), (1, 0), (1, 0), (0, 0)])');
    expect(code).toContain('# (1, 3, 3, 4)');
  });

  onPage('the shown code is copied', async () => {
    await open(page, 'at=0');
    const code = await codeOf('neocog');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
  });
});
