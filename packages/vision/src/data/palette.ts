// The palette of an indexed PNG, whose places are classes in pictures of them: decoders give colours instead. Chunks PLTE and IHDR
// of the PNG specification (W3C, third edition).

/** The colours as red · 65536 + green · 256 + blue; null for a file that is no indexed PNG. */
export function readPalette(bytes: Uint8Array): number[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = bytes.length > 33 && view.getUint32(0) === 0x89504e47;
  if (!isPng || bytes[25] !== 3) return null;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) !== 0x504c5445) continue;
    const colours = bytes.subarray(at + 8, Math.min(at + 8 + view.getUint32(at), bytes.length));
    return Array.from({ length: Math.floor(colours.length / 3) }, (_, i) => {
      const [red, green, blue] = colours.subarray(3 * i, 3 * i + 3);
      return (red << 16) | (green << 8) | blue;
    });
  }
  return null;
}
