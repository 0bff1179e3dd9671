// `neocog run`: one picture through a network: that of `neocog train`, which knows what it was fed and its classes, or any
// network from a file.

import { loadFile } from '@neocog/formats';
import { type Command, Option } from 'commander';
import { noGrad, softmax, Tensor } from 'neocog';
import { readCheckpoint } from '../checkpoint.ts';
import { CommandError } from '../files.ts';
import { readGreyImage } from '../image.ts';
import { numbers, positiveNumber, wholeNumber } from '../options.ts';
import { describeAnswers, rank } from '../run/answers.ts';
import { type RunWords, runImported } from '../run/imported.ts';
import { inputShape, networkOf, type SubjectOptions } from '../subject.ts';

/** Adds the command to the program. */
export function addRun(program: Command): void {
  program
    .command('run')
    .summary('run a network on a picture')
    .description(
      'Runs a network on a picture and prints the likeliest classes, or the outputs; -o writes an output that is an image. ' +
        'The file is one of neocog train, or a network of ONNX, TensorFlow.js or Keras, or weights for one of the library ' +
        '(--model).\nWeights of neocog train know how they were fed. Other networks see (pixel / scale − mean) / std, and ' +
        'images that they give are turned back by the same rule.',
    )
    .argument(
      '<file>',
      'a weights.safetensors of neocog train, or a network of any format that neocog inspect reads',
    )
    .argument('<image>', 'the picture (PNG, JPEG, WebP); for an imported network also inputs as .npy or .npz')
    .option('--fit', 'resize a picture of another size, its proportions kept')
    .option('--crop', 'resize it so that it fills the input, and cut what sticks out')
    .option('--invert', 'swap light and dark, for dark strokes on a light ground')
    .option('--mean <numbers>', 'subtracted from every pixel, or by channel: 0.485,0.456,0.406', numbers, [0])
    .option('--std <numbers>', 'divided by, such as 0.229,0.224,0.225', numbers, [1])
    .option('--scale <n>', 'what becomes 1 before that; 1 keeps pixels 0 to 255', positiveNumber, 255)
    .addOption(
      new Option('--layout <order>', 'order of axes, where the shape leaves a choice').choices([
        'channels-first',
        'channels-last',
      ]),
    )
    .option('--input <sizes>', 'shape of an input with open sizes, such as 1x3x224x224', inputShape)
    .option('--model <name>', 'put weights into this network of the library, such as resnet18')
    .option('--within <key>', 'of a PyTorch file: only what lies within this key, such as state_dict')
    .option('--labels <file>', 'names of the classes: a name a line, or JSON')
    .option('-o, --output <file>', 'write an image (.png, .jpg, .webp), or the outputs (.npz, .npy)')
    .option('--top <n>', 'print the n likeliest classes', wholeNumber(1), 5)
    .option('--json', 'print all classes or outputs as JSON')
    .action(run);
}

async function run(path: string, image: string, words: RunWords & SubjectOptions): Promise<void> {
  if (words.std.includes(0)) throw new CommandError('--std cannot be 0; leave it out to divide by 1');
  const file = await loadFile(path, { within: words.within });
  const trained = file.metadata.architecture !== undefined;
  if (trained) return runTrained(path, image, words);
  const network = networkOf(file, words);
  if (network === null) {
    throw new CommandError(
      `${path} holds weights and does not say of which network; name one of the library with --model`,
    );
  }
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
