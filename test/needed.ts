// Tests that need something which a machine may lack, such as a browser: left out there, with the reason in their names and
// in the output, except in CI, where they fail.

import { test } from 'vitest';

type Register = (name: string, body: () => Promise<void> | void, timeout?: number) => void;

const said = new Set<string>();

/** @param missing what is not there and how it is brought, or null */
export function needing(missing: string | null): Register {
  if (missing === null) return (name, body, timeout) => void test(name, body, timeout);
  if (process.env.CI === 'true') {
    return (name) =>
      void test(name, () => {
        throw new Error(`with CI=true nothing is left out: ${missing}`);
      });
  }
  if (!said.has(missing)) console.log(`Tests are left out: ${missing}`);
  said.add(missing);
  return (name) => void test.skip(`${name} (left out: ${missing})`);
}
