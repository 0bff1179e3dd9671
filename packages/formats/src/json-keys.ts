// Finds what JSON.parse hides: a key that an object has twice. Also bounds the nesting before JSON.parse sees
// it. Follows strings and brackets only; whether the text is JSON otherwise is left to JSON.parse.

import type { Budget } from './budget.ts';

/**
 * The first key that its object has twice, or null.
 *
 * @throws FormatError for nesting deeper than the budget allows. @throws SyntaxError for a key that is no JSON string.
 */
export function repeatedKey(json: string, budget: Budget): string | null {
  /** The keys so far of each object that is open; null for a list. */
  const objects: (Set<string> | null)[] = [];
  let last = '';
  for (let at = 0; at < json.length; ) {
    const mark = json[at];
    const end = mark === '"' ? stringEnd(json, at) : at + 1;
    if (mark === '"') last = json.slice(at, end);
    else if (mark === '{' || mark === '[')
      budget.depth(objects.push(mark === '{' ? new Set() : null), 'its JSON');
    else if (mark === '}' || mark === ']') objects.pop();
    else if (mark === ':' && !addKey(objects, JSON.parse(last))) return JSON.parse(last);
    at = end;
  }
  return null;
}

/** The position after the string that begins at `start`. */
function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function addKey(objects: (Set<string> | null)[], key: string): boolean {
  const keys = objects.at(-1);
  if (keys?.has(key)) return false;
  keys?.add(key);
  return true;
}
