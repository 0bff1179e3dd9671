// Boxes in COCO's and in YOLO's form: read, moved with their pictures, and side by side in batches.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataLoader, FormatError } from 'neocog';
import { afterAll, describe, expect, it } from 'vitest';
import { coco } from './coco.ts';
import type { PictureSet } from './sample.ts';
import { parseYaml } from './yaml.ts';
import { yolo } from './yolo.ts';

/** 7 pixels wide, 5 high. */
const picture = fileURLToPath(new URL('../../fixtures/data/picture.png', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'neocog-boxes-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder of texts, and of pictures where there is no text. */
function folderOf(name: string, files: Readonly<Record<string, string | null>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    if (text === null) copyFileSync(picture, join(root, name, path));
    else writeFileSync(join(root, name, path), text);
  }
  return join(root, name);
}

async function boxesOf(set: PictureSet, index: number) {
  const { boxes, label, image } = await set.get(index);
  const values = [...(boxes?.data ?? [])].map((value) => Math.round(value * 1e4) / 1e4);
  return [image.shape, values, typeof label === 'object' ? [...label.data] : label];
}

const annotations = {
  images: [
    { id: 7, file_name: 'a.png', width: 7, height: 5 },
    { id: 3, file_name: 'b.png' },
    { id: 4, file_name: 'c.png' },
  ],
  categories: [
    { id: 90, name: 'dog' },
    { id: 18, name: 'cat' },
  ],
  annotations: [
    { image_id: 7, category_id: 90, bbox: [1, 1, 2, 3] },
    { image_id: 7, category_id: 18, bbox: [-1, 0, 3.5, 20] },
    { image_id: 3, category_id: 18, bbox: [0, 0, 7, 5] },
    { image_id: 3, category_id: 90, bbox: [2, 2, 2, 0] },
    { image_id: 3, category_id: 90, bbox: [2, 2, 2, 2], iscrowd: 1 },
  ],
};
const withAnnotations = (name: string, more: object = {}) =>
  folderOf(name, {
    'boxes.json': JSON.stringify({ ...annotations, ...more }),
    'a.png': null,
    'b.png': null,
    'c.png': null,
  });

describe('coco', () => {
  it('reads boxes in pixels, cut at the edges, with classes by the order of ids', async () => {
    const { classes, train } = await coco(join(withAnnotations('coco'), 'boxes.json'), { split: [1] });
    expect(classes).toEqual(['cat', 'dog']);
    expect(await boxesOf(train, 0)).toEqual([
      [3, 5, 7],
      [1, 1, 3, 4, 0, 0, 2.5, 5],
      [1, 0],
    ]);
    expect(await boxesOf(train, 1)).toEqual([[3, 5, 7], [0, 0, 7, 5], [0]]);
    expect(await boxesOf(train, 2)).toEqual([[3, 5, 7], [], []]);
    expect(train.labels).toEqual([[1, 0], [0], []]);
  });

  it('takes crowds, and only the classes that are wanted', async () => {
    const path = join(withAnnotations('wanted'), 'boxes.json');
    const { train, classes } = await coco(path, { split: [1], classes: ['dog'], crowds: true });
    expect([classes, train.labels]).toEqual([['dog'], [[0], [0], []]]);
  });

  it.each([
    ['stretch', 10, [1.4286, 2, 4.2857, 8]],
    ['contain', 14, [2, 4, 6, 10]],
    ['cover', 10, [0, 2, 4, 8]],
  ] as const)('moves boxes with a picture that is made to %s', async (fit, size, expected) => {
    const { train } = await coco(join(withAnnotations(fit), 'boxes.json'), { split: [1], fit, size });
    const [shape, values] = await boxesOf(train, 0);
    expect(shape).toEqual([3, size, size]);
    expect((values as number[]).slice(0, 4)).toEqual(expected);
  });

  it('leaves out boxes that the crop has left away', async () => {
    const more = { annotations: [{ image_id: 7, category_id: 18, bbox: [0, 0, 0.9, 5] }] };
    const { train } = await coco(join(withAnnotations('away', more), 'boxes.json'), { split: [1], size: 5 });
    expect(await boxesOf(train, 0)).toEqual([[3, 5, 5], [], []]);
  });

  it('puts boxes and classes side by side, filled up with −1', async () => {
    const { train } = await coco(join(withAnnotations('batch'), 'boxes.json'), { split: [1] });
    const none = [-1, -1, -1, -1, -1];
    const rows = [[1, 1, 3, 4, 1], [0, 0, 2.5, 5, 0], [0, 0, 7, 5, 0], none, none, none]; // biome-ignore format: one line
    for await (const { x, y } of new DataLoader(train)) {
      expect([x.shape, y.shape, y.dtype]).toEqual([[3, 3, 5, 7], [3, 2, 5], 'float32']);
      expect([...y.data]).toEqual(rows.flat());
    }
  });

  it('reads parts from files of their own', async () => {
    const folder = withAnnotations('parts');
    const images = [{ id: 1, file_name: 'v.png' }];
    writeFileSync(join(folder, 'val.json'), JSON.stringify({ ...annotations, images, annotations: [] }));
    const { train, validation, test } = await coco(join(folder, 'boxes.json'), {
      validation: join(folder, 'val.json'),
      validationFolder: '/val',
    });
    expect([train.length, validation.files, test.length]).toEqual([3, ['/val/v.png'], 0]);
  });

  it.each([
    ['pictures', { images: 5 }, /has images: 5; annotations in COCO's form have a list/],
    ['a picture', { images: [{ id: 1 }] }, /image 0 is \{ id \}; give \{ id, file_name \}/],
    ['a category', { categories: [{ id: 1 }] }, /category 0 is \{ id \}/],
    [
      'a box',
      { annotations: [{ image_id: 7, category_id: 18, bbox: [1, 2, 3] }] },
      /annotation 0 is .*; give a bbox/,
    ],
    [
      'a class',
      { annotations: [{ image_id: 7, category_id: 1, bbox: [1, 2, 3, 4] }] },
      /give the category_id of a/,
    ],
    [
      'an owner',
      { annotations: [{ image_id: 8, category_id: 18 }] },
      /give the image_id of one of the images/,
    ],
  ])('refuses annotations that lack %s', async (name, more, message) => {
    const path = join(withAnnotations(`lack ${name}`, more), 'boxes.json');
    await expect(coco(path)).rejects.toThrow(message);
    await expect(coco(path)).rejects.toThrow(FormatError);
  });

  it('refuses what is no JSON', async () => {
    const folder = folderOf('text', { 'a.json': 'no', 'b.json': '[]' });
    await expect(coco(join(folder, 'a.json'))).rejects.toThrow(/a\.json is no JSON object/);
    await expect(coco(join(folder, 'b.json'))).rejects.toThrow(/b\.json is no JSON object/);
  });
});

describe('yolo', () => {
  const boxes = '0 0.5 0.5 0.2 0.4\r\n\n2 0 0 0.5 0.2\n';

  it('reads pictures and texts in folders with parts', async () => {
    const folder = folderOf('folders', {
      'images/train/a.png': null,
      'images/train/images/b.png': null,
      'images/val/c.png': null,
      'labels/train/a.txt': boxes,
      'labels/val/c.txt': '1 0.5 0.5 1 1',
      'classes.txt': 'cat\ndog\neel\n',
    });
    const { classes, train, validation, test } = await yolo(folder);
    expect(classes).toEqual(['cat', 'dog', 'eel']);
    expect([train.length, validation.length, test.length]).toEqual([2, 1, 0]);
    expect(await boxesOf(train, 0)).toEqual([
      [3, 5, 7],
      [2.8, 1.5, 4.2, 3.5, 0, 0, 1.75, 0.5],
      [0, 2],
    ]);
    expect(await boxesOf(train, 1)).toEqual([[3, 5, 7], [], []]);
    expect(await boxesOf(validation, 0)).toEqual([[3, 5, 7], [0, 0, 7, 5], [1]]);
  });

  it('reads pictures with texts beside them, divides, and numbers classes without names', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [
        [`${i}.png`, null],
        [`${i}.txt`, `${i % 3} .5 .5 .1 .1`],
      ]).flat(),
    );
    const { classes, train, validation } = await yolo(folderOf('beside', files), { split: [0.8, 0.2] });
    expect([classes, train.length, validation.length]).toEqual([['0', '1', '2'], 8, 2]);
  });

  it.each([
    ['a list', "path: .\ntrain: images/train # here\nval: images/val\nnames: [cat, \"d, g\", 'it''s']\n"],
    [
      'numbers',
      'train: ../train/images\nval:\n  - images/val\nnames:\n  0: cat\n  1: "d, g"\n  2: it\'s\nnc: 3\n',
    ],
    ['lists of files', 'train: train.txt\nval: [images/val]\nnames:\n- cat\n- d, g\n- "it\'s"\n'],
  ])('reads a data.yaml with %s', async (name, yaml) => {
    const folder = folderOf(`yaml ${name}`, {
      'data.yaml': yaml,
      'images/train/a.png': null,
      'labels/train/a.txt': boxes,
      'train/images/a.png': null,
      'train/labels/a.txt': boxes,
      'images/val/c.png': null,
      'train.txt': './images/train/a.png\n',
    });
    const { classes, train, validation } = await yolo(join(folder, 'data.yaml'));
    expect(classes).toEqual(['cat', 'd, g', "it's"]);
    expect([train.labels, validation.labels]).toEqual([[[0, 2]], [[]]]);
    expect((await yolo(folder)).train.files).toEqual(train.files);
  });

  it.each([
    ['no number', '0 x 0.5 0.1 0.1'],
    ['pixels', '0 100 20 30 40'],
    ['a part of a class', '0.5 0.5 0.5 0.1 0.1'],
    ['corners of a polygon', '0 0.1 0.1 0.2 0.2 0.3 0.3'],
    ['too little', '0 0.1 0.1'],
  ])('names a picture whose text has %s, and goes on', async (name, line) => {
    const folder = folderOf(name, { 'a.png': null, 'a.txt': `0 .5 .5 .1 .1\n${line}`, 'b.png': null });
    const loader = new DataLoader((await yolo(folder, { split: [1], classes: ['x'] })).train);
    for await (const { index } of loader) expect([...index]).toEqual([1]);
    expect(loader.broken[0].reason).toMatch(/^yolo: .*a\.txt: line 2 is no box; give class, centre x/);
  });

  it('names a picture with a class beyond the names', async () => {
    const folder = folderOf('beyond', { 'a.png': null, 'a.txt': '3 .5 .5 .1 .1', 'b.png': null });
    const { train } = await yolo(folder, { split: [1], classes: ['x', 'y'] });
    await expect(train.get(0)).rejects.toThrow(/yolo: a\.png has a box of class 3; there are 2 classes/);
  });

  it('refuses folders without pictures and yaml that it does not read', async () => {
    await expect(yolo(folderOf('none', { 'a.txt': '' }))).rejects.toThrow(/there is no picture in .*none/);
    const folder = folderOf('odd', { 'data.yaml': 'train: .\nnames: {0: a, 2: b}\n', 'a.png': null });
    await expect(yolo(folder)).rejects.toThrow(/names are no list, nor numbered from 0/);
  });
});

describe('parseYaml', () => {
  it.each(['a: &b c', 'a: |', 'a:\n  - x\n  y: z', '- a', 'no key', 'a: *b', 'a:\n  b: [1]'])(
    'refuses %j',
    (text) => {
      expect(() => parseYaml(text, 'x.yaml')).toThrow(/^x\.yaml: line \d cannot be understood/);
    },
  );

  it('reads keys, quotes and comments', () => {
    const text =
      '\uFEFF---\n# all\na: "x # y" # z\nb: it#s\nc: \'\'\nd:\ne: {1: x, "2": y}\nurl: http://x/y\n';
    expect(parseYaml(text, 'x')).toEqual({
      a: 'x # y',
      b: 'it#s',
      c: '',
      d: '',
      e: { 1: 'x', 2: 'y' },
      url: 'http://x/y',
    });
  });
});
