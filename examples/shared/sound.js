// Sound files as samples between −1 and 1: WAV of 16 bits or of floats, and Ogg Vorbis through an npm package.

// @ts-nocheck: the decoder is there after `npm install` in examples/ only, for which reason it is also imported late.

import { readFileSync } from 'node:fs';

/**
 * All channels averaged, at `rate` samples a second.
 *
 * @param {string} path
 * @param {number} rate
 * @returns {Promise<Float32Array>}
 */
export async function readSound(path, rate) {
  const bytes = readFileSync(path);
  const { channels, rate: from } =
    bytes.toString('latin1', 0, 4) === 'OggS' ? await readOgg(bytes) : readWav(bytes);
  const mono = channels[0].map((_, i) => channels.reduce((sum, each) => sum + each[i], 0) / channels.length);
  return resample(mono, from / rate);
}

/**
 * One sample for every `step` of them: a mean where several fall on one, so that high tones do not turn into others, and a
 * line between neighbours otherwise.
 *
 * @param {Float32Array} samples
 * @param {number} step
 */
export function resample(samples, step) {
  if (step === 1) return samples;
  const at = (/** @type {number} */ t) => {
    const i = Math.min(samples.length - 1, Math.floor(t));
    const next = samples[Math.min(samples.length - 1, i + 1)];
    return samples[i] + (t - i) * (next - samples[i]);
  };
  const taps = Math.max(1, Math.round(step) * 2);
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += at((i + (k + 0.5) / taps) * step);
    return sum / taps;
  });
}

/** @param {Uint8Array} bytes */
async function readOgg(bytes) {
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const { channelData, sampleRate } = await decoder.decodeFile(bytes);
  decoder.free();
  return { channels: channelData, rate: sampleRate };
}

/** RIFF: a head that says how samples are kept, and blocks of which one holds them. @param {Buffer} bytes */
function readWav(bytes) {
  const blocks = new Map();
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    blocks.set(bytes.toString('latin1', at, at + 4), bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  const [format, data] = [blocks.get('fmt '), blocks.get('data')];
  if (!format || !data) throw new Error('this is no WAV file; 16-bit WAV and Ogg Vorbis are read');
  const [count, rate, bits] = [format.readUInt16LE(2), format.readUInt32LE(4), format.readUInt16LE(14)];
  const isFloat = format.readUInt16LE(0) === 3;
  if (bits !== (isFloat ? 32 : 16)) throw new Error(`WAV of ${bits} bits is not read; save it with 16`);
  const sample = (/** @type {number} */ i) =>
    isFloat ? data.readFloatLE(4 * i) : data.readInt16LE(2 * i) / 32768;
  const length = Math.floor(data.length / (bits / 8) / count);
  const channels = Array.from({ length: count }, (_, c) =>
    Float32Array.from({ length }, (_, i) => sample(i * count + c)),
  );
  return { channels, rate };
}
