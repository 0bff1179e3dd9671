// Pre-trained weights in a page: downloaded from the server that the page comes from, and kept by the Cache API.

import { nn } from 'neocog';
import { expect, it } from 'vitest';
import { loadPretrained } from '../index.ts';

const isPage = typeof document !== 'undefined';
const file = new URL('../../fixtures/pretrained/tiny-77ec94ce.pth', import.meta.url);

const network = (): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(8, 10),
  );

it.runIf(isPage)('are kept by the Cache API, which only pages have', async () => {
  const { href } = file;
  const cache = 'neocog-test';
  const seen: number[] = [];
  const options = { cache, onProgress: ({ loaded }: { loaded: number }) => void seen.push(loaded) };
  try {
    const first = await loadPretrained({ url: href, network }, options);
    const downloads = seen.length;
    expect(seen.at(-1)).toBeGreaterThan(4000);
    const second = await loadPretrained({ url: href, network }, options);
    expect(seen).toHaveLength(downloads);
    expect(second.stateDict()['5.weight'].data).toEqual(first.stateDict()['5.weight'].data);
    expect(await (await caches.open(cache)).keys()).toHaveLength(1);
  } finally {
    await caches.delete(cache);
  }
});
