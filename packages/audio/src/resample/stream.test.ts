import { Tensor, UnsupportedError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { noise } from '../../test/noise.ts';
import { resample } from './resample.ts';
import { resamplingOf } from './sinc.ts';
import { ResampleStream, resampledRows } from './stream.ts';

const values = (size: number): Float32Array => noise([size], 5).data as Float32Array; // of noise

function inPieces(samples: Float32Array, pieces: readonly number[], stream: ResampleStream): number[] {
  const out: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    out.push(...stream.push(samples.subarray(at, at + piece)));
    at += piece;
  }
  return [...out, ...stream.push(samples.subarray(at)), ...stream.flush()];
}

describe('a stream of samples', () => {
  it.each([
    [3, 2, [1, 1, 50, 0, 7]],
    [2, 3, [100]],
    [48000, 16000, [128, 128, 128]],
    [16000, 44100, [40, 1, 1, 1]],
    [4999, 5003, [33, 20]],
    [44100, 8000, []],
  ])('from %i to %i comes out as the whole does, in any pieces', (from, to, pieces) => {
    const samples = values(400);
    const whole = resample(new Tensor(samples, [400]), from, to);
    const streamed = inPieces(samples, pieces, new ResampleStream(resamplingOf(from, to, {})));
    expect(streamed).toHaveLength(whole.size);
    streamed.forEach((v, i) => {
      expect(Math.abs(v - whole.data[i])).toBeLessThan(1e-6);
    });
    const twice = new Tensor(Float32Array.of(...samples, ...samples), [2, 400]);
    expect([...streamed, ...streamed]).toEqual([...resampledRows(twice, from, to).data]);
  });

  it('holds back only what later samples change, and forgets what none needs', () => {
    const resampling = resamplingOf(48000, 16000, {});
    const stream = new ResampleStream(resampling);
    let count = 0;
    for (let i = 0; i < 100; i++) count += stream.push(values(480)).length;
    expect(count).toBe(Math.floor((48000 - resampling.width) / 3));
    expect(JSON.stringify(stream)).toBe('{}');
  });
});

describe('resample', () => {
  it('keeps a tone below half the lower rate, and loses one above', () => {
    const tone = (hertz: number) =>
      new Tensor(
        Float32Array.from({ length: 8000 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 8000)),
        [8000],
      );
    const loudness = (x: Tensor) => Math.max(...x.data.slice(500, 3500).map(Math.abs));
    expect(loudness(resample(tone(440), 8000, 4000))).toBeCloseTo(1, 2);
    expect(loudness(resample(tone(3000), 8000, 4000))).toBeLessThan(0.01);
  });

  it('gives the sound itself at the same rate, and nothing of nothing', () => {
    const x = noise([2, 10]);
    expect(resample(x, 8000, 8000)).toBe(x);
    expect(resample(new Tensor(new Float32Array(0), [2, 0]), 3, 2).shape).toEqual([2, 0]);
  });

  it('refuses a gradient where it sums values one by one', () => {
    const x = new Tensor(values(20), [20], true);
    expect(() => resample(x, 44101, 44100)).toThrow(UnsupportedError);
    expect(() => resample(x, 44101, 44100)).toThrow('from 44101 to 44100 no gradient is computed');
    expect(resample(x.detach(), 44101, 44100).shape).toEqual([20]);
  });
});
