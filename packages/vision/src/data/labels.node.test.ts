// Tables of labels, as Python's csv reads them (fixtures/data/make.py), and what their cells mean.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, ShapeError } from 'neocog';
import { afterAll, describe, expect, it } from 'vitest';
import { findDelimiter, parseCsv } from './csv.ts';
import { csvLabels, jsonLabels, type LabelsOptions } from './csvLabels.ts';
import type { PictureSets } from './sample.ts';

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/data/expected.json', import.meta.url), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'neocog-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** All files with their labels, whatever part they are in. */
function labelled({ train, validation, test }: PictureSets): [string, unknown][] {
  const all = [train, validation, test].flatMap(({ files, labels }) =>
    files.map((file, i): [string, unknown] => [file.slice(folder.length + 1), labels[i]]),
  );
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('parseCsv', () => {
  it("reads what Python's csv reads", () => {
    const { text, rows } = expected.csv;
    const read = parseCsv(text, findDelimiter(text), 'a.csv');
    expect(read.map(({ fields }) => fields)).toEqual(rows);
    expect(read.map(({ line }) => line)).toEqual([1, 2, 3, 7, 8]);
  });

  it.each([
    ['a;b;c\n1,5;2;3', ';'],
    ['a\tb', '\t'],
    ['"x;y;z",b\n', ','],
    ['alone', ','],
    ['a|b', '|'],
  ])('finds what separates %j', (text, delimiter) => {
    expect(findDelimiter(text)).toBe(delimiter);
  });

  it('passes over a mark of byte order, and keeps a field that ends the file', () => {
    expect(parseCsv('\uFEFFa,b\r\n1,', ',', 'a.csv').map(({ fields }) => fields)).toEqual([
      ['a', 'b'],
      ['1', ''],
    ]);
  });

  it('refuses quotes that do not fit, by their line', () => {
    expect(() => parseCsv('a\n"b\nc', ',', 'x.csv')).toThrow(
      /^x\.csv: line 2 has a quote that is not closed; close it$/,
    );
    expect(() => parseCsv('a\n"b"c', ',', 'x.csv')).toThrow(/line 2 has text after a closing quote/);
    expect(() => parseCsv('"', ',', 'x.csv')).toThrow(FormatError);
  });
});

describe('csvLabels', () => {
  it('gives classes numbers, and divides by seed', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `p/${i}.png,${i % 2 ? 'dog' : 'cat'}`);
    const path = write('classes.csv', ['filename,label', ...rows].join('\r\n'));
    const sets = await csvLabels(path, { split: [0.5, 0.25, 0.25], seed: 1 });
    expect(sets.classes).toEqual(['cat', 'dog']);
    expect([sets.train.length, sets.validation.length, sets.test.length]).toEqual([10, 5, 5]);
    expect([...sets.train.labels].sort()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(labelled(sets).find(([file]) => file === 'p/7.png')?.[1]).toBe(1);
    write('backwards.csv', ['filename,label', ...rows.reverse()].join('\n'));
    const again = await csvLabels(join(folder, 'backwards.csv'), { split: [0.5, 0.25, 0.25], seed: 1 });
    expect([...again.test.files].sort()).toEqual([...sets.test.files].sort());
  });

  it('sorts numbers by their size, and takes names in an order that is given', async () => {
    const path = write('numbers.csv', 'file,label\na.png,10\nb.png,9\nc.png,100\n');
    expect((await csvLabels(path)).classes).toEqual(['9', '10', '100']);
    const named = await csvLabels(path, { classes: ['100', '10', '9', '0'] });
    expect(labelled(named)).toEqual([['a.png', 1], ['b.png', 2], ['c.png', 0]]); // biome-ignore format: one line
    await expect(csvLabels(path, { classes: ['9', '10'] })).rejects.toThrow(
      /numbers\.csv: line 4: '100' is not among the classes; there are 9, 10/,
    );
  });

  it('reads several classes from a column, or from a column each', async () => {
    const one = write('tags.csv', 'image;tags\na.png;sea| sun\nb.png;\nc.png;sun|sun\n');
    const sets = await csvLabels(one, { kind: 'several', split: [1] });
    expect(sets.classes).toEqual(['sea', 'sun']);
    expect(labelled(sets)).toEqual([['a.png', [1, 1]], ['b.png', [0, 0]], ['c.png', [0, 1]]]); // biome-ignore format: one line
    const each = write('columns.csv', 'path,sun,sea,note\na.png,1,0,x\nb.png,true,1.0,y\n');
    const wide = await csvLabels(each, { kind: 'several', label: ['sun', 'sea'] });
    expect([wide.classes, labelled(wide)]).toEqual([['sun', 'sea'], [['a.png', [1, 0]], ['b.png', [1, 1]]]]); // biome-ignore format: one line
    const wrong = write('wrong.csv', 'path,sun,sea\na.png,1,2\n');
    await expect(csvLabels(wrong, { kind: 'several', label: ['sun', 'sea'] })).rejects.toThrow(
      /line 2: sea is '2'; give 0 or 1/,
    );
  });

  it('reads values, parts, and folders of their own', async () => {
    const path = write(
      'ages.csv',
      'name,age,split\n./x/a.png,31.5,train\nb.png,7,val\n/abs/c.png,-1e2,TEST\n',
    );
    const { train, validation, test, classes } = await csvLabels(path, {
      file: 'name',
      label: ['age'],
      kind: 'values',
      folder: '/data/',
    });
    expect(classes).toEqual(['age']);
    expect([train.files, train.labels]).toEqual([['/data/x/a.png'], [[31.5]]]);
    expect([validation.files, validation.labels]).toEqual([['/data/b.png'], [[7]]]);
    expect([test.files, test.labels]).toEqual([['/abs/c.png'], [[-100]]]);
  });

  it.each<[string, string, LabelsOptions, RegExp, typeof FormatError | typeof ShapeError]>([
    [
      'no label',
      'file,label\na.png,\n',
      {},
      /line 2: label is ''; give the name or number of a class/,
      FormatError,
    ],
    ['no file', 'file,label\n,cat\n', {}, /line 2: file is ''; give the path/, FormatError],
    [
      'no value',
      'file,x\na.png,red\n',
      { kind: 'values' },
      /line 2: x is 'red'; give a finite number/,
      FormatError,
    ],
    [
      'an empty value',
      'file,x\na.png,\n',
      { kind: 'values' },
      /line 2: x is ''; give a finite number/,
      FormatError,
    ],
    [
      'a picture twice',
      'file,label\na.png,1\n./a.png,2\n',
      {},
      /a\.png stands twice, in .*line 2 and in .*line 3/,
      FormatError,
    ],
    ['a short row', 'file,label\na.png\n', {}, /line 2 has 1 fields, the header 2/, FormatError],
    ['no rows', 'file,label\n', {}, /has no record of a picture/, FormatError],
    ['nothing', '', {}, /is empty; it needs a header/, FormatError],
    ['a column twice', 'file,a,a\n', {}, /names the column 'a' twice/, FormatError],
    [
      'an unknown part',
      'file,label,split\na.png,1,half\n',
      {},
      /split is 'half'; give train, validation or test/,
      FormatError,
    ],
    [
      'unclear columns',
      'file,a,b\nx.png,1,2\n',
      {},
      /which column of .* holds the label is not clear/,
      ShapeError,
    ],
    [
      'an absent column',
      'file,a\nx.png,1\n',
      { label: 'b' },
      /has no column 'b'; there are file, a/,
      ShapeError,
    ],
    [
      'two columns of one class',
      'file,a,b\nx.png,1,2\n',
      { label: ['a', 'b'] },
      /one class stands in one column/,
      ShapeError,
    ],
  ])('refuses %s', async (name, content, options, message, kind) => {
    // biome-ignore format: a table
    const path = write(`${name}.csv`, content);
    await expect(csvLabels(path, options)).rejects.toThrow(message);
    await expect(csvLabels(path, options)).rejects.toThrow(kind);
  });

  it('says that there is no such file', async () => {
    await expect(csvLabels(join(folder, 'no.csv'))).rejects.toThrow(
      /csvLabels: cannot read .*no\.csv: there is no such file/,
    );
  });
});

describe('jsonLabels', () => {
  const classes = [['a.png', 1], ['b.png', 0]]; // biome-ignore format: one line
  it.each([
    ['a list', '[{"file":"a.png","label":"dog"},{"file":"b.png","label":"cat"}]'],
    ['an object', '{"a.png":"dog","b.png":"cat"}'],
    ['lines', '{"file_name":"a.png","label":"dog"}\n{"file_name":"b.png","label":"cat"}\n'],
  ])('reads %s', async (name, content) => {
    const sets = await jsonLabels(write(`${name}.json`, content));
    expect([sets.classes, labelled(sets)]).toEqual([['cat', 'dog'], classes]);
  });

  it('reads lists of classes and of values', async () => {
    const several = await jsonLabels(write('s.json', '{"a.png":["x","y"],"b.png":[]}'), { kind: 'several' });
    expect(labelled(several)).toEqual([['a.png', [1, 1]], ['b.png', [0, 0]]]); // biome-ignore format: one line
    const values = await jsonLabels(write('v.json', '{"a.png":[1,2.5],"b.png":[3,4]}'), { kind: 'values' });
    expect(labelled(values)).toEqual([['a.png', [1, 2.5]], ['b.png', [3, 4]]]); // biome-ignore format: one line
  });

  it('refuses what are no records', async () => {
    await expect(jsonLabels(write('1.json', '[1]'))).rejects.toThrow(/1\.json: record 1 is no object/);
    await expect(jsonLabels(write('2.json', '{"file":"a.png"}\nx'))).rejects.toThrow(
      /2\.json: line 2 is no JSON/,
    );
    await expect(jsonLabels(write('3.json', '5'))).rejects.toThrow(/has no record of a picture/);
    await expect(jsonLabels(write('4.json', '[{"file":5,"label":1}]'))).rejects.toThrow(
      /record 1: file is 5; give the path/,
    );
  });
});
