// The tasks, and which of them a folder or a file of a network is for.

import type { nn } from 'neocog';
import { listFiles } from 'neocog/folders';
import { CommandError } from '../files.ts';
import type { NamedRecipe, Recipes, TaskName } from '../recipe.ts';
import { masks } from './masks/task.ts';
import { pictures } from './pictures/task.ts';
import { sounds } from './sounds/task.ts';
import type { Opening, Task } from './task.ts';
import type { Trained } from './trained.ts';

const tasks: { readonly [N in TaskName]: Task<N> } = { classify: pictures, segment: masks, sound: sounds };

export const taskNames = Object.keys(tasks) as TaskName[];

/** The task of a network that was trained on a folder. */
export const trainedFor = <N extends TaskName>(
  network: nn.Module,
  { task, recipe }: { readonly task: N; readonly recipe: Recipes[N] },
): Trained => tasks[task].trained(network, recipe);

export const openTrained = (network: nn.Module, named: NamedRecipe): Trained => trainedFor(network, named);

/** The task that was asked for, or the one that the folder is for. @throws CommandError if the folder does not fit */
export async function taskFor(folder: string, wanted: TaskName | undefined): Promise<Opening> {
  const paths = await listFiles('train', folder, ['']);
  const counts = taskNames.map((name): { task: Opening; count: number } => ({
    task: tasks[name],
    count: tasks[name].countIn(paths),
  }));
  const fitting = counts.filter(({ task, count }) => count > 0 && (!wanted || task.name === wanted));
  const [best] = fitting.sort((a, b) => b.count - a.count);
  if (best) return best.task;
  throw new CommandError(`${folder} ${whatIsWrong(paths, wanted)}`);
}

/** Sounds that are not read. */
const otherSounds = /\.(mp3|ogg|oga|opus|flac|m4a|aac|aiff?|wma)$/i;

function whatIsWrong(paths: readonly string[], wanted: TaskName | undefined): string {
  const other = paths.find((path) => otherSounds.test(path));
  if (other !== undefined && wanted !== 'classify' && wanted !== 'segment') {
    const ending = other.slice(other.lastIndexOf('.'));
    return `holds sounds as ${ending} files, and only WAV is read; convert them, such as by ffmpeg -i a${ending} a.wav`;
  }
  const kinds = taskNames.filter((name) => !wanted || name === wanted).map((name) => tasks[name].holds);
  const found =
    paths.length === 0 ? 'holds no file' : `does not hold ${kinds.length === 1 ? 'that' : 'any of these'}`;
  return `${found}: ${wanted ? `--task ${wanted} needs` : 'what can be learned from are'} ${kinds.join('; ')}`;
}
