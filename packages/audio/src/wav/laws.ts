// The two companding laws of telephony: 8 bits for a sample, finer near silence. Source: ITU-T G.711.
// Values are 16-bit samples; decoding gives the middle of each interval.

/** Added to the 14 bits of a µ-law sample, so that each segment is twice the one before. */
const bias = 33;
const loudest = 8191 - bias;

/** The µ-law byte of a 16-bit sample, of which its upper 14 bits count. */
export function toMuLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample >> 2), loudest) + bias;
  const segment = 26 - Math.clz32(magnitude);
  const step = (magnitude >> (segment + 1)) & 15;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

/** The 16-bit sample of a µ-law byte. */
export function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = 4 * (((2 * (bits & 15) + bias) << ((bits >> 4) & 7)) - bias);
  return bits & 0x80 ? 0 - magnitude : magnitude;
}

/** The A-law byte of a 16-bit sample, of which its upper 13 bits count; negative ones from −1. */
export function toALaw(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 3;
  const segment = magnitude < 32 ? 0 : 31 - Math.clz32(magnitude) - 4;
  const step = (magnitude >> Math.max(1, segment)) & 15;
  return ((segment << 4) | step) ^ (sample < 0 ? 0x55 : 0xd5);
}

/** The 16-bit sample of an A-law byte. */
export function fromALaw(byte: number): number {
  const bits = byte ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : 0 - magnitude;
}
