// From a case that fails to the smallest one that still does: each step takes the first simpler case that fails.

import { type FuzzKind, InvalidCase } from './kind.ts';

/** What is wrong with a case, or null. */
export async function faultOf<C>(kind: FuzzKind<C>, c: C): Promise<Error | null> {
  try {
    await kind.check(c);
    return null;
  } catch (error) {
    if (error instanceof InvalidCase) return null;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** @param seconds after which the smallest case so far will do */
export async function shrink<C>(
  kind: FuzzKind<C>,
  failing: C,
  seconds: number,
): Promise<{ smallest: C; fault: Error | null }> {
  const end = performance.now() + seconds * 1000;
  let smallest = failing;
  let fault = await faultOf(kind, failing);
  for (let found = fault !== null; found; ) {
    found = false;
    for (const candidate of kind.smaller(smallest)) {
      if (performance.now() > end) return { smallest, fault };
      const wrong = await faultOf(kind, candidate);
      if (!wrong) continue;
      [smallest, fault, found] = [candidate, wrong, true];
      break;
    }
  }
  return { smallest, fault };
}
