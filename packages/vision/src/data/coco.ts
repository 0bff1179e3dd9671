// Boxes in the form of COCO (T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", 2014): one JSON file with pictures,
// categories, and annotations of left, top, width and height in pixels.

import { FormatError } from 'neocog';
import { type Fields, flag, isRecord, listOf, need, needOptions, show, text } from 'neocog/arguments';
import { joined, type PartName } from 'neocog/folders';
import { readBytes } from '../files/bytes.ts';
import { folderOf } from './csvLabels.ts';
import { type PictureSetOptions, readOptionsOf, setFields } from './imageFolder.ts';
import { divide } from './parts.ts';
import type { Item, PictureSets } from './sample.ts';

/** How pictures and boxes are read and divided. */
export interface CocoOptions extends PictureSetOptions {
  /** The folder of the pictures. Default: that of the annotations. */
  folder?: string | undefined;
  /** Annotations of the pictures to validate on. With it or `test` nothing is divided. */
  validation?: string | undefined;
  /** Annotations of the pictures to test on. */
  test?: string | undefined;
  /** The folder of the pictures to validate on. Default: `folder`. */
  validationFolder?: string | undefined;
  /** The folder of the pictures to test on. Default: `folder`. */
  testFolder?: string | undefined;
  /** Names of the categories that count, by the numbers that they get. Default: all, in the order of their ids. */
  classes?: readonly string[] | undefined;
  /** Take boxes around crowds too (`iscrowd`). Default false. */
  crowds?: boolean | undefined;
}

const fields: Fields<CocoOptions> = {
  ...setFields,
  folder: text,
  validation: text,
  test: text,
  validationFolder: text,
  testFolder: text,
  classes: listOf('names', text, 1),
  crowds: flag,
};

/**
 * Pictures with boxes, from annotations in COCO's form. Samples are `{ image, boxes, label }`, boxes [k, 4] left, top, right and
 * bottom in pixels of the picture as it is read; batches y [n, most, 5], the class last, rows of −1 where a picture has fewer boxes.
 * Pictures without boxes belong to the set. Boxes are cut at the picture's edges.
 *
 * @param path Of the annotations to train on, or of all of them.
 * @throws FormatError for annotations that do not fit together, by their place.
 * @throws NeocogError if the file cannot be read.
 * @example
 * const { classes, train, validation } = await coco('instances_train2017.json', {
 *   folder: 'train2017', validation: 'instances_val2017.json', validationFolder: 'val2017', size: 320, fit: 'contain',
 * });
 */
export async function coco(path: string, options: CocoOptions = {}): Promise<PictureSets> {
  need('coco', 'path', path, text);
  needOptions('coco', options, fields);
  const { folder, validation, test, crowds = false, split, seed } = options;
  const read = readOptionsOf('coco', options);
  const files: [string | undefined, string | undefined, PartName][] = [
    [path, folder, 'train'],
    [validation, options.validationFolder ?? folder, 'validation'],
    [test, options.testFolder ?? folder, 'test'],
  ];
  const items: Item[] = [];
  let { classes } = options;
  for (const [file, place, part] of files) {
    if (file === undefined) continue;
    const annotations = await Annotations.read(file);
    classes ??= annotations.names;
    const found = annotations.items(place ?? folderOf(file), { classes, crowds });
    items.push(...found.map((item) => ((validation ?? test) === undefined ? item : { ...item, part })));
  }
  return divide({ fn: 'coco', items, classes: classes ?? [], split, seed, read });
}

type Json = Readonly<Record<string, unknown>>;

/** What boxes are taken for. */
interface Wanted {
  readonly classes: readonly string[];
  readonly crowds: boolean;
}

class Annotations {
  readonly #path: string;
  readonly #whole: Json;
  /** Category's id → name, in the order of ids. */
  readonly #categories: ReadonlyMap<number, string>;

  static async read(path: string): Promise<Annotations> {
    const { bytes } = await readBytes('coco', path);
    return new Annotations(path, parse(path, new TextDecoder().decode(bytes)));
  }

  constructor(path: string, whole: Json) {
    this.#path = path;
    this.#whole = whole;
    const categories = this.#list('categories').map((category, i) => {
      const { id, name } = category;
      if (typeof id === 'number' && typeof name === 'string') return [id, name] as const;
      return this.#refuse(`category ${i}`, category, '{ id, name }, a number and a text');
    });
    this.#categories = new Map(categories.sort(([a], [b]) => a - b));
  }

  get names(): readonly string[] {
    return [...this.#categories.values()];
  }

  items(folder: string, wanted: Wanted): Item[] {
    const byImage = new Map<unknown, { corners: number[]; classes: number[]; unit: 'pixels' }>();
    const items = this.#list('images').map((image, i): Item => {
      const { id, file_name: path } = image;
      if (typeof path !== 'string' || path === '' || byImage.has(id))
        this.#refuse(`image ${i}`, image, '{ id, file_name }, each id once');
      const boxes = { corners: [], classes: [], unit: 'pixels' as const };
      byImage.set(id, boxes);
      return { path: path as string, place: joined(folder, path as string), boxes }; // checked above
    });
    this.#list('annotations').forEach((annotation, i) => {
      const boxes = byImage.get(annotation.image_id);
      if (!boxes) return this.#refuse(`annotation ${i}`, annotation, 'the image_id of one of the images');
      const found = this.#boxOf(annotation, i, wanted);
      if (!found) return;
      boxes.corners.push(...found.corners);
      boxes.classes.push(found.label);
    });
    return items;
  }

  /** Null for a box that is not wanted, or has no area. */
  #boxOf(
    annotation: Json,
    i: number,
    { classes, crowds }: Wanted,
  ): { corners: number[]; label: number } | null {
    const { bbox, category_id: category, iscrowd } = annotation;
    const name = this.#categories.get(category as number);
    if (name === undefined)
      return this.#refuse(`annotation ${i}`, annotation, 'the category_id of a category');
    if (!(Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite)))
      return this.#refuse(`annotation ${i}`, annotation, 'a bbox of left, top, width and height');
    const [left, top, width, height] = bbox as number[]; // checked above
    const label = classes.indexOf(name);
    if (label < 0 || (iscrowd && !crowds) || width <= 0 || height <= 0) return null;
    return { corners: [left, top, left + width, top + height], label };
  }

  #list(name: string): readonly Json[] {
    const list = this.#whole[name];
    if (Array.isArray(list) && list.every(isRecord)) return list;
    throw new FormatError(
      `coco: ${this.#path} has ${name}: ${show(list)}; annotations in COCO's form have a list of objects there`,
    );
  }

  #refuse(what: string, value: unknown, needed: string): never {
    throw new FormatError(`coco: ${this.#path}: ${what} is ${show(value)}; give ${needed}`);
  }
}

function parse(path: string, content: string): Json {
  try {
    const value: unknown = JSON.parse(content);
    if (isRecord(value)) return value;
  } catch {
    // Refused below.
  }
  throw new FormatError(`coco: ${path} is no JSON object; pass annotations in COCO's form`);
}
