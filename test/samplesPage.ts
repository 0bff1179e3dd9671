// A page for test/samplesPage.node.test.ts: batches of a data set made here and by workers, and pictures of a folder that was
// chosen; sends what it found to `/found`.

import { imageFolder } from '@neocog/vision';
import { DataLoader, type Dataset, Tensor } from 'neocog';

export interface Found {
  readonly workers: number;
  readonly note: string | null;
  /** Whether the workers' batches are those of the page. */
  readonly equal: boolean;
  readonly batches: number;
  readonly broken: readonly number[];
  /** Of a chosen folder with a picture that is none: what the classes are, what a batch has, and the names of what is broken. */
  readonly classes: readonly string[];
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly names: readonly string[];
}

interface Item {
  readonly image: Tensor;
  readonly label: number;
}

const value = { length: 20, wrong: 11 };
const source = new URL('/items.js', location.href).href;

async function opened(): Promise<Dataset<Item>> {
  const { open } = await import(/* @vite-ignore */ source);
  const raw = open(value);
  const get = (i: number): Item => {
    const { image, label } = raw.get(i);
    return { image: new Tensor(image.data, image.shape), label };
  };
  return { length: raw.length, get, recipe: { module: source, name: 'open', value } };
}

async function batchesOf(workers: number) {
  const transform = new URL(source);
  const loader = new DataLoader(await opened(), { batchSize: 6, shuffle: true, workers, transform });
  const batches: unknown[] = [];
  for await (const { x, y, index } of loader) batches.push([x.shape, [...x.data], [...y.data], [...index]]);
  loader.close();
  return { loader, batches };
}

async function pictureFile(path: string, level: number): Promise<File> {
  const canvas = new OffscreenCanvas(4, 3);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D; // every page has one
  context.fillStyle = `rgb(${level}, ${level}, ${level})`;
  context.fillRect(0, 0, 4, 3);
  return chosen(path, await canvas.convertToBlob());
}

/** A file as a chosen folder gives it. */
function chosen(path: string, content: Blob): File {
  const file = new File([content], path.slice(path.lastIndexOf('/') + 1));
  Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

async function folderFound(): Promise<Pick<Found, 'classes' | 'shape' | 'labels' | 'names'>> {
  const files = [
    await pictureFile('pets/dog/1.png', 0),
    await pictureFile('pets/cat/1.png', 255),
    chosen('pets/cat/2.png', new Blob(['no picture'])),
    chosen('pets/notes.txt', new Blob(['no picture'])),
  ];
  const { classes, train } = await imageFolder(files, { split: [1], channels: 1 });
  const loader = new DataLoader(train);
  for await (const { x, y } of loader)
    return {
      classes,
      shape: x.shape,
      labels: [...y.data, ...x.data.subarray(0, 1)],
      names: loader.broken.map(({ name }) => name),
    };
  throw new Error('there was no batch');
}

async function explore(): Promise<Found> {
  const [here, there] = [await batchesOf(0), await batchesOf(2)];
  return {
    workers: there.loader.workers,
    note: there.loader.note,
    equal: JSON.stringify(here.batches) === JSON.stringify(there.batches),
    batches: there.batches.length,
    broken: there.loader.broken.map(({ index }) => index),
    ...(await folderFound()),
  };
}

explore()
  .catch((error: unknown) => ({ note: `${error}` }))
  .then((found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) }));
