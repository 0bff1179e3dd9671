// What is known of algorithms, as data: kept, read back, and left out where it does not count.

import { describe, expect, it } from 'vitest';
import { version } from '../version.ts';
import { aTune, type Choices, Measured } from './tuning.ts';

const choices: Choices = {
  format: 'neocog choices',
  version,
  milliseconds: { layer: { direct: 2, fast: 1.5 } },
};

describe('what is measured', () => {
  it('is found again, and given as choices, wrong algorithms as null', () => {
    const measured = new Measured({ known: choices });
    measured.record('other', 'direct', { milliseconds: 0.123456 });
    measured.record('other', 'wrong', { refusal: 'gave 1' });
    expect(measured.of('other', 'direct')).toEqual({ milliseconds: 0.1235 });
    expect(measured.of('layer', 'fast')).toEqual({ milliseconds: 1.5 });
    expect([measured.of('layer', 'slow'), measured.of('nothing', 'fast')]).toEqual([null, null]);
    const all = measured.choices();
    expect(all).toEqual({
      ...choices,
      milliseconds: { ...choices.milliseconds, other: { direct: 0.1235, wrong: null } },
    });
    const again = new Measured(JSON.parse(JSON.stringify(all)));
    expect(again.choices()).toEqual(all);
    expect(again.of('other', 'wrong')).toEqual({
      refusal: 'gave wrong results when the choices were measured',
    });
  });

  it('may grow by timing, unless choices are to do', () => {
    expect(
      [true as const, {}, { known: choices }, choices].map((tune) => new Measured(tune).mayTime),
    ).toEqual([true, true, true, false]);
  });

  it('does not count where another version measured', () => {
    const measured = new Measured({ ...choices, version: '0.0.1' });
    expect(measured.of('layer', 'fast')).toBeNull();
    expect(measured.note(new Set())).toBe(
      `the choices are of version 0.0.1 and left out: this is ${version}`,
    );
  });

  it('may be of algorithms that there are not', () => {
    const measured = new Measured(choices);
    expect(measured.note(new Set(['direct', 'fast']))).toBeNull();
    expect(measured.note(new Set(['direct']))).toBe(
      'the choices have 1 time of algorithms that there are not, such as fast',
    );
  });
});

describe('the option', () => {
  it('takes choices and how to measure, and nothing else', () => {
    const right = [true, false, choices, {}, { known: choices }, { onProgress: () => {}, known: undefined }];
    const wrong = [
      'choices.json',
      { ...choices, format: 'other' },
      { ...choices, version: 1 },
      { ...choices, milliseconds: { layer: { direct: 0 } } },
      { ...choices, milliseconds: { layer: 2 } },
      { known: true },
      { onProgress: 'yes' },
      { knwon: choices },
      null,
    ];
    expect([right, wrong].map((values) => values.map((value) => aTune.ok(value)))).toEqual([
      right.map(() => true),
      wrong.map(() => false),
    ]);
  });
});
