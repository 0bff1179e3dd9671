// Samples in memory, where they fit: files are then read and brought to a size once, and not in every epoch.

import { DataLoader, type Dataset, FormatError, Tensor } from 'neocog';
import { StageBar } from '../progress.ts';
import type { Noun } from './lesson.ts';
import type { Reading } from './samples.ts';

/** Bytes of samples that are kept. */
const mostBytes = 2 ** 29;

/** Samples that are read ahead of the one that is kept. */
const ahead = 8;

/** The same data set, which reads no file twice; as it was where its samples are too many or too large for that. */
export async function remembered<S extends object, D extends Dataset<S>>(
  dataset: D & Dataset<S>,
  { workers, strict }: Reading,
  noun: Noun,
): Promise<D> {
  const kept = new Map<number, S>();
  const last: S[] = [];
  const collate = ([sample]: readonly S[]) => {
    last[0] = sample as S; // a batch is one sample
    return { x: nothing, y: nothing };
  };
  const loader = new DataLoader<S>(dataset, { workers, strict, prefetch: ahead, batchSize: 1, collate });
  const bar = new StageBar();
  let bytes = 0;
  try {
    for await (const { index } of loader) {
      const sample = last[0] as S;
      bytes += bytesOf(sample);
      if (bytes > mostBytes) return dataset;
      kept.set(index[0] as number, sample);
      bar.update(`reading ${noun}s`, kept.size / dataset.length);
    }
  } finally {
    bar.stop();
    loader.close();
  }
  const broken = new Map(loader.broken.map(({ index, reason }) => [index, reason]));
  const get = (index: number): S => {
    const sample = kept.get(index);
    if (sample) return sample;
    throw new FormatError(broken.get(index) ?? 'it was not read');
  };
  return { ...dataset, get, recipe: undefined };
}

const nothing = new Tensor(new Int32Array(0), [0]);

/** Of the tensors in a sample. */
const bytesOf = (sample: object): number =>
  Object.values(sample).reduce(
    (sum: number, part: unknown) => sum + (part instanceof Tensor ? part.data.byteLength : 0),
    0,
  );
