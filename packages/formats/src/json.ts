// JSON files whose nesting is bounded before they are parsed.

import { FormatError } from 'neocog';
import { repeatedKey } from './json-keys.ts';

/** Networks within networks nest a few dozen levels deep. */
const depthLimit = 200;

/** The object that these bytes hold. @throws FormatError, which `about` begins. */
export function parseJsonObject(about: string, bytes: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    repeatedKey(text, depthLimit);
    json = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${about} cannot be read: it is not valid JSON in UTF-8`, { cause: error });
  }
  if (isObject(json)) return json;
  throw new FormatError(`${about} cannot be read: it holds no JSON object`);
}

/** An object with keys: no list, no null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
