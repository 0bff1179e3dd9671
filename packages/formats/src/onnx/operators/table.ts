// The table of operators as the documentation has it.

import { operatorGroups } from './index.ts';

/** A line of Markdown per operator: name, kind, limits. */
export const operatorTable = (): string[] =>
  Object.entries(operatorGroups).flatMap(([group, operators]) =>
    operators.map(({ name, limits }) => `| \`${name}\` | ${group.toLowerCase()} | ${limits} |`),
  );
