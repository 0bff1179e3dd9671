// Pictures whose labels stand in a table: csvLabels and jsonLabels. What cells mean is labels.ts.

import { FormatError } from 'neocog';
import {
  type Field,
  type Fields,
  field,
  isListOf,
  listOf,
  need,
  needOptions,
  oneOf,
  text,
} from 'neocog/arguments';
import { joined } from 'neocog/folders';
import { readBytes } from '../files/bytes.ts';
import { type PictureSetOptions, readOptionsOf, setFields } from './imageFolder.ts';
import { type LabelMeaning, labelItems } from './labels.ts';
import { divide } from './parts.ts';
import { type LabelTable, readCsvTable, readJsonTable } from './records.ts';
import type { PictureSets } from './sample.ts';

/** What the table of labels says, and how its pictures are read and divided. */
export interface LabelsOptions extends PictureSetOptions {
  /** The column of the pictures' paths. Default: 'file', 'filename', 'file_name', 'image', 'path' or 'id', else the first. */
  file?: string | undefined;
  /** The column of the labels, or several. Default: 'label', 'labels', 'class', 'category' or 'target', else the only other one. */
  label?: string | readonly string[] | undefined;
  /**
   * 'class': one name or number a picture. 'several': any number of classes, in one column between separators, or a column of 0 and
   * 1 for each class. 'values': numbers to be estimated, one from each column. Default 'class'.
   */
  kind?: 'class' | 'several' | 'values' | undefined;
  /** What stands between several classes in one column. Default '|'. */
  separator?: string | undefined;
  /** Names of the classes, by number. Default: those of the table, numbers by their size, other names by their code units. */
  classes?: readonly string[] | undefined;
  /** The column that says train, validation or test. Default 'split', if there is such a column; else `split` and `seed` divide. */
  part?: string | undefined;
  /** The folder that paths begin in. Default: that of the table. */
  folder?: string | undefined;
}

/** The same, of a table of separated values. */
export interface CsvLabelsOptions extends LabelsOptions {
  /** What stands between fields. Default: what the header has most of, of comma, semicolon, tab and bar. */
  delimiter?: string | undefined;
}

const aColumn: Field<string> = field('the name of a column', (v) => text.ok(v) && v !== '');
const names = listOf('names', text, 1);

const fields: Fields<LabelsOptions> = {
  ...setFields,
  file: aColumn,
  label: field<string | readonly string[]>(
    'the name of a column, or a list of them',
    (v) => aColumn.ok(v) || (isListOf(v, aColumn.ok) && v.length > 0),
  ),
  kind: oneOf('class', 'several', 'values'),
  separator: field('a text of at least one character', (v) => text.ok(v) && v !== ''),
  classes: names,
  part: aColumn,
  folder: text,
};

const csvFields: Fields<CsvLabelsOptions> = {
  ...fields,
  delimiter: field('one character', (v) => typeof v === 'string' && v.length === 1 && !/["\r\n]/.test(v)),
};

/**
 * Pictures with the labels of a CSV file (RFC 4180): a header, then a row for each picture, fields in quotes where they hold the
 * separator. One class a picture, several, or values.
 *
 * @param path Of the CSV file, or an address.
 * @throws FormatError for a table or a label that cannot be understood, by its line.
 * @throws NeocogError if the file cannot be read.
 * @example
 * const { classes, train } = await csvLabels('birds/labels.csv', { label: 'species', split: [0.8, 0.2], size: 96 });
 */
export async function csvLabels(path: string, options: CsvLabelsOptions = {}): Promise<PictureSets> {
  need('csvLabels', 'path', path, text);
  needOptions('csvLabels', options, csvFields);
  const { delimiter, ...rest } = options;
  return setsOf('csvLabels', path, rest, (content) => readCsvTable(content, path, delimiter));
}

/**
 * Pictures with the labels of a JSON file: a list of objects such as `{ "file": "1.jpg", "label": "cat" }`, an object of labels by
 * file, or an object on each line (`.jsonl`). Several labels or values may be lists.
 *
 * @param path Of the JSON file, or an address.
 * @throws FormatError for records or labels that cannot be understood, by their number.
 * @throws NeocogError if the file cannot be read.
 * @example const { train } = await jsonLabels('labels.json', { kind: 'several' });
 */
export async function jsonLabels(path: string, options: LabelsOptions = {}): Promise<PictureSets> {
  need('jsonLabels', 'path', path, text);
  needOptions('jsonLabels', options, fields);
  return setsOf('jsonLabels', path, options, (content) => readJsonTable(content, path));
}

/** What comes before the last slash. */
export const folderOf = (path: string): string => path.slice(0, path.search(/[^/\\]*$/)) || '.';

const isWholePath = (path: string): boolean => /^(?:[/\\]|[a-z][a-z0-9+.-]*:)/i.test(path);

/** A path that a file names, from a folder. */
export const placeFrom = (folder: string, path: string): string =>
  isWholePath(path) ? path : joined(folder, path.replaceAll('\\', '/'));

async function setsOf(
  fn: string,
  path: string,
  options: LabelsOptions,
  read: (content: string) => LabelTable,
): Promise<PictureSets> {
  const reading = readOptionsOf(fn, options);
  const { bytes } = await readBytes(fn, path);
  const table = read(new TextDecoder().decode(bytes));
  if (table.records.length === 0)
    throw new FormatError(`${fn}: ${path} has no record of a picture; add some`);
  const folder = options.folder ?? folderOf(path);
  const { kind = 'class', separator = '|', file, label, classes, part, split, seed } = options;
  const meaning: LabelMeaning = { fn, path, kind, separator, file, label, classes, part };
  const labelled = labelItems(table, meaning);
  const items = labelled.items.map((item) => ({ ...item, place: placeFrom(folder, item.path) }));
  return divide({ fn, items, classes: labelled.classes, split, seed, read: reading });
}
