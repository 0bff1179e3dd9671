// How errors print what a file holds: names are cut, and characters that would move the cursor or hide text are escaped.

const longest = 80;

/** In quotes, on one line, not too long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? quoted(value) : jsonOf(value);
  return text === undefined ? String(value) : cut(text, longest + 2);
}

/** Without quotes, for texts such as an operator's name or a path. */
export const plainly = (text: string, most = longest): string => quoted(text, most).slice(1, -1);

/** Numbers of a shape: `[2,3]`, the first dozen of a longer one. */
export const shownList = (list: readonly unknown[]): string =>
  `[${list.slice(0, 12).map((item) => plainly(String(item)))}${list.length > 12 ? ',…' : ''}]`;

const quoted = (text: string, most = longest): string => escaped(JSON.stringify(cut(text, most)));

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;

/** Control characters, and those that turn the direction of text or are not seen. JSON has escaped the first 32. */
const escaped = (json: string): string =>
  json.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);

/** Objects may hold themselves, or numbers that JSON does not know. */
function jsonOf(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : escaped(json);
  } catch {
    return undefined;
  }
}
