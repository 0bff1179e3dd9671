// `neocog run`: one picture through a trained network, and the classes in order of their shares.

import type { Command } from 'commander';
import { noGrad, softmax, Tensor } from 'neocog';
import { readCheckpoint } from '../checkpoint.ts';
import { readGreyImage } from '../image.ts';
import { wholeNumber } from '../options.ts';
import { formatShare } from '../table.ts';

interface RunOptions {
  fit?: boolean;
  invert?: boolean;
  top: number;
  json?: boolean;
}

interface Answer {
  readonly class: string;
  readonly probability: number;
}

/** Adds the command to the program. */
export function addRun(program: Command): void {
  program
    .command('run')
    .summary('recognise a picture with trained weights')
    .description(
      'Recognises a picture with weights that neocog train wrote, and prints the likeliest classes.\n' +
        'The picture (PNG, JPEG, WebP) is taken as grey; the networks here learned light strokes on a dark ground.',
    )
    .argument('<weights>', 'a weights.safetensors of neocog train')
    .argument('<image>', 'the picture')
    .option('--fit', 'resize a picture of another size, its proportions kept')
    .option('--invert', 'swap light and dark, for dark strokes on a light ground')
    .option('--top <n>', 'print the n likeliest classes', wholeNumber(1), 5)
    .option('--json', 'print all classes as JSON')
    .action(run);
}

async function run(weights: string, image: string, options: RunOptions): Promise<void> {
  const { recipe, module } = await readCheckpoint(weights);
  const [height, width] = recipe.network.input.slice(-2);
  const { fit = false, invert = false } = options;
  const pixels = await readGreyImage(image, { width, height, fit, invert });
  const input = Float32Array.from(pixels, (pixel) => (pixel - recipe.mean) / recipe.std);
  const output = noGrad(() => softmax(module.forward(new Tensor(input, recipe.network.input)), { axis: 1 }));
  const answers = rank(recipe.classes, output.data);
  process.stdout.write(
    options.json ? `${JSON.stringify(answers, null, 2)}\n` : describe(answers.slice(0, options.top)),
  );
  if (looksInverted(pixels)) {
    process.stderr.write('neocog: the picture is mostly light; if its strokes are dark, try --invert\n');
  }
}

/** The classes with their shares, the largest first. */
export const rank = (classes: readonly string[], shares: ArrayLike<number>): Answer[] =>
  classes
    .map((name, i) => ({ class: name, probability: shares[i] }))
    .sort((a, b) => b.probability - a.probability);

const barWidth = 30;

function describe(answers: readonly Answer[]): string {
  const width = Math.max(...answers.map((answer) => answer.class.length));
  const lines = answers.map(({ class: name, probability }) => {
    const bar = '█'.repeat(Math.round(barWidth * probability));
    return `${name.padEnd(width)}  ${formatShare(probability).padStart(8)}  ${bar}`.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

/** More light than dark: the mean is above the middle of 0 … 255. */
const looksInverted = (pixels: Uint8Array): boolean =>
  pixels.reduce((sum, pixel) => sum + pixel, 0) > 127.5 * pixels.length;
