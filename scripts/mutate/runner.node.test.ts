// That a mutant is seen by the tests that run while it is there, and by none after it.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../nodes.js';
import { Runner } from './runner.js';
import { filesOf, makeSandbox } from './sandbox.js';

it('a mutant does not outlive its turn', async () => {
  const [changed, other] = ['schedule/decay.ts', 'geometry/text.ts'].map((file) =>
    join('packages/neocog/src', file),
  ) as [string, string];
  const tests = ['packages/neocog/src/schedule/schedule.test.ts'];
  const sandbox = makeSandbox(root, filesOf(root));
  const runner = new Runner(sandbox);
  try {
    expect(await runner.run(tests, changed, 280)).toBe('');
    const source = readFileSync(join(root, changed), 'utf8');
    writeFileSync(join(sandbox, changed), source.replaceAll('return ', 'throw new Error("mutant"); return '));
    expect(await runner.run(tests, changed, 280)).toContain('mutant');
    writeFileSync(join(sandbox, changed), source);
    expect(await runner.run(['packages/neocog/src/geometry/text.test.ts'], other, 280)).toBe('');
    expect(await runner.run(tests, other, 280)).toBe('');
  } finally {
    runner.dispose();
    rmSync(sandbox, { recursive: true, force: true });
  }
});

it('a sandbox stays as it was made, whatever becomes of the checkout', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'neocog-checkout-'));
  mkdirSync(join(checkout, 'node_modules'));
  const file = 'src/a.ts';
  mkdirSync(join(checkout, 'src'));
  writeFileSync(join(checkout, file), 'first');
  const sandbox = makeSandbox(checkout, [file]);
  try {
    writeFileSync(join(checkout, file), 'second');
    expect(readFileSync(join(sandbox, file), 'utf8')).toBe('first');
    writeFileSync(join(sandbox, file), 'mutant');
    expect(readFileSync(join(checkout, file), 'utf8')).toBe('second');
  } finally {
    for (const made of [sandbox, checkout]) rmSync(made, { recursive: true, force: true });
  }
});
