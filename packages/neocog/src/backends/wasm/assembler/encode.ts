// Bytes of the WebAssembly binary format: LEB128 integers, vectors, names and sections (specification, chapter 5).

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -0x40 || rest > 0x3f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

/** An opcode as the tables write it: one byte, or a prefix byte and twelve bits, `0xfd_0e4`. */
export function opcodeBytes(opcode: number): number[] {
  return opcode < 0x100 ? [opcode] : [opcode >> 12, ...unsigned(opcode & 0xfff)];
}

const encoder = new TextEncoder();

export const name = (text: string): number[] => bytesOf([...encoder.encode(text)]);

/** Bytes after their length. */
export const bytesOf = (bytes: readonly number[]): number[] => unsigned(bytes.length).concat(bytes);

/** Items after their count. */
export const vector = (items: readonly (readonly number[])[]): number[] =>
  unsigned(items.length).concat(...items);

/** A section, or nothing when it would hold no items. */
export const section = (id: number, items: readonly (readonly number[])[]): number[] =>
  items.length === 0 ? [] : [id, ...bytesOf(vector(items))];

/** Bytes in a row, with room to grow: function bodies are long. */
export class ByteRow {
  #buffer = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  push(byte: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = byte;
  }

  append(bytes: ArrayLike<number>): void {
    if (bytes.length === 1) {
      this.push(bytes[0]);
      return;
    }
    if (this.#length + bytes.length > this.#buffer.length) this.#grow(bytes.length);
    const buffer = this.#buffer;
    let at = this.#length;
    for (let i = 0; i < bytes.length; i++) buffer[at++] = bytes[i];
    this.#length = at;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length + more));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
