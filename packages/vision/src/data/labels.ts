// What the cells of a table of labels mean: the column of files, the columns of labels, and the numbers of their classes.

import { FormatError, ShapeError } from 'neocog';
import { show } from 'neocog/arguments';
import { type PartName, partOf } from 'neocog/folders';
import type { LabelRecord, LabelTable } from './records.ts';
import type { Item, Labels } from './sample.ts';

/** What a caller said of a table. */
export interface LabelMeaning {
  readonly fn: string;
  /** Of the table. */
  readonly path: string;
  readonly kind: 'class' | 'several' | 'values';
  readonly separator: string;
  readonly file: string | undefined;
  readonly label: string | readonly string[] | undefined;
  readonly classes: readonly string[] | undefined;
  readonly part: string | undefined;
}

type LabelledItem = Omit<Item, 'place'>;

/** Pictures of a table, and the names of its classes. */
export interface Labelled {
  readonly classes: readonly string[];
  readonly items: readonly LabelledItem[];
}

/** What is said of one picture, before classes have numbers. */
interface Said {
  readonly record: LabelRecord;
  readonly path: string;
  /** Of classes their names. */
  readonly names: readonly string[];
  readonly values: readonly number[];
}

const fileColumns = ['file', 'filename', 'file_name', 'image', 'path', 'id'];
const labelColumns = ['label', 'labels', 'class', 'category', 'target'];

/** @throws FormatError for a cell that does not say what it should. @throws ShapeError for a column that there is not. */
export function labelItems(table: LabelTable, meaning: LabelMeaning): Labelled {
  const file = fileColumn(table, meaning);
  const part = partColumn(table, meaning);
  const labels = columnsOfLabels(table, meaning, [file, part]);
  const said = table.records.map((record) => sayingOf(record, file, labels, meaning));
  needOnce(said, meaning);
  const classes = classesOf(said, labels, meaning);
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const items = said.map((one): LabelledItem => {
    const item = { path: one.path, label: labelOf(one, numbers, meaning) };
    return part === undefined ? item : { ...item, part: partNamed(one.record, part) };
  });
  return { classes, items };
}

function needColumn({ columns }: LabelTable, column: string, { fn, path }: LabelMeaning): string {
  if (columns.includes(column)) return column;
  throw new ShapeError(`${fn}: ${path} has no column ${show(column)}; there are ${columns.join(', ')}`);
}

const findColumn = ({ columns }: LabelTable, usual: readonly string[]): string | undefined =>
  usual
    .map((name) => columns.find((column) => column.toLowerCase() === name))
    .find((column) => column !== undefined);

const fileColumn = (table: LabelTable, meaning: LabelMeaning): string =>
  meaning.file === undefined
    ? (findColumn(table, fileColumns) ?? table.columns[0])
    : needColumn(table, meaning.file, meaning);

function partColumn(table: LabelTable, meaning: LabelMeaning): string | undefined {
  return meaning.part === undefined ? findColumn(table, ['split']) : needColumn(table, meaning.part, meaning);
}

function columnsOfLabels(
  table: LabelTable,
  meaning: LabelMeaning,
  taken: readonly (string | undefined)[],
): readonly string[] {
  const { label, fn, path } = meaning;
  if (label !== undefined) return [label].flat().map((column) => needColumn(table, column, meaning));
  const usual = findColumn(table, labelColumns);
  const others = table.columns.filter((column) => !taken.includes(column));
  if (usual !== undefined && usual !== taken[0]) return [usual];
  if (others.length === 1) return others;
  throw new ShapeError(
    `${fn}: which column of ${path} holds the label is not clear; name one in the option label, of ${table.columns.join(', ')}`,
  );
}

function sayingOf(
  record: LabelRecord,
  file: string,
  labels: readonly string[],
  { kind, separator }: LabelMeaning,
): Said {
  const { where, cells } = record;
  const path = cells[file];
  if (typeof path !== 'string' || path === '')
    throw new FormatError(`${where}: ${file} is ${show(path)}; give the path of a picture`);
  const said = { record, path: path.replaceAll('\\', '/').replace(/^\.\//, ''), names: [], values: [] };
  if (kind === 'values') return { ...said, values: labels.flatMap((column) => valuesIn(record, column)) };
  if (kind === 'class' && labels.length > 1)
    throw new ShapeError(`${where}: one class stands in one column; use kind 'several' or name one label`);
  if (labels.length > 1) return { ...said, names: labels.filter((column) => isSet(record, column)) };
  const names = namesIn(record, labels[0], kind === 'several' ? separator : null);
  return { ...said, names };
}

const isName = (value: unknown): value is string | number =>
  typeof value === 'string' || Number.isFinite(value);

/** The names in a cell; with a separator several, or none. */
function namesIn({ where, cells }: LabelRecord, column: string, separator: string | null): string[] {
  const cell = cells[column];
  const list = separator === null ? [cell] : Array.isArray(cell) ? cell : String(cell ?? '').split(separator);
  if (list.every(isName)) {
    const names = list.map((name) => String(name).trim());
    if (separator !== null) return [...new Set(names.filter((name) => name !== ''))];
    if (names[0] !== '') return names;
  }
  const needed = separator === null ? 'the name or number of a class' : 'names of classes';
  throw new FormatError(`${where}: ${column} is ${show(cell)}; give ${needed}`);
}

/** Whether a class holds, by its own column. */
function isSet({ where, cells }: LabelRecord, column: string): boolean {
  const word = String(cells[column]).toLowerCase();
  if (['1', 'true', '1.0'].includes(word)) return true;
  if (['0', 'false', '0.0', ''].includes(word)) return false;
  throw new FormatError(
    `${where}: ${column} is ${show(cells[column])}; give 0 or 1 in the column of a class`,
  );
}

function valuesIn({ where, cells }: LabelRecord, column: string): number[] {
  const list = [cells[column]].flat();
  const values = list.map((value) => (value === '' || value === null ? Number.NaN : Number(value)));
  if (values.every(Number.isFinite)) return values;
  throw new FormatError(`${where}: ${column} is ${show(cells[column])}; give a finite number`);
}

/** A picture stands once: twice, it might train and test. */
function needOnce(said: readonly Said[], { fn }: LabelMeaning): void {
  const seen = new Map<string, Said>();
  for (const one of said) {
    const before = seen.get(one.path);
    if (before) {
      throw new FormatError(
        `${fn}: ${one.path} stands twice, in ${before.record.where} and in ${one.record.where}; ` +
          'give a picture one record with all of its labels',
      );
    }
    seen.set(one.path, one);
  }
}

function classesOf(
  said: readonly Said[],
  labels: readonly string[],
  { kind, classes }: LabelMeaning,
): readonly string[] {
  if (classes) return classes;
  if (kind === 'values' || labels.length > 1) return labels;
  const names = [...new Set(said.flatMap((one) => one.names))];
  const areNumbers = names.every((name) => Number.isFinite(Number(name)));
  return names.sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
}

function labelOf(said: Said, numbers: ReadonlyMap<string, number>, { kind }: LabelMeaning): Labels {
  if (kind === 'values') return said.values;
  const places = said.names.map((name) => {
    const place = numbers.get(name);
    if (place !== undefined) return place;
    throw new FormatError(
      `${said.record.where}: ${show(name)} is not among the classes; there are ${[...numbers.keys()].join(', ')}`,
    );
  });
  if (kind === 'class') return places[0];
  return Array.from({ length: numbers.size }, (_, i) => (places.includes(i) ? 1 : 0));
}

function partNamed({ where, cells }: LabelRecord, column: string): PartName {
  const part = partOf(String(cells[column]));
  if (part) return part;
  throw new FormatError(`${where}: ${column} is ${show(cells[column])}; give train, validation or test`);
}
