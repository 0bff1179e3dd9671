// Filters in a row: what they are, how an address writes them, and what their settings may be. Pure.

import { filters } from 'neocog';
import type { QueryField } from '../../shell/query.ts';

export type Settings = Readonly<Record<string, number | string>>;

/** A filter of the library by its name and the settings that differ from its defaults, or `own` with a matrix. */
export interface Step {
  readonly name: string;
  readonly settings: Settings;
  /** Rows of the visitor's own matrix. */
  readonly rows?: readonly (readonly number[])[];
}

export const own = 'own';
/** More in a row change little, and take their time. */
export const mostSteps = 6;
export const mostSide = 9;

/** What a setting may be: along a line, or one of some. */
export type Control =
  | { readonly least: number; readonly most: number; readonly step: number; readonly unit: string }
  | { readonly choices: readonly (string | number)[] };

const degrees = { least: -180, most: 180, step: 1, unit: '°' };
const controls: Readonly<Record<string, Control>> = {
  sigma: { least: 0.3, most: 12, step: 0.1, unit: ' px' },
  size: { least: 1, most: 31, step: 1, unit: ' px' },
  length: { least: 1, most: 41, step: 1, unit: ' px' },
  amount: { least: 0, most: 5, step: 0.1, unit: '' },
  wavelength: { least: 2, most: 40, step: 0.5, unit: ' px' },
  aspect: { least: 0.1, most: 2, step: 0.05, unit: '' },
  angle: degrees,
  phase: degrees,
  direction: { choices: ['magnitude', 'x', 'y'] },
  neighbours: { choices: [4, 8] },
};

export interface Knob {
  readonly name: string;
  readonly initial: number | string;
  readonly control: Control;
}

export const filterOf = (name: string): filters.Filter | undefined =>
  filters.catalogue.find((filter) => filter.name === name);

/** The settings that can be turned. One that follows another by itself stays so. */
export function knobsOf(name: string): Knob[] {
  return (filterOf(name)?.settings ?? []).flatMap(({ name: setting, default: initial }) => {
    const control = controls[setting];
    return control && !String(initial).startsWith('from ') ? [{ name: setting, initial, control }] : [];
  });
}

/** The matrices that pass over the picture. */
export const passesOf = ({ name, settings, rows }: Step): readonly (readonly (readonly number[])[])[] =>
  rows ? [rows] : (filterOf(name)?.passes(settings as filters.FilterSettings) ?? []);

/** A step whose numbers can be changed, from the matrix of another where that is one matrix that is small enough. */
export function ownStep(from?: Step): Step {
  const passes = from ? passesOf(from) : [];
  const [first, second] = passes;
  const isSeparable = second !== undefined && first?.length === 1 && second[0]?.length === 1;
  const rows =
    first && isSeparable
      ? second.map(([v = 0]) => first[0]!.map((w) => v * w))
      : passes.length === 1
        ? first
        : undefined;
  const fits = rows && rows.length <= mostSide && (rows[0]?.length ?? 0) <= mostSide;
  return { name: own, settings: {}, rows: fits ? rows.map((row) => row.map(tidy)) : identity };
}

const identity = [
  [0, 0, 0],
  [0, 1, 0],
  [0, 0, 0],
];
const tidy = (value: number): number => Number(value.toPrecision(4));

/** The rows with another side: cut or filled with zeros around the middle. */
export function withSide(rows: readonly (readonly number[])[], side: number): number[][] {
  const [down, across] = [rows.length, rows[0]?.length ?? 0].map(
    (old) => Math.floor((old - 1) / 2) - Math.floor((side - 1) / 2),
  );
  return Array.from({ length: side }, (_, r) =>
    Array.from({ length: side }, (_, c) => rows[r + down!]?.[c + across!] ?? 0),
  );
}

/** `sobel:direction_x,own:3_0_-1_0_…`, an own matrix with its number of columns first. */
export const chainField: QueryField<readonly Step[]> = {
  initial: [{ name: 'sobel', settings: {} }],
  read(text) {
    if (text === '') return [];
    const steps = text.split(',').map(readStep);
    return steps.length <= mostSteps && !steps.includes(undefined) ? (steps as Step[]) : undefined;
  },
  write: (steps) => steps.map(writeStep).join(','),
};

function writeStep({ name, settings, rows }: Step): string {
  if (rows) return `${own}:${[rows[0]?.length ?? 0, ...rows.flat()].join('_')}`;
  const parts = Object.entries(settings).map(([setting, value]) => `${setting}_${value}`);
  return [name, ...parts].join(':');
}

function readStep(text: string): Step | undefined {
  const [name = '', ...parts] = text.split(':');
  if (name === own) return readOwn(parts[0] ?? '');
  const knobs = filterOf(name) && knobsOf(name);
  if (!knobs) return undefined;
  const entries = parts.map((part) => {
    const [setting = '', value = ''] = part.split('_');
    const knob = knobs.find((each) => each.name === setting);
    return knob && readValue(knob.control, value);
  });
  if (entries.includes(undefined)) return undefined;
  const names = parts.map((part) => part.split('_')[0] ?? '');
  return { name, settings: Object.fromEntries(names.map((key, i) => [key, entries[i]!])) };
}

function readValue(control: Control, text: string): number | string | undefined {
  if ('choices' in control) return control.choices.find((choice) => String(choice) === text);
  const value = text === '' ? Number.NaN : Number(text);
  return value >= control.least && value <= control.most ? value : undefined;
}

function readOwn(text: string): Step | undefined {
  const [columns = 0, ...values] = text.split('_').map((part) => (part === '' ? Number.NaN : Number(part)));
  const rows = values.length / columns;
  const fits = [columns, rows].every((side) => Number.isInteger(side) && side >= 1 && side <= mostSide);
  if (!fits || !values.every(Number.isFinite)) return undefined;
  return {
    name: own,
    settings: {},
    rows: Array.from({ length: rows }, (_, r) => values.slice(r * columns, (r + 1) * columns)),
  };
}

/** How values become colours: as they are, their size, or with 0 in the middle. */
export type Tone = 'value' | 'magnitude' | 'signed';

/** What suits the last filter: answers of both signs are shown by their size. */
export function usualTone(chain: readonly Step[]): Tone {
  const last = chain.at(-1);
  if (!last) return 'value';
  const sum = passesOf(last).reduce((product, rows) => product * rows.flat().reduce((a, b) => a + b, 0), 1);
  return Math.abs(sum) < 0.01 ? 'magnitude' : 'value';
}
