// The answers of a batch as one file, in the order of its pictures: JSON lines, CSV, or an array of NumPy; or what it draws in a folder.

import { dirname, relative } from 'node:path';
import { saveNpz } from '@neocog/formats';
import { Tensor } from 'neocog';
import { CommandError } from '../files.ts';
import type { Known } from './network.ts';
import { joinPlace, needOneKind, wholePlace, writePlace } from './places.ts';

/** A picture and what is known of it. */
export interface Row {
  readonly file: string;
  readonly known: Known;
}

/** Ways to write results, by the ending of the file. */
const encoders = { jsonl: encodeLines, csv: encodeTable, npz: encodeArray };

export type Format = keyof typeof encoders | 'pictures';

/** @throws CommandError for a file of another kind */
export function resultFormat(path: string): Format {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  if (ending in encoders) return ending as Format;
  if (ending === '') return 'pictures';
  throw new CommandError(
    `cannot write results as ${path}; name a .jsonl, .csv or .npz file, or a folder for masks and pictures`,
  );
}

/** @param top of classes, how many are written to JSON lines */
export async function writeResults(output: string, rows: readonly Row[], top: number): Promise<void> {
  const format = resultFormat(output);
  if (format === 'pictures') await writePictures(output, rows);
  else await writePlace(output, encoders[format](rows, top));
}

/** Where what is drawn for each file goes: as files lie below the folder that holds all. @throws CommandError for two of one name */
export function placesOf(output: string, files: readonly string[]): string[] {
  needOneKind(files);
  const whole = files.map(wholePlace);
  let common = dirname(whole[0] ?? '');
  while (whole.some((file) => relative(common, file).startsWith('..'))) common = dirname(common);
  const places = whole.map((file) =>
    joinPlace(output, `${relative(common, file).replace(/\.[^.]*$/, '')}.png`),
  );
  const twice = places.findIndex((place, i) => places.indexOf(place) < i);
  if (twice < 0) return places;
  throw new CommandError(
    `two pictures would become ${places[twice]}, one of them ${files[twice]}; rename it`,
  );
}

async function writePictures(output: string, rows: readonly Row[]): Promise<void> {
  const places = placesOf(
    output,
    rows.map(({ file }) => file),
  );
  for (const [i, { known }] of rows.entries()) {
    if (!('picture' in known) || known.picture === undefined) continue;
    await writePlace(places[i] as string, Buffer.from(known.picture, 'base64'));
  }
}

function encodeLines(rows: readonly Row[], top: number): string {
  return rows
    .map(({ file, known }) => {
      const told = 'classes' in known ? { classes: known.classes.slice(0, top) } : known;
      return `${JSON.stringify({ file, ...told })}\n`;
    })
    .join('');
}

const cell = (value: string | number): string => {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The names of the values, or of the classes in alphabetical order: the same for all rows. */
function columnsOf(rows: readonly Row[]): string[] {
  for (const { known } of rows) {
    if ('classes' in known) return known.classes.map((answer) => answer.class).sort();
    if ('values' in known) return known.values.map((_, i) => `value${i}`);
  }
  return [];
}

function numbersOf(known: Known, columns: readonly string[]): readonly number[] | null {
  if ('values' in known) return known.values;
  if (!('classes' in known)) return null;
  const shares = new Map(known.classes.map((answer) => [answer.class, answer.probability]));
  return columns.map((name) => shares.get(name) ?? Number.NaN);
}

function encodeTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const hasClasses = rows.some(({ known }) => 'classes' in known);
  const head = ['file', ...(hasClasses ? ['class'] : []), ...columns, 'broken'];
  const lines = rows.map(({ file, known }) => {
    const likeliest = 'classes' in known ? (known.classes[0]?.class ?? '') : '';
    const numbers = numbersOf(known, columns) ?? columns.map(() => '');
    return [file, ...(hasClasses ? [likeliest] : []), ...numbers, 'broken' in known ? known.broken : ''];
  });
  return [head, ...lines].map((line) => `${line.map(cell).join(',')}\n`).join('');
}

/** `values`, a row for each picture, NaN for one that is broken; classes in alphabetical order. */
function encodeArray(rows: readonly Row[]): Uint8Array {
  const columns = columnsOf(rows);
  const values = new Float32Array(rows.length * columns.length).fill(Number.NaN);
  rows.forEach(({ known }, i) => {
    values.set(numbersOf(known, columns) ?? [], i * columns.length);
  });
  const first = rows.map(({ known }) => known).find((known) => 'shape' in known);
  return saveNpz({ values: new Tensor(values, [rows.length, ...(first?.shape ?? [columns.length])]) });
}
