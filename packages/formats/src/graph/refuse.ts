// What a network needs and neocog does not have, all in one error.

import { UnsupportedError } from 'neocog';

/** An error names no more. */
const mostNamed = 20;

/** @throws UnsupportedError unless there are no problems; `kind` is what has them, a node or a layer. */
export function refuseAll(about: string, kind: string, problems: readonly string[], remedy = ''): void {
  const { length } = problems;
  if (length === 0) return;
  const named = problems.slice(0, mostNamed);
  if (length > mostNamed) named.push(`and ${length - mostNamed} more`);
  const count = length === 1 ? `1 ${kind} is` : `${length} ${kind}s are`;
  throw new UnsupportedError(`${about}: ${count} not supported: ${named.join('; ')}${remedy}`);
}
