// Tests that need something which a machine may lack, such as a browser: left out there with a printed reason, except in CI,
// where that is a failure.

import { expect, test } from 'vitest';

/** Of what tests of the examples need. */
export const packagesHint = 'packages of the examples are missing; npm ci --prefix examples brings them';

const said = new Set<string>();

/**
 * Whether tests are to be left out.
 *
 * @param missing what is not there and how it is brought, or null
 * @example test.skipIf(leftOut(path ? null : 'Chromium was not found'))('a page', …)
 */
export function leftOut(missing: string | null): boolean {
  if (missing === null || said.has(missing)) return missing !== null;
  said.add(missing);
  if (process.env.CI === 'true') test(`nothing is left out: ${missing}`, () => expect.fail(missing));
  else console.log(`Tests are left out: ${missing}`);
  return true;
}
