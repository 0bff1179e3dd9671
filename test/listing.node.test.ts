// docs/listing.md prints generated code: the library generates it.

import { readFileSync } from 'node:fs';
import { explainPlan } from 'neocog';
import { expect, it } from 'vitest';
import { engine } from '../packages/neocog/src/backends/wasm/engine.ts';

const page = readFileSync(new URL('../docs/listing.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```wat\n(.*?)```/gs)].map(([, code]) => (code as string).trimEnd());

it('the code of docs/listing.md is what explainPlan gives', () => {
  const { listing } = explainPlan('n1 g1 c2>4 3 k3 s1 d1 p1');
  const plain = listing.replace(/^ {2}/gm, '');
  expect(blocks.length).toBe(2);
  for (const block of blocks) {
    if (engine().fma) expect(plain).toContain(block);
    // Engines without fused multiply-add have two instructions in its place.
    else for (const line of block.split('\n')) if (!line.includes('madd')) expect(plain).toContain(line);
  }
});
