// Models that npm packages carry as JavaScript: model.json as a module that exports an object, and each shard as one that exports its
// bytes in base64, such as `model.min.js` and `group1-shard1of1.min.js`. No code is run: what is exported is read as the literal that it is.

import { FormatError } from 'neocog';

/** What an address of such a model ends in, which those of its shards end in too. */
export const wrappedEnding = (source: string): string | undefined =>
  /(?:\.min)?\.[cm]?js$/i.exec(source)?.[0];

/** Where an object, a list or a text is exported. */
const exported = /\b(?:exports\s*=|export\s+default)\s*(?=[{["'`])/;

/** A text in quotes, a number, a short form of true, false or undefined, a name, a mark. */
const token =
  /\s*(?:("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`(?:[^`\\$]|\\[\s\S])*`)|(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|(![01]|void 0)|([A-Za-z_$][\w$]*)|([{}[\]:,-]))/iy;

/** The JSON of what a module exports. @throws FormatError for one that exports no literal */
export function unwrapJson(about: string, text: string): string {
  const start = exported.exec(text);
  if (!start) throw new FormatError(`${about} exports no model; pass a model.json, or a module of one`);
  const parts: string[] = [];
  let depth = 0;
  token.lastIndex = start.index + start[0].length;
  do {
    const found = token.exec(text);
    if (!found) throw new FormatError(`${about} exports more than plain values; pass a model.json`);
    const [, quoted, number, short, name, mark] = found;
    parts.push(
      quoted !== undefined
        ? jsonString(quoted)
        : number !== undefined
          ? jsonNumber(number)
          : short !== undefined
            ? shortForms[short]
            : name !== undefined
              ? jsonName(name)
              : mark,
    );
    if (mark === '{' || mark === '[') depth++;
    if (mark === '}' || mark === ']') depth--;
  } while (depth > 0);
  return parts.join('');
}

const shortForms: Readonly<Record<string, string>> = { '!0': 'true', '!1': 'false', 'void 0': 'null' };

/** A key without quotes, or one of the words that JSON has too. */
const jsonName = (name: string): string =>
  ['true', 'false', 'null'].includes(name) ? name : name === 'undefined' ? 'null' : JSON.stringify(name);

const jsonNumber = (text: string): string => text.replace(/^\./, '0.').replace(/\.(?=e|$)/i, '');

/** Of escapes, those that JSON lacks are replaced. */
function jsonString(quoted: string): string {
  const inner = quoted.slice(1, -1).replace(/\\([\s\S])|"|\n/g, (all, escaped: string | undefined) => {
    if (escaped === undefined) return all === '"' ? '\\"' : '\\n';
    if (escaped === 'x') return '\\u00';
    if (/["\\/bfnrtu]/.test(escaped)) return all;
    return escaped === '0' ? '\\u0000' : escaped === '\n' ? '' : escaped;
  });
  return `"${inner}"`;
}

/** The bytes that a module exports in base64. @throws FormatError for one that exports none */
export function unwrapBytes(about: string, name: string, text: string): Uint8Array {
  const start = exported.exec(text);
  const from = start ? start.index + start[0].length : text.length;
  const quote = text[from];
  const end = text.indexOf(quote, from + 1);
  const refuse = (): never => {
    throw new FormatError(`${about}: ${name} exports no bytes in base64; is it a shard of this model?`);
  };
  if (!start || !/["'`]/.test(quote) || end < 0) refuse();
  try {
    return Uint8Array.from(atob(text.slice(from + 1, end)), (character) => character.charCodeAt(0));
  } catch {
    return refuse();
  }
}
