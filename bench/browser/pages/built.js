// neocog: what `neocog build` writes.

import { measure, sampleInput } from '../page.js';

void measure(async () => {
  const address = '/files/built/index.js';
  const { load, run } = await import(/* @vite-ignore */ address);
  await load();
  const x = sampleInput('channels-first');
  return () => run(x);
});
