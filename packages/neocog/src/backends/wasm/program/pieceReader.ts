// Bytes that come piece by piece, taken in the lengths that are needed.

import type { Bytes } from '../assembler/index.ts';

/** No part that is taken at once is longer: else a damaged length would ask for gigabytes. */
const longest = 2 ** 28;

export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes. @throws Error if there are not so many */
  async take(length: number): Promise<Bytes> {
    if (length > longest) throw new Error(`a part of ${length} bytes`);
    const bytes = new Uint8Array(length);
    await this.fill(bytes);
    return bytes;
  }

  /** Fills `place` with the next bytes, and says after each piece how far. @throws Error if there are not so many */
  async fill(place: Uint8Array, filled: (end: number) => void = () => {}): Promise<void> {
    for (let at = 0; at < place.length; filled(at)) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const part = this.#rest.subarray(0, place.length - at);
      place.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  /** As it is: Node's Buffer is an array of bytes with a `slice` of its own. */
  async #next(): Promise<Uint8Array<ArrayBuffer>> {
    const { done, value } = await this.#pieces.next();
    if (done) throw new Error('the bytes end too early');
    return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
  }

  /** Whoever gives the pieces need give no more. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
