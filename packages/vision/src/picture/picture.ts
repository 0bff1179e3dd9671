// What every source of pixels becomes on its way to a tensor, and a tensor on its way back: values of 0 to 255 row by row, all
// of a pixel together. Colours are sRGB as stored, without conversion to light.

/** Pixels in memory. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Grey, grey and opacity, red green blue, or these and opacity. Opacity is not multiplied into the colours. */
  readonly channels: Channels;
  /** Row by row, a pixel's values together, from 0 to 255; floats where the source has more than 8 bits. */
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
}

/** A picture of 8 bits a value. */
export interface BytePicture extends Picture {
  readonly data: Uint8Array | Uint8ClampedArray;
}

export type Channels = 1 | 2 | 3 | 4;

/** Whether a pixel's last value is its opacity. */
export const hasAlpha = ({ channels }: { readonly channels: Channels }): boolean => channels % 2 === 0;

/** An array of the same kind, for a picture of another size or other channels. */
export const dataLike = ({ data }: Picture, length: number): Picture['data'] =>
  data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
