// Boxes in the form of YOLO: beside each picture a text with a line `class x y width height` for each box, the centre and the size as
// fractions of the picture's (J. Redmon, Darknet). Parts and names stand in a data.yaml, as Ultralytics has it.

import { FormatError } from 'neocog';
import { type Fields, listOf, need, needOptions, text } from 'neocog/arguments';
import { joined, listFiles, type PartName } from 'neocog/folders';
import { readBytes } from '../files/bytes.ts';
import { folderOf, placeFrom } from './csvLabels.ts';
import { findPictures } from './find.ts';
import { type PictureSetOptions, readOptionsOf, setFields } from './imageFolder.ts';
import { partsByFolder } from './imagePairs.ts';
import { divide } from './parts.ts';
import type { Item, ItemBoxes, PictureSets } from './sample.ts';
import { parseYaml, type Yaml } from './yaml.ts';

/** How pictures and boxes are read and divided. */
export interface YoloOptions extends PictureSetOptions {
  /** Names of the classes, by number. Default: those of data.yaml or classes.txt, else the numbers. */
  classes?: readonly string[] | undefined;
}

const fields: Fields<YoloOptions> = { ...setFields, classes: listOf('names', text, 1) };

/**
 * Pictures with boxes, from a folder in YOLO's form: `images/1.jpg` with `labels/1.txt`, with or without `train`, `val` and `test` below
 * both, or pictures and texts side by side. A `data.yaml` (Ultralytics) says where parts lie and how classes are called; without
 * one there may be a `classes.txt`, a name on each line. A picture without a text has no boxes.
 *
 * Samples and batches are as those of `coco`. A picture whose text has a line that is no box cannot be read.
 *
 * @param path Of the folder, or of its data.yaml.
 * @throws FormatError if there is no picture, or data.yaml cannot be understood.
 * @throws NeocogError if the folder cannot be read.
 * @example const { classes, train } = await yolo('coco8/data.yaml', { size: 320, fit: 'contain' });
 */
export async function yolo(path: string, options: YoloOptions = {}): Promise<PictureSets> {
  need('yolo', 'path', path, text);
  needOptions('yolo', options, fields);
  const { split, seed } = options;
  const read = readOptionsOf('yolo', options);
  const { items, names } = /\.ya?ml$/i.test(path) ? await fromYaml(path) : await fromFolder(path);
  if (items.length === 0) throw new FormatError(`yolo: there is no picture in ${path}`);
  const most = items.reduce((top, { boxes }) => Math.max(top, ...(boxes?.classes ?? [])), -1);
  const classes = options.classes ?? names ?? Array.from({ length: most + 1 }, (_, i) => String(i));
  return divide({
    fn: 'yolo',
    items: items.map((item) => withinClasses(item, classes)),
    classes,
    split,
    seed,
    read,
  });
}

interface Found {
  readonly items: readonly Item[];
  readonly names: readonly string[] | null;
}

async function fromFolder(folder: string): Promise<Found> {
  const files = await listFiles('yolo', folder, ['.txt', '.yaml', '.yml']);
  const yaml = files.find((file) => /^(?:data|dataset)\.ya?ml$/i.test(file));
  if (yaml !== undefined) return fromYaml(joined(folder, yaml));
  const items = await itemsBelow(folder, '');
  const names = files.find((file) => /^(?:classes\.txt|obj\.names)$/i.test(file));
  const listed = names === undefined ? null : linesOf(await textAt(joined(folder, names)));
  return { items: partsByFolder(items), names: listed };
}

/** Where each part lies: a folder of pictures, or a text with a path on each line. */
async function fromYaml(path: string): Promise<Found> {
  const yaml = parseYaml(await textAt(path), path);
  const root = typeof yaml.path === 'string' ? placeFrom(folderOf(path), yaml.path) : folderOf(path);
  const keys: [string, PartName][] = [['train', 'train'], ['val', 'validation'], ['test', 'test']]; // biome-ignore format: one line
  const items: Item[] = [];
  for (const [key, part] of keys) {
    for (const place of [yaml[key] ?? []].flat()) {
      if (typeof place !== 'string') throw new FormatError(`yolo: ${path}: ${key} is no path; give one`);
      if (place === '') continue;
      items.push(...(await itemsAt(root, place)).map((item) => ({ ...item, part })));
    }
  }
  const hasParts = items.some(({ part }) => part !== 'train');
  const kept = hasParts ? items : items.map(({ part: _, ...item }) => item);
  return { items: kept, names: namesIn(path, yaml.names) };
}

async function itemsAt(root: string, place: string): Promise<Item[]> {
  // Data sets are published with `../train/images` although the folder lies beside data.yaml, which Ultralytics forgives.
  const path = place.replace(/^\.\.\//, '');
  if (!path.endsWith('.txt')) return itemsBelow(placeFrom(root, path), path);
  const pictures = linesOf(await textAt(placeFrom(root, path)));
  return Promise.all(pictures.map((picture) => itemOf(picture, placeFrom(root, picture))));
}

/** Pictures below a folder: of `images` in it, if there are any. @param from What stands before the paths of these pictures. */
async function itemsBelow(folder: string, from: string): Promise<Item[]> {
  const { paths } = await findPictures('yolo', folder);
  const inImages = paths.filter((path) => path.startsWith('images/'));
  const below = inImages.length > 0 ? inImages : paths;
  return Promise.all(
    below.map((path) =>
      itemOf(from === '' ? path.replace(/^images\//, '') : `${from}/${path}`, joined(folder, path)),
    ),
  );
}

const linesOf = (content: string): string[] =>
  content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

async function textAt(path: string): Promise<string> {
  const { bytes } = await readBytes('yolo', path);
  return new TextDecoder().decode(bytes);
}

/** `…/images/…` → `…/labels/…`, the last of them; a picture of another place has its text beside it. */
function labelsPath(place: string): string {
  const stem = place.replace(/\.[^./\\]*$/, '');
  const at = stem.replaceAll('\\', '/').lastIndexOf('/images/');
  return `${at < 0 ? stem : `${stem.slice(0, at)}/labels/${stem.slice(at + 8)}`}.txt`;
}

async function itemOf(path: string, place: string): Promise<Item> {
  const labels = labelsPath(place);
  let content = '';
  try {
    content = await textAt(labels);
  } catch {
    // A picture without boxes has no text.
  }
  const boxes = parseBoxes(content, labels);
  return typeof boxes === 'string' ? { path, place, fault: boxes } : { path, place, boxes };
}

/** The boxes of a text, or what is wrong with it. */
function parseBoxes(content: string, name: string): ItemBoxes | string {
  const corners: number[] = [];
  const classes: number[] = [];
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [label, x, y, width, height, ...more] = line.trim().split(/\s+/).map(Number);
    const isBox = more.length === 0 && [x, y, width, height].every((v) => v >= 0 && v <= 1);
    if (!isBox || !Number.isInteger(label) || label < 0)
      return `yolo: ${name}: line ${i + 1} is no box; give class, centre x, centre y, width and height, these from 0 to 1`;
    classes.push(label);
    corners.push(x - width / 2, y - height / 2, x + width / 2, y + height / 2);
  }
  return { corners, classes, unit: 'fractions' };
}

function withinClasses(item: Item, classes: readonly string[]): Item {
  const beyond = item.boxes?.classes.find((label) => label >= classes.length);
  if (beyond === undefined) return item;
  const { boxes: _, ...rest } = item;
  return {
    ...rest,
    fault: `yolo: ${item.path} has a box of class ${beyond}; there are ${classes.length} classes`,
  };
}

function namesIn(path: string, names: Yaml | undefined): readonly string[] | null {
  if (names === undefined) return null;
  if (Array.isArray(names)) return names.map(String);
  if (typeof names === 'object') {
    const entries = Object.entries(names);
    if (entries.every(([key], i) => key === String(i))) return entries.map(([, name]) => String(name));
  }
  throw new FormatError(
    `yolo: ${path}: names are no list, nor numbered from 0; give the names of the classes`,
  );
}
