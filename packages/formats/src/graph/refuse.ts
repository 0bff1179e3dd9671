// What a network needs and neocog does not have, all in one error.

import { UnsupportedError } from 'neocog';

/** An error names no more. */
const mostNamed = 20;

/** What has problems, and what can be done about them. */
const remedies = { node: '', layer: '; give them as customLayers' };

/** @throws UnsupportedError unless there are no problems. */
export function refuseAll(about: string, kind: keyof typeof remedies, problems: readonly string[]): void {
  const { length } = problems;
  if (length === 0) return;
  const named = problems.slice(0, mostNamed);
  if (length > mostNamed) named.push(`and ${length - mostNamed} more`);
  const count = length === 1 ? `1 ${kind} is` : `${length} ${kind}s are`;
  throw new UnsupportedError(`${about}: ${count} not supported: ${named.join('; ')}${remedies[kind]}`);
}
