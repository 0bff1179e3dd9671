// The sheets that the Lab carries: squares of grey row by row, class after class in turn. samples/README.md says what they are.

import { readImage } from '@neocog/vision';
import type { Tensor } from 'neocog';
import { countsOf, type Labelling, labelled } from './labelled.ts';
import type { DataSet } from './set.ts';

const side = 28;

interface Sheet {
  readonly classes: readonly string[];
  /** Of the whole data set that the pictures are from. */
  readonly mean: number;
  readonly std: number;
  /** How many of the pictures, the last, are held out. */
  readonly held: number;
}

const sheets = {
  digits: { classes: '0123456789'.split(''), mean: 0.1307, std: 0.3081, held: 1000 },
  garments: {
    classes: 'T-shirt,trousers,pullover,dress,coat,sandal,shirt,sneaker,bag,boot'.split(','),
    mean: 0.286,
    std: 0.353,
    held: 1000,
  },
} as const satisfies Readonly<Record<string, Sheet>>;

export async function sheetSet(kind: keyof typeof sheets, blob: Blob): Promise<DataSet> {
  const { classes, mean, std, held }: Sheet = sheets[kind];
  const items = squaresOf(await readImage(blob, { channels: 1, scale: 1 })).map((bytes, i) => ({
    bytes,
    label: i % classes.length,
  }));
  const format = { channels: 1, side };
  const part = (from: number, to: number) => labelled(items.slice(from, to) satisfies Labelling[], format);
  const train = part(0, items.length - held);
  const counts = countsOf(train, classes.length);
  const facts = { kind, classes, ...format, counts, held, broken: [], passedOver: 0 };
  return { facts, train, held: part(items.length - held, items.length), mean: [mean], std: [std] };
}

function squaresOf({ data, shape }: Tensor): Uint8Array[] {
  const [, height = 0, width = 0] = shape;
  const across = width / side;
  return Array.from({ length: (height / side) * across }, (_, i) => {
    const corner = Math.floor(i / across) * side * width + (i % across) * side;
    const square = new Uint8Array(side * side);
    for (let y = 0; y < side; y++)
      square.set(data.subarray(corner + y * width, corner + y * width + side), y * side);
    return square;
  });
}
