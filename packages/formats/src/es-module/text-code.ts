// Bytes as printable text, for code in a JavaScript file: no base64, whose digits straddle bytes and so hide what repeats
// from a server's compression, and with long repetitions as copies, since those of deflate reach back 32 KiB only.
// `unpack` in runtime.ts is the way back.

export interface TextCode {
  /** Every byte, the most frequent first. */
  readonly order: readonly number[];
  /** Texts, and after each the two numbers of a copy: from where, how many bytes. */
  readonly tokens: readonly (string | number)[];
}

/** Shorter repetitions are left to the server's compression, which says them in less. */
const shortest = 40;
/** Bytes by which places are found that may begin a repetition. */
const hashed = 16;
/** Places of the same hash that are looked at. */
const mostTried = 64;

export function encodeText(bytes: Uint8Array): TextCode {
  const order = byFrequency(bytes);
  const symbols = symbolsFor(order);
  const tokens: (string | number)[] = [];
  let literal = 0;
  const flush = (end: number): void => {
    tokens.push(Array.from(bytes.subarray(literal, end), (byte) => symbols[byte]).join(''));
  };
  const past = new Past(bytes);
  for (let at = 0; at < bytes.length; ) {
    const { from, length } = past.longest(at);
    if (length < shortest) {
      at++;
      continue;
    }
    flush(at);
    tokens.push(from, length);
    at += length;
    literal = at;
  }
  flush(bytes.length);
  return { order, tokens };
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

  longest(at: number): { from: number; length: number } {
    let best = { from: 0, length: 0 };
    if (at + hashed > this.#bytes.length) return best;
    for (; this.#known < at; this.#known++) this.#remember(this.#known);
    let from = this.#last[this.#hash(at)];
    for (let tried = 0; from >= 0 && tried < mostTried; tried++) {
      const length = this.#common(from, at);
      if (length > best.length) best = { from, length };
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
