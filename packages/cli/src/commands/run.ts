// `neocog run`: a picture or a sound through a network: that of `neocog train`, which knows what it was fed and its classes, or any
// network from a file.

import { loadFile } from '@neocog/formats';
import type { Command } from 'commander';
import { noGrad, softmax, Tensor } from 'neocog';
import { readCheckpoint } from '../checkpoint.ts';
import { openTrained } from '../folder/tasks.ts';
import { readGreyImage } from '../image.ts';
import { wholeNumber } from '../options.ts';
import { readFolderRecipe } from '../recipe.ts';
import { describeAnswers, rank } from '../run/answers.ts';
import { type RunWords, runImported } from '../run/imported.ts';
import { addPictureOptions, checkPictureWords } from '../run/pictureWords.ts';
import { needNetwork, networkOf, type SubjectOptions } from '../subject.ts';

/** Adds the command to the program. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('run a network on a picture or a sound')
    .description(
      'Runs a network on a picture or a sound and prints the likeliest classes, or the outputs; -o writes an output that is an ' +
        'image, or the masks that a network draws. ' +
        'The file is one of neocog train, or a network of ONNX, TensorFlow.js or Keras, or weights for one of the library ' +
        '(--model).\nWeights of neocog train know how they were fed. Other networks see (pixel / scale − mean) / std, and ' +
        'images that they give are turned back by the same rule.',
    )
    .argument(
      '<network>',
      'a weights.safetensors of neocog train, or a network of any format that neocog inspect reads',
    )
    .argument(
      '<file>',
      'the picture (PNG, JPEG, WebP), or of a network of neocog train FOLDER a sound (WAV) or a folder of either; for an imported network also inputs as .npy or .npz',
    );
  addPictureOptions(command)
    .option(
      '-o, --output <file>',
      'write an image (.png, .jpg, .webp), the outputs (.npz, .npy), or of a folder of pictures the masks into a folder',
    )
    .option('--top <n>', 'print the n likeliest classes', wholeNumber(1), 5)
    .option('--json', 'print all classes or outputs as JSON')
    .action(run);
}

async function run(path: string, image: string, words: RunWords & SubjectOptions): Promise<void> {
  checkPictureWords(words);
  const file = await loadFile(path, { within: words.within });
  const trained = file.metadata.architecture !== undefined;
  if (trained) return runTrained(path, image, words);
  const recipe = readFolderRecipe(path, file.metadata);
  if (file.network && recipe) return openTrained(file.network, recipe).run(image, words);
  const network = needNetwork(path, networkOf(file, words));
  process.stdout.write(await runImported(network, image, words));
}

async function runTrained(weights: string, image: string, options: RunWords): Promise<void> {
  const { recipe, module } = await readCheckpoint(weights);
  const [height, width] = recipe.network.input.slice(-2);
  const { fit = false, crop = false, invert = false } = options;
  const pixels = await readGreyImage(image, { width, height, fit, crop, invert });
  const input = Float32Array.from(pixels, (pixel) => (pixel - recipe.mean) / recipe.std);
  const output = noGrad(() => softmax(module.forward(new Tensor(input, recipe.network.input)), { axis: 1 }));
  const answers = rank(recipe.classes, output.data);
  process.stdout.write(
    options.json ? `${JSON.stringify(answers, null, 2)}\n` : describeAnswers(answers.slice(0, options.top)),
  );
  if (looksInverted(pixels)) {
    process.stderr.write('neocog: the picture is mostly light; if its strokes are dark, try --invert\n');
  }
}

/** More light than dark: the mean is above the middle of 0 … 255. */
export const looksInverted = (pixels: Uint8Array): boolean =>
  pixels.reduce((sum, pixel) => sum + pixel, 0) > 127.5 * pixels.length;
