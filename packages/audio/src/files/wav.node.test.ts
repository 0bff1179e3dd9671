// WAV files of every kind as sox and SciPy write and read them (fixtures/wav.py), damaged ones, and back.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FormatError, NeocogError, ShapeError, tensor, UnsupportedError } from 'neocog';
import { afterAll, describe, expect, it } from 'vitest';
import { encodings, type WavEncoding } from '../wav/encodings.ts';
import { readWav, wavBytes, writeWav } from './wav.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/wav/', import.meta.url));
const file = (name: string): string => join(fixtures, name);
const expected = JSON.parse(readFileSync(file('expected.json'), 'utf8')) as Record<
  string,
  { readonly shape: number[]; readonly values: number[] }
>;
const folder = mkdtempSync(join(tmpdir(), 'neocog-wav-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with some bytes replaced. */
function spoiled(name: string, at: number, bytes: readonly number[]): Uint8Array {
  const whole = Uint8Array.from(readFileSync(file(name)));
  whole.set(bytes, at);
  return whole;
}

describe('readWav', () => {
  it.each(Object.keys(expected))('%s holds what sox finds', async (name) => {
    const { sound, sampleRate } = await readWav(file(name));
    expect(sampleRate).toBe(8000);
    expect(sound.shape).toEqual(expected[name].shape);
    expect([...sound.data]).toEqual(expected[name].values.map(Math.fround));
  });

  it('takes bytes, a Blob, a File and URLs', async () => {
    const bytes = readFileSync(file('s16.wav'));
    const plain = await readWav(file('s16.wav'));
    const copy = Uint8Array.from(bytes);
    const text = `data:audio/wav;base64,${bytes.toString('base64')}`;
    for (const source of [bytes, copy.buffer, new Blob([bytes]), pathToFileURL(file('s16.wav')), text])
      expect((await readWav(source)).sound.data).toEqual(plain.sound.data);
    await expect(readWav(new File(['no'], 'word.wav'))).rejects.toThrow('word.wav is no WAV file');
  });

  it('passes over half a frame at the end of a pipe', async () => {
    const bytes = Uint8Array.from(readFileSync(file('pipe.wav')));
    const { sound } = await readWav(bytes.subarray(0, bytes.length - 1));
    expect(sound.shape).toEqual([1, 36]);
  });

  const pcm = readFileSync(file('s16.wav'));
  it.each<[string, Uint8Array | string, string, typeof NeocogError]>([
    ['no file', file('absent.wav'), 'there is no such file', NeocogError],
    ['a folder', fixtures, 'it is a folder, pass a file', NeocogError],
    ['nothing', new Uint8Array(0), "is no WAV file: it begins with ''", FormatError],
    ['a script', file('../wav.py'), "is no WAV file: it begins with '# Wr'", FormatError],
    ['AVI', spoiled('s16.wav', 8, [65, 86, 73, 32]), 'is no WAV file', FormatError],
    ['big-endian', spoiled('s16.wav', 3, [88]), 'is a big-endian RIFX file; convert it', UnsupportedError],
    ['half a header', pcm.subarray(0, 30), "states 16 bytes of 'fmt ' where 10 are left", FormatError],
    ['no samples', pcm.subarray(0, 36), "there is no chunk 'data'", FormatError],
    [
      'a cut',
      pcm.subarray(0, 60),
      "states 74 bytes of 'data' where 16 are left; it was cut off",
      FormatError,
    ],
    [
      'an interrupted recording',
      spoiled('s16.wav', 40, [0, 0, 0, 0]),
      'the recording was interrupted',
      FormatError,
    ],
    [
      'samples first',
      spoiled('s16.wav', 12, [100, 97, 116, 97]),
      'no format before its samples',
      FormatError,
    ],
    ['half a sample', spoiled('s16.wav', 40, [73]), 'no multiple of 2 bytes', FormatError],
    ['no channels', spoiled('s16.wav', 22, [0]), 'states 0 channels at 8000 Hz', FormatError],
    ['no rate', spoiled('s16.wav', 24, [0, 0]), 'states 1 channels at 0 Hz', FormatError],
    [
      'a wrong block',
      spoiled('s16.wav', 32, [3]),
      'states 3 bytes for 1 channels of 16 bits, 2 are needed',
      FormatError,
    ],
    [
      '64-bit whole numbers',
      spoiled('s16.wav', 34, [64]),
      'states samples of 64 bits, which format 1 does not have',
      FormatError,
    ],
    ['0 bits', spoiled('s16.wav', 34, [0]), 'states samples of 0 bits', FormatError],
    ['16-bit floats', spoiled('s16.wav', 20, [3]), 'states samples of 16 bits, which format 3', FormatError],
    ['MP3', spoiled('s16.wav', 20, [0x55]), 'holds MP3, which is not read; convert it', UnsupportedError],
    ['an unknown codec', spoiled('s16.wav', 20, [0x99]), 'holds format 0x99', UnsupportedError],
    ['an own GUID', spoiled('s24.wav', 46, [1]), 'by a GUID of its own', UnsupportedError],
    [
      'a short extensible format',
      spoiled('s16.wav', 20, [0xfe, 0xff]),
      'of 16 bytes, 40 are needed',
      FormatError,
    ],
  ])('%s is refused', async (_, source, message, kind) => {
    const attempt = readWav(source);
    await expect(attempt).rejects.toThrow(kind);
    await expect(attempt).rejects.toThrow(message);
  });

  it('believes no length that the file does not have', async () => {
    const bytes = spoiled('rf64.wav', 28, [0, 0, 0, 0, 0, 0, 16, 0]);
    await expect(readWav(bytes)).rejects.toThrow("states 4503599627370496 bytes of 'data'");
    const many = spoiled('empty.wav', 22, [0xff, 0x7f, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, 0xfe, 0xff]);
    expect((await readWav(many)).sound.shape).toEqual([32767, 0]);
  });

  it('gives a NeocogError, or a sound, for any damage', async () => {
    for (const name of readdirSync(fixtures).filter((each) => /^(s24|rf64|odd|mu)/.test(each))) {
      const whole = readFileSync(file(name));
      for (let at = 0; at < Math.min(whole.length, 130); at++) {
        for (const byte of [0, 1, 0x7f, 0xff]) {
          const result = await readWav(spoiled(name, at, [byte])).catch((error: unknown) => error);
          if (result instanceof Error) expect(result).toBeInstanceOf(NeocogError);
        }
        await readWav(whole.subarray(0, at)).catch((error) => expect(error).toBeInstanceOf(NeocogError));
      }
    }
  });
});

describe('writeWav', () => {
  const sameBytes: [name: string, encoding: WavEncoding][] = [
    ['u8', 'uint8'],
    ['s16', 'int16'],
    ['s24', 'int24'],
    ['f32', 'float32'],
    ['scipy-stereo', 'int16'],
    ['six-s24', 'int24'],
    ['a-law', 'aLaw'],
    ['mu-law', 'muLaw'],
  ];

  it.each(sameBytes)('%s comes back from its samples', async (name, encoding) => {
    const original = await readWav(file(`${name}.wav`));
    const bytes = wavBytes(original, { encoding });
    // Samples as bytes: whatever header sox writes.
    const samples = (of: Uint8Array): Uint8Array => {
      const at = Buffer.from(of).indexOf('data');
      return Uint8Array.from(of.subarray(at + 4));
    };
    expect(samples(bytes)).toEqual(samples(readFileSync(file(`${name}.wav`))));
    expect(bytes.length % 2).toBe(0);
  });

  it.each(Object.keys(encodings) as WavEncoding[])(
    '%s of three channels is read as it was',
    async (encoding) => {
      const values = [0, 0.25, -0.25, 0.5, -1, 0.125, -0.125, 0.75, 0];
      const sound = tensor(values, [3, 3]);
      const path = join(folder, `${encoding}.wav`);
      await writeWav(path, { sound, sampleRate: 44100 }, { encoding });
      const back = await readWav(path);
      expect(back.sampleRate).toBe(44100);
      const tolerance = encoding.endsWith('Law') ? 0.02 : 0;
      back.sound.data.forEach((v, i) => {
        expect(Math.abs(v - values[i])).toBeLessThanOrEqual(tolerance);
      });
    },
  );

  it('cuts what is too loud, but not floats', async () => {
    const sound = tensor([[1, -1, 2, -2, Number.POSITIVE_INFINITY]]);
    const cut = await readWav(wavBytes({ sound, sampleRate: 8000 }));
    expect([...cut.sound.data]).toEqual([32767 / 32768, -1, 32767 / 32768, -1, 32767 / 32768]);
    const kept = await readWav(wavBytes({ sound, sampleRate: 8000 }, { encoding: 'float32' }));
    expect([...kept.sound.data]).toEqual([...sound.data]);
  });

  it('leaves what was there where it fails, and nothing beside it', async () => {
    const path = join(folder, 'kept.wav');
    writeFileSync(path, 'before');
    const wrong = { sound: tensor([[Number.NaN]]), sampleRate: 8000 };
    await expect(writeWav(path, wrong)).rejects.toThrow('sample 0 of channel 0 is NaN');
    expect(readFileSync(path, 'utf8')).toBe('before');
    await writeWav(path, wrong, { encoding: 'float64' });
    await expect(writeWav(join(folder, 'absent', 'a.wav'), wrong, { encoding: 'float32' })).rejects.toThrow(
      'there is no such file or folder',
    );
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('writes nothing but .wav', async () => {
    const sample = { sound: tensor([[0]]), sampleRate: 8000 };
    await expect(writeWav('text', sample)).rejects.toThrow("path is 'text'; give a path that ends in .wav");
    await expect(writeWav(3 as never, sample)).rejects.toThrow('writeWav: path is 3; give a path');
    await writeWav(pathToFileURL(join(folder, 'a b.WAV')), sample);
    expect(readdirSync(folder)).toContain('a b.WAV');
  });

  it('refuses what is no sound', () => {
    const sound = tensor([[0]]);
    const refused = (sample: unknown, message: string) => {
      expect(() => wavBytes(sample as never)).toThrow(ShapeError);
      expect(() => wavBytes(sample as never)).toThrow(message);
    };
    refused(sound, 'wavBytes: sound is Tensor float32 [1,1]; give a sound { sound, sampleRate }');
    refused({ sound: tensor([0]), sampleRate: 8000 }, 'a float32 Tensor [channels, samples]');
    refused({ sound, sampleRate: 0 }, 'sampleRate is 0; give a whole number');
    refused({ sound: tensor([], [0, 4]), sampleRate: 8000 }, 'the sound has 0 channels; give 1 to 32767');
  });
});
