// That a mutant is seen by the tests that run while it is there, and by none after it.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../nodes.js';
import { Runner } from './runner.js';
import { filesOf, makeSandbox, replaceFile } from './sandbox.js';

it('a mutant does not outlive its turn', async () => {
  const [changed, other] = ['schedule/decay.ts', 'geometry/text.ts'].map((file) =>
    join('packages/neocog/src', file),
  ) as [string, string];
  const tests = ['packages/neocog/src/schedule/schedule.test.ts'];
  const sandbox = makeSandbox(root, filesOf(root));
  const runner = new Runner(sandbox);
  try {
    expect(await runner.run(tests, changed, 100)).toBe('');
    const source = readFileSync(join(root, changed), 'utf8');
    replaceFile(join(sandbox, changed), source.replaceAll('return ', 'throw new Error("mutant"); return '));
    expect(await runner.run(tests, changed, 100)).toContain('mutant');
    replaceFile(join(sandbox, changed), source);
    expect(await runner.run(['packages/neocog/src/geometry/text.test.ts'], other, 100)).toBe('');
    expect(await runner.run(tests, other, 100)).toBe('');
  } finally {
    runner.dispose();
    rmSync(sandbox, { recursive: true, force: true });
  }
});
