// neocog: what `neocog build` writes.

import { measure, prefix, sampleInput } from '../page.js';

void measure(async () => {
  const address = `/files/${prefix}built/index.js`;
  const { load, run } = await import(/* @vite-ignore */ address);
  await load();
  const x = sampleInput('channels-first');
  return () => run(x);
});
