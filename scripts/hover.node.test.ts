// The search for names that say nothing, on a package made up for the purpose.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findSilent } from './hover.js';

const folder = mkdtempSync(join(tmpdir(), 'neocog-hover-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The names that say nothing, in packages of one file each. */
function silentIn(...sources: string[]): string[][] {
  const folders = sources.map((source, i) => {
    const own = join(folder, String(i));
    mkdirSync(join(own, 'src'), { recursive: true });
    writeFileSync(
      join(own, 'tsconfig.json'),
      '{ "compilerOptions": { "strict": true }, "include": ["src"] }',
    );
    writeFileSync(join(own, 'src/index.ts'), source);
    return own;
  });
  return findSilent(folders).map(({ silent }) => silent.map((line) => line.replace(/^.* /, '')));
}

const options = `
interface Inner { step: number }
export const run = (options: { inner?: Inner }): Result => ({ value: 0 });
interface Result {
  /** Of the run. */
  value: number;
}
type Hidden = { depth: number };
export class Walker<T extends Hidden> {
  #secret = 1;
  private own = 2;
  /** Where it is. */
  at = 3;
  readonly kind = 'walker';
  go(to: T): void {}
}
interface Unreached { nothing: number }
`;

const inherited = `
/** Base. */
export abstract class Base {
  constructor(how: { way: number }) {}
  /** Says what it does. */
  abstract forward(): void;
  /** @throws Error always. */
  fail(): void {}
}
/** Derived. */
export class Derived extends Base {
  constructor(how: number) {
    super({ way: how });
  }
  forward(): void {}
}
`;

describe('findSilent', () => {
  const [first, second] = silentIn(options, inherited);

  it('lists exports, what their types name, and members', () => {
    const names = [
      'Inner',
      'Inner.step',
      'run',
      'run.inner',
      'Result',
      'Walker',
      'Walker.go',
      'Hidden.depth',
    ];
    expect(first.sort()).toEqual(names.sort());
  });

  it('takes the text of an overridden member, and none for a tag alone', () => {
    expect(second).toEqual(['Base.fail']);
  });
});
