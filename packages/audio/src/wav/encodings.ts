// How samples stand in a file, one row each, both ways: bytes are numbers from −1 to 1 times a power of two.

import { fromALaw, fromMuLaw, toALaw, toMuLaw } from './laws.ts';

/** How a sample is kept, and how it is read and written. */
export interface Encoding {
  /** The format's number in the header. */
  readonly tag: number;
  readonly bits: number;
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

/** `value` from −1 to below 1 as a whole number of so many bits; what is louder is cut. */
const quantised = (value: number, scale: number): number =>
  Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));

const sixteen = (value: number): number => quantised(value, 0x8000);

function writeInt24(view: DataView, at: number, value: number): void {
  const whole = quantised(value, 0x800000);
  view.setUint16(at, whole & 0xffff, true);
  view.setInt8(at + 2, whole >> 16);
}

/** The number of each way to keep samples, as a header states it. */
export const tags = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe } as const;

/** How samples are kept in a WAV file. */
export type WavEncoding = 'uint8' | 'int16' | 'int24' | 'int32' | 'float32' | 'float64' | 'aLaw' | 'muLaw';

/** By the names that `writeWav` takes. */
export const encodings: Readonly<Record<WavEncoding, Encoding>> = {
  uint8: {
    tag: tags.pcm,
    bits: 8,
    read: (view, at) => (view.getUint8(at) - 128) / 128,
    write: (view, at, value) => view.setUint8(at, quantised(value, 128) + 128),
  },
  int16: {
    tag: tags.pcm,
    bits: 16,
    read: (view, at) => view.getInt16(at, true) / 0x8000,
    write: (view, at, value) => view.setInt16(at, sixteen(value), true),
  },
  int24: {
    tag: tags.pcm,
    bits: 24,
    read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 0x10000) / 0x800000,
    write: writeInt24,
  },
  int32: {
    tag: tags.pcm,
    bits: 32,
    read: (view, at) => view.getInt32(at, true) / 0x80000000,
    write: (view, at, value) => view.setInt32(at, quantised(value, 0x80000000), true),
  },
  float32: {
    tag: tags.float,
    bits: 32,
    read: (view, at) => view.getFloat32(at, true),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  float64: {
    tag: tags.float,
    bits: 64,
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
  aLaw: {
    tag: tags.aLaw,
    bits: 8,
    read: (view, at) => fromALaw(view.getUint8(at)) / 0x8000,
    write: (view, at, value) => view.setUint8(at, toALaw(sixteen(value))),
  },
  muLaw: {
    tag: tags.muLaw,
    bits: 8,
    read: (view, at) => fromMuLaw(view.getUint8(at)) / 0x8000,
    write: (view, at, value) => view.setUint8(at, toMuLaw(sixteen(value))),
  },
};

/** The one of this number and width; samples of a width between are kept in the next one, in its upper bits. */
export function encodingOf(tag: number, bits: number): Encoding | undefined {
  const width = tag === tags.pcm ? 8 * Math.ceil(bits / 8) : bits;
  return Object.values(encodings).find((each) => each.tag === tag && each.bits === width);
}
