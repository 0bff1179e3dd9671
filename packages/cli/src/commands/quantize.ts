// `neocog quantize`: a network whose weights are whole numbers of 8 bits, as ONNX, and what that does to its answers.

import { loadFile, saveOnnx } from '@neocog/formats';
import type { Command } from 'commander';
import { type nn, quantize } from 'neocog';
import { CommandError, writeWhole } from '../files.ts';
import { openTrained } from '../folder/tasks.ts';
import { wholeNumber } from '../options.ts';
import { describeChange, type Measure, type Measured } from '../quantize/change.ts';
import { onSamples } from '../quantize/samples.ts';
import { onFolder } from '../quantize/trained.ts';
import { readFolderRecipe } from '../recipe.ts';
import { addPictureOptions, checkPictureWords, type PictureWords } from '../run/pictureWords.ts';
import { needNetwork, networkOf, resolveShapes, type SubjectOptions } from '../subject.ts';
import { formatCount } from '../table.ts';

interface QuantizeWords extends PictureWords, SubjectOptions {
  readonly samples: number;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addQuantize(program: Command): void {
  const command = program
    .command('quantize')
    .summary('make the weights of a network bytes')
    .description(
      'Writes a network whose weights take a byte each, and that multiplies whole numbers where that is faster, as ONNX ' +
        '(QuantizeLinear and DequantizeLinear). Samples tell the range of the values that come into each layer. Printed is how the ' +
        'answers change: of a network of neocog train FOLDER its accuracy on the folder, before and after; of others how often the ' +
        'likeliest class stays, and how far outputs differ.',
    )
    .argument('<network>', 'a network of any format that neocog inspect reads, or weights with --model')
    .argument(
      '<samples>',
      'of a network of neocog train FOLDER such a folder; of others a folder of pictures or of inputs as .npy or .npz, or one such file',
    )
    .argument('<to>', 'the file to write: .onnx');
  addPictureOptions(command)
    .option('--samples <n>', 'look at this many of them for the ranges', wholeNumber(1), 100)
    .option('--json', 'print the figures as JSON')
    .action(run);
}

async function run(path: string, samples: string, to: string, words: QuantizeWords): Promise<void> {
  checkPictureWords(words);
  if (!/\.onnx$/i.test(to)) {
    throw new CommandError(`cannot write ${to}: quantised networks are written as .onnx; name such a file`);
  }
  const file = await loadFile(path, { within: words.within });
  const network = needNetwork(path, networkOf(file, words)).eval();
  const shapes = closedShapes(network, words);
  const recipe = file.network && readFolderRecipe(path, file.metadata);
  const measure: Measure = recipe
    ? onFolder(openTrained(network, recipe), samples, words)
    : await onSamples(network, samples, words);
  const before = saveOnnx(network, { input: shapes, metadata: file.metadata });
  const first = await measure.first();
  quantize(network, first.inputs);
  const bytes = saveOnnx(network, { input: shapes, metadata: file.metadata });
  const change = await measure.again();
  await writeWhole(to, bytes);
  const sizes = { bytes: bytes.length, before: before.length };
  process.stdout.write(
    words.json ? `${JSON.stringify({ ...sizes, ...change }, null, 2)}\n` : tell(to, sizes, change),
  );
}

function closedShapes(network: nn.NamedModule, { input = [] }: QuantizeWords) {
  const { shapes, open } = resolveShapes(network.inputs, input);
  if (open.length === 0) return shapes;
  throw new CommandError(`the sizes of ${open.join(' and ')} are open; give them with --input`);
}

function tell(to: string, { bytes, before }: { bytes: number; before: number }, change: Measured): string {
  const times = (before / bytes).toFixed(1);
  return `${to}: ${formatCount(bytes)} bytes, ${times} times smaller than ${formatCount(before)}\n${describeChange(change)}\n`;
}
