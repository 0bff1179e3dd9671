// Spectra and windows against PyTorch and torchaudio in double precision; the fixtures say how they were made.

import { readFileSync } from 'node:fs';
import type { Tensor } from 'neocog';
import { describe, expect, it } from 'vitest';
import { noise } from '../../test/noise.ts';
import * as audio from '../index.ts';

interface Case {
  readonly fn: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly input: readonly number[];
  readonly seed: number;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const file = new URL('../../fixtures/spectra.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[]; // as spectra.py writes it

function resultOf({ fn, options, input, seed }: Case): Tensor {
  const call = audio[fn as keyof typeof audio] as (...args: unknown[]) => Tensor; // by its name in the fixture
  if (fn.endsWith('Window')) return call(input[0], options);
  if (fn === 'melFilters') return call(options);
  const x = noise(input, seed);
  const { from, to, sampleRate, steps, factor, ...rest } = options;
  if (fn === 'resample') return call(x, from, to, rest);
  if (fn === 'timeStretch') return call(x, factor, rest);
  return fn === 'pitchShift' ? call(x, sampleRate, steps, rest) : call(x, options);
}

/** Of float32, relative to the largest value. */
const epsilon = 2e-6;

describe('values of PyTorch and torchaudio', () => {
  it.each(cases.map((each) => [`${each.fn} [${each.input}] ${JSON.stringify(each.options)}`, each] as const))(
    '%s',
    (_, each) => {
      const result = resultOf(each);
      expect(result.shape).toEqual(each.shape);
      const largest = each.values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
      const off = each.values.map((v, i) => Math.abs(v - result.data[i]) / largest);
      expect(Math.max(...off)).toBeLessThan(epsilon);
    },
  );
});
