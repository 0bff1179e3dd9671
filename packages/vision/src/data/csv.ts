// Tables of comma-separated values, by RFC 4180: fields may stand in quotes, a quote within is written twice, lines end in CRLF
// or LF. What separates fields is told, or found in the first line.

import { FormatError } from 'neocog';

/** A row with the line of the file that it begins in, from 1. */
export interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

const delimiters = [',', ';', '\t', '|'] as const;

/** What stands most often between fields of the first line, a comma in doubt. */
export function findDelimiter(text: string): string {
  const bare = text.replace(/"[^"]*"/g, '');
  const first = bare.slice(0, /[\r\n]|$/.exec(bare)?.index);
  const counts = delimiters.map((delimiter) => first.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))];
}

/**
 * The rows of a table, empty lines left out.
 *
 * @param name Of the file, for errors.
 * @throws FormatError for a quote that is not closed, or that closes before the end of its field.
 */
export function parseCsv(text: string, delimiter: string, name: string): Row[] {
  const reader = new Reader(text.replace(/^\uFEFF/, ''), delimiter, name);
  const rows: Row[] = [];
  while (!reader.isOver) {
    const row = reader.row();
    if (row.fields.length > 1 || row.fields[0] !== '') rows.push(row);
  }
  return rows;
}

class Reader {
  readonly #text: string;
  readonly #delimiter: string;
  readonly #name: string;
  #at = 0;
  #line = 1;

  constructor(text: string, delimiter: string, name: string) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#name = name;
  }

  get isOver(): boolean {
    return this.#at >= this.#text.length;
  }

  row(): Row {
    const line = this.#line;
    const fields = [this.#field()];
    while (this.#text[this.#at] === this.#delimiter) {
      this.#at++;
      fields.push(this.#field());
    }
    this.#endLine();
    return { line, fields };
  }

  #field(): string {
    return this.#text[this.#at] === '"' ? this.#quoted() : this.#bare();
  }

  #bare(): string {
    const start = this.#at;
    while (!this.isOver && !this.#isEnd()) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #isEnd(): boolean {
    const c = this.#text[this.#at];
    return c === this.#delimiter || c === '\n' || c === '\r';
  }

  #quoted(): string {
    const line = this.#line;
    let field = '';
    for (;;) {
      const start = this.#at + 1;
      const end = this.#text.indexOf('"', start);
      if (end < 0) throw this.#fault(line, 'a quote that is not closed; close it');
      field += this.#text.slice(start, end);
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      field += '"';
    }
    this.#line += field.split('\n').length - 1;
    if (this.isOver || this.#isEnd()) return field;
    throw this.#fault(line, 'text after a closing quote; write a quote within a field twice');
  }

  #endLine(): void {
    if (this.#text[this.#at] === '\r') this.#at++;
    if (this.#text[this.#at] === '\n') this.#at++;
    this.#line++;
  }

  #fault(line: number, what: string): FormatError {
    return new FormatError(`${this.#name}: line ${line} has ${what}`);
  }
}
