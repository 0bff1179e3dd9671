// Labels as records, whatever file they come from: a header and rows of CSV, or objects of JSON.

import { FormatError } from 'neocog';
import { findDelimiter, parseCsv } from './csv.ts';

/** What is said of one picture, by the names of columns. */
export interface LabelRecord {
  /** Where it stands, for errors: `labels.csv: line 3`. */
  readonly where: string;
  readonly cells: Readonly<Record<string, unknown>>;
}

/** Records, and the columns that they have in the order of the file. */
export interface LabelTable {
  readonly columns: readonly string[];
  readonly records: readonly LabelRecord[];
}

/** @throws FormatError for a table without a header, with a column twice, or a row of another length. */
export function readCsvTable(text: string, name: string, delimiter?: string): LabelTable {
  const [header, ...rows] = parseCsv(text, delimiter ?? findDelimiter(text), name);
  if (!header) throw new FormatError(`${name} is empty; it needs a header and a row for each picture`);
  const columns = header.fields.map((column) => column.trim());
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) throw new FormatError(`${name}: the header names the column '${twice}' twice`);
  const records = rows.map(({ line, fields }) => {
    const where = `${name}: line ${line}`;
    if (fields.length !== columns.length) {
      throw new FormatError(
        `${where} has ${fields.length} fields, the header ${columns.length}; put fields that hold the separator into quotes`,
      );
    }
    return { where, cells: Object.fromEntries(columns.map((column, i) => [column, fields[i].trim()])) };
  });
  return { columns, records };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A list of objects `{ file, label }`, an object of labels by file, or lines of one object each.
 *
 * @throws FormatError for other JSON, or a text that is none.
 */
export function readJsonTable(text: string, name: string): LabelTable {
  const whole = parse(text);
  const value = whole === undefined ? parseLines(text, name) : whole;
  const list = isObject(value)
    ? Object.entries(value).map(([file, label]) => ({ file, label }))
    : Array.isArray(value)
      ? value
      : [];
  const records = list.map((cells: unknown, i) => {
    const where = `${name}: record ${i + 1}`;
    if (isObject(cells)) return { where, cells };
    throw new FormatError(`${where} is no object; give { "file": …, "label": … } for each picture`);
  });
  return { columns: [...new Set(records.flatMap(({ cells }) => Object.keys(cells)))], records };
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function parseLines(text: string, name: string): unknown[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parse(line);
    if (value !== undefined) return [value];
    throw new FormatError(
      `${name}: line ${i + 1} is no JSON; give a list of objects, or an object on each line`,
    );
  });
}
