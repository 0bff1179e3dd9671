// The errors that a caller can meet. One sentence each: the function, what came, what was needed, and the remedy.
// Inside the library, `assert` marks what can only be a bug of the library itself.

/** Names and texts that a caller or a file gave may be of any length. */
const longestMessage = 4000;

/** On one line, not too long, and without characters that move the cursor or hide what follows. */
const printable = (text: string): string =>
  (text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`).replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  );

/** Base of every error that neocog raises on purpose. */
export class NeocogError extends Error {
  override name = 'NeocogError';

  constructor(message = '', options?: ErrorOptions) {
    super(printable(typeof message === 'string' ? message : ''), options);
  }
}

/** Shapes, sizes, axes, ranks or option values that do not fit together. */
export class ShapeError extends NeocogError {
  override name = 'ShapeError';
}

/** A valid request that neocog does not carry out; the message says what to do instead. */
export class UnsupportedError extends NeocogError {
  override name = 'UnsupportedError';
}

/** Bytes that are not what their format promises. */
export class FormatError extends NeocogError {
  override name = 'FormatError';
}

/** An engine or device that lacks what was asked for. */
export class DeviceError extends NeocogError {
  override name = 'DeviceError';
}

/** Stops at a bug of the library. Never used on what a caller passed in. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`neocog bug, please report it: ${what}`);
}
