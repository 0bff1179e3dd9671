// What `neocog build` writes: a network of the library by its name, or one from a file, and what is known of its use.

import { basename } from 'node:path';
import type { EsModuleOptions } from '@neocog/formats';
import { manualSeed, type nn } from 'neocog';
import { type Recipe, readRecipe } from '../checkpoint.ts';
import { CommandError, exists } from '../files.ts';
import { askForNear } from '../names.ts';
import { findModel, type Model, modelNames, needAxes } from '../networks.ts';
import { classColours } from '../palette.ts';
import {
  type NamedRecipe,
  type PixelRecipe,
  type Recipes,
  readFolderRecipe,
  type TaskName,
} from '../recipe.ts';
import { type InputShape, openSubject, resolveShapes, type SubjectOptions } from '../subject.ts';

export interface Source {
  readonly name: string;
  readonly module: nn.Module;
  /** By the names of inputs, or of the only one. */
  readonly input: readonly number[] | Readonly<Record<string, readonly number[]>>;
  /** Weights were drawn, not read. */
  readonly random: boolean;
  readonly page: Pick<EsModuleOptions, 'labels' | 'pixels' | 'sound' | 'answer'>;
}

export interface SourceWords extends SubjectOptions {
  readonly input?: readonly InputShape[];
  readonly seed: number;
}

/** @throws CommandError if there is no such network or file, or its inputs have sizes that nobody states */
export async function openSource(text: string, words: SourceWords): Promise<Source> {
  const known = findModel(text);
  if (known) {
    manualSeed(words.seed);
    return {
      name: known.name,
      module: known.build(),
      input: inputOf(known, words.input),
      random: true,
      page: {},
    };
  }
  if (!(await exists(text)) && !/^[a-z]+:\/\//i.test(text)) {
    throw new CommandError(
      `there is no file and no network ${text}${askForNear(modelNames, text) || ';'} name a file, or one of: ${modelNames.join(', ')}`,
    );
  }
  return openFile(text, words);
}

/** A named network has one input, whose name is not asked for. */
function inputOf({ name, input }: Model, given: readonly InputShape[] = []): readonly number[] {
  const shape = given.at(-1)?.shape;
  return shape ? needAxes(name, shape, input) : input;
}

async function openFile(path: string, words: SourceWords): Promise<Source> {
  const { file, network } = await openSubject(path, words);
  if (!network) {
    throw new CommandError(
      `${path} does not say which network its weights belong to; add --model and one of: ${modelNames.join(', ')}`,
    );
  }
  const { shapes, open } = resolveShapes(network.inputs, words.input ?? []);
  if (open.length > 0) {
    throw new CommandError(
      `sizes are open in ${open.join(' and ')}; state them, such as --input 1x3x224x224`,
    );
  }
  const recipe =
    words.model === undefined && file.metadata.architecture !== undefined
      ? readRecipe(path, file.metadata)
      : null;
  const trained = readFolderRecipe(path, file.metadata);
  const page = trained ? pageFor(trained) : recipe ? pageOf(recipe) : {};
  const name = recipe?.network.title ?? words.model ?? basename(path).replace(/\.[^.]*$/, '');
  return { name, module: network.eval(), input: shapes, random: false, page };
}

const pageOf = ({ classes, mean, std }: Recipe): Source['page'] => ({
  labels: classes,
  pixels: { mean: [mean], std: [std] },
  answer: { kind: 'classes' },
});

/** The page scales pixels from 0 to 255. */
const pixelsOf = ({ mean, std, fit }: PixelRecipe): Source['page']['pixels'] => ({
  mean: mean.map((value) => 255 * value),
  std: std.map((value) => 255 * value),
  fit,
});

const pages: { readonly [N in TaskName]: (recipe: Recipes[N]) => Source['page'] } = {
  classify: (recipe) => ({ pixels: pixelsOf(recipe), answer: { kind: 'classes' } }),
  segment: (recipe) => ({
    pixels: pixelsOf(recipe),
    answer: { kind: 'masks', colours: classColours(recipe.classes.length) },
  }),
  sound: ({ sampleRate }) => ({ sound: { sampleRate }, answer: { kind: 'classes' } }),
};

const pageForTask = <N extends TaskName>({
  task,
  recipe,
}: {
  readonly task: N;
  readonly recipe: Recipes[N];
}) => ({
  ...pages[task](recipe),
  labels: recipe.classes,
});

const pageFor = (trained: NamedRecipe): Source['page'] => pageForTask(trained);
