// Reads event files of TensorBoard on its own: checksums bit by bit, messages by their wire format. The judge of events.ts.

/** A record of a file. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version: string | null;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Division of polynomials, a bit at a time, by 0x11EDC6F41 with bits reversed. */
export function slowCrc32c(bytes: Uint8Array): number {
  let rest = 0xffffffffn;
  for (const byte of bytes) {
    rest ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) rest = rest & 1n ? (rest >> 1n) ^ 0x82f63b78n : rest >> 1n;
  }
  return Number(rest ^ 0xffffffffn);
}

function unmask(masked: number): number {
  const rotated = (BigInt(masked) - 0xa282ead8n) & 0xffffffffn;
  return Number(((rotated << 15n) | (rotated >> 17n)) & 0xffffffffn);
}

/** @throws Error for a record whose checksum is wrong */
export function readRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + size);
    const sums = [unmask(view.getUint32(at + 8, true)), unmask(view.getUint32(at + 12 + size, true))];
    if (sums[0] !== slowCrc32c(bytes.subarray(at, at + 8)) || sums[1] !== slowCrc32c(data))
      throw new Error(`a checksum is wrong at byte ${at}`);
    records.push(data);
    at += 16 + size;
  }
  return records;
}

type Value = number | Uint8Array;

/** The fields of a message by number. */
function fieldsOf(message: Uint8Array): Map<number, Value[]> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const readers: Record<number, () => Value> = {
    0: varint,
    1: () => {
      at += 8;
      return view.getFloat64(at - 8, true);
    },
    2: () => {
      const size = varint();
      at += size;
      return message.subarray(at - size, at);
    },
    5: () => {
      at += 4;
      return view.getFloat32(at - 4, true);
    },
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), readers[tag % 8]()]);
  }
  return fields;
}

const textOf = (value: Value | undefined): string => new TextDecoder().decode(value as Uint8Array);

export function readEvents(bytes: Uint8Array): ReadEvent[] {
  return readRecords(bytes).map((record) => {
    const fields = fieldsOf(record);
    const [summary] = fields.get(5) ?? [];
    const values = summary ? (fieldsOf(summary as Uint8Array).get(1) ?? []) : [];
    const scalars = values.map((value) => {
      const parts = fieldsOf(value as Uint8Array);
      return [textOf(parts.get(1)?.[0]), parts.get(2)?.[0] as number];
    });
    const version = fields.get(3)?.[0];
    return {
      wallTime: fields.get(1)?.[0] as number,
      step: (fields.get(2)?.[0] ?? 0) as number,
      version: version === undefined ? null : textOf(version),
      scalars: Object.fromEntries(scalars),
    };
  });
}
