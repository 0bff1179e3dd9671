// compile with a cache of the browser.

import { afterEach, expect, test } from 'vitest';
import { compile, manualSeed, nn, type Program, randn } from '../../index.ts';

const cache = 'neocog tests';
afterEach(() => caches.delete(cache));

/** A program of as many channels, once the cache is done. */
async function kept(channels: number): Promise<Program> {
  manualSeed(channels);
  const program = await compile(new nn.Conv2d(3, channels, 3), { input: [1, 3, 8, 8], cache });
  while (program.explain().cache?.startsWith('writing')) await new Promise((wake) => setTimeout(wake, 1));
  return program;
}

const outcomeOf = async (channels: number): Promise<string | null> => (await kept(channels)).explain().cache;
const namesIn = async () => (await (await caches.open(cache)).keys()).map(({ url }) => url);

test('a program is read by the next call, with the same bits', async () => {
  const [first, second] = [await kept(4), await kept(4)];
  expect([first, second].map((program) => program.explain().cache)).toEqual(['written', 'read']);
  const x = randn([1, 3, 8, 8]);
  expect((await second.run(x)).data).toEqual((await first.run(x)).data);
});

test('what was cut off is written anew', async () => {
  await kept(4);
  const [name] = await namesIn();
  await (await caches.open(cache)).put(name, new Response(new Uint8Array(1000)));
  expect(await outcomeOf(4)).toBe('written: what was there cannot be used');
  expect(await outcomeOf(4)).toBe('read');
});

test('sixteen programs stay, those that were written last, and whatever else is there', async () => {
  await (await caches.open(cache)).put('https://example.org/mine', new Response('mine'));
  for (let channels = 1; channels <= 17; channels++) await kept(channels);
  expect(await namesIn()).toHaveLength(17);
  expect(await outcomeOf(2)).toBe('read');
  expect(await outcomeOf(1)).toBe('written');
});
