// What a report on training with a folder shows, gathered from what was learned.

import { summary } from 'neocog';
import type { LayerRow } from '../../report/data.ts';
import { version } from '../../version.ts';
import type { Learned, Learning } from '../learn.ts';
import type { Lesson } from '../lesson.ts';
import { commandLine } from '../settings.ts';
import type { FolderReport } from './page.ts';

/** A training that is over. */
export interface Finished {
  readonly learning: Learning;
  readonly learned: Learned;
  readonly seconds: number;
  /** Path of the network's file. */
  readonly network: string;
}

export async function collectReport({ learning, learned, ...told }: Finished): Promise<FolderReport> {
  const { lesson, settings, machine } = learning;
  const report = await lesson.report(machine);
  const { title, name, noun, placed, train } = lesson;
  const { history, best, broken } = learned;
  return {
    ...{ ...told, ...report, title, name, noun, history, best, version },
    trained: train.length,
    before: placed?.before ?? null,
    layers: layersOf(lesson),
    broken: [...broken, ...report.broken],
    command: commandLine(settings),
  };
}

const layersOf = ({ module, input }: Lesson): LayerRow[] =>
  summary(module, [1, ...input]).layers.map((layer) => ({
    ...layer,
    outputShape: layer.outputShape.slice(1),
  }));
