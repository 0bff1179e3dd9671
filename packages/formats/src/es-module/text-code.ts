// Bytes as printable text, for code in a JavaScript file: no base64, whose digits straddle bytes and so hide what repeats
// from a server's compression, and with long repetitions as copies, since those of deflate reach back 32 KiB only.
// `unpack` in runtime.ts is the way back.

export interface TextCode {
  /** Every byte, the most frequent of the text first. */
  readonly order: readonly number[];
  readonly text: string;
  /**
   * In threes: how many bytes to take from the text; how far back then lies what is to be copied, or 0 for as far as the last
   * time; how many bytes that is. After the last, the text has the rest.
   */
  readonly copies: readonly number[];
}

/** Shorter repetitions are left to the server's compression, which says them in less. */
const shortest = 64;
/** The same where a copy goes on after a few bytes that differ, such as the constants of a kernel much like another. */
const shortestAgain = 6;
/** Going on is worth this many bytes less to copy. */
const preference = 48;
/** Bytes by which places are found that may begin a repetition. */
const hashed = 12;
/** Places of the same hash that are looked at. */
const mostTried = 128;

export function encodeText(bytes: Uint8Array): TextCode {
  const past = new Past(bytes);
  const copies: number[] = [];
  const literals = new Uint8Array(bytes.length);
  let [end, taken, last] = [0, 0, 0];
  for (let at = 0; at < bytes.length; ) {
    const { distance, length } = past.longest(at, last);
    if (length < (distance === last ? shortestAgain : shortest)) {
      literals[end++] = bytes[at++];
      continue;
    }
    copies.push(end - taken, distance === last ? 0 : distance, length);
    [taken, last] = [end, distance];
    at += length;
  }
  const rest = literals.subarray(0, end);
  const order = byFrequency(rest);
  const symbols = symbolsFor(order);
  return { order, text: Array.from(rest, (byte) => symbols[byte]).join(''), copies };
}

function byFrequency(bytes: Uint8Array): number[] {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]++;
  return Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
}

/** One character for each of the first 90 bytes of an order, pairs for the others. */
function symbolsFor(order: readonly number[]): string[] {
  const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
    (character) => !'"<\\'.includes(character),
  );
  const symbols: string[] = [];
  order.forEach((byte, place) => {
    const page = Math.floor(place / 90);
    symbols[byte] = (page === 0 ? '' : characters[89 + page]) + characters[place % 90];
  });
  return symbols;
}

/** Finds where bytes have been before. */
class Past {
  readonly #bytes: Uint8Array;
  /** The last place of each hash, and before each place the one before of its hash; -1 for none. */
  readonly #last = new Int32Array(1 << 16).fill(-1);
  readonly #before: Int32Array;
  #known = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#before = new Int32Array(bytes.length);
  }

  /** The longest repetition that begins at a place; one as far away as `last`, unless that is 0, is preferred. */
  longest(at: number, last: number): { distance: number; length: number } {
    for (; this.#known < at; this.#known++) this.#remember(this.#known);
    const again = last > 0 ? this.#common(at - last, at) : 0;
    let best = { distance: last, length: again };
    let longest = again + preference;
    let from = at + hashed > this.#bytes.length ? -1 : this.#last[this.#hash(at)];
    for (let tried = 0; from >= 0 && tried < mostTried; tried++) {
      const length = this.#common(from, at);
      if (length > longest) {
        best = { distance: at - from, length };
        longest = length;
      }
      from = this.#before[from];
    }
    return best;
  }

  #common(from: number, at: number): number {
    const bytes = this.#bytes;
    let length = 0;
    while (at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
    return length;
  }

  #remember(place: number): void {
    if (place + hashed > this.#bytes.length) return;
    const hash = this.#hash(place);
    this.#before[place] = this.#last[hash];
    this.#last[hash] = place;
  }

  #hash(place: number): number {
    let hash = 0;
    for (let i = 0; i < hashed; i++) hash = Math.imul(hash ^ this.#bytes[place + i], 0x01000193);
    return (hash ^ (hash >>> 16)) & 0xffff;
  }
}
