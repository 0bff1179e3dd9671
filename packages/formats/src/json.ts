// JSON files whose nesting is bounded before they are parsed.

import { FormatError, NeocogError } from 'neocog';
import type { Budget } from './budget.ts';
import { repeatedKey } from './json-keys.ts';

/** What parsing makes of a byte of JSON at most, roughly: an empty list has two. */
const bytesPerByte = 32;

/** The object that these bytes hold. @throws FormatError */
export function parseJsonObject(bytes: Uint8Array, budget: Budget): Record<string, unknown> {
  const { about } = budget;
  budget.bytes(bytesPerByte * bytes.length, 'its JSON');
  let json: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    repeatedKey(text, budget);
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof NeocogError) throw error;
    throw new FormatError(`${about} cannot be read: it is not valid JSON in UTF-8`, { cause: error });
  }
  if (isObject(json)) return json;
  throw new FormatError(`${about} cannot be read: it holds no JSON object`);
}

/** An object with keys: no list, no null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
