// What this package uses of sharp, which decodes and encodes files in Node where it is installed. Pages decode by themselves
// (page.ts), and bundlers leave sharp out of them (`browser` in package.json).

import { DeviceError } from 'neocog';
import { reasonOf } from 'neocog/folders';

/** Of a file, before it is decoded. */
export interface Found {
  readonly space?: string;
  readonly depth?: string;
  readonly hasAlpha?: boolean;
  readonly pages?: number;
}

interface Raw {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/** A picture on its way in or out. */
export interface Codec {
  metadata(): Promise<Found>;
  autoOrient(): Codec;
  toColourspace(space: string): Codec;
  raw(options: { depth: 'uchar' | 'ushort' }): Codec;
  png(options: { compressionLevel: number }): Codec;
  jpeg(options: { quality: number; chromaSubsampling: string }): Codec;
  webp(options: { quality: number; lossless: boolean; exact: boolean }): Codec;
  avif(options: { quality: number; lossless: boolean }): Codec;
  tiff(options: { compression: string }): Codec;
  toBuffer(): Promise<Uint8Array>;
  toBuffer(options: { resolveWithObject: true }): Promise<Raw>;
}

interface OpenOptions {
  readonly page?: number;
  readonly raw?: { readonly width: number; readonly height: number; readonly channels: number };
  readonly limitInputPixels?: false;
}

/** Opens the bytes of a file, or raw values. */
export type OpenCodec = (bytes: Uint8Array | Uint8ClampedArray | Uint16Array, options: OpenOptions) => Codec;

/** @throws DeviceError where sharp is not installed. */
export async function loadCodec(fn: string): Promise<OpenCodec> {
  try {
    const open = (await import('sharp')).default;
    // Bundles for pages have nothing in its place. Its types are not taken: see sharp.d.ts.
    if (typeof open === 'function') return open as OpenCodec;
    throw new Error('this bundle is for pages');
  } catch (error) {
    throw new DeviceError(
      `${fn}: files of pictures need the package sharp in Node (${reasonOf(error)}); npm install sharp`,
      { cause: error },
    );
  }
}
