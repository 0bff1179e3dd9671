// What scikit-learn and pycocotools made of the inputs of generate.py.

import { readFileSync } from 'node:fs';

/** The cases of a file; null, of what is undefined, as NaN. */
export function metricCases<T>(name: string): T[] {
  const text = readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text, (_, value) => (value === null ? Number.NaN : value));
}
