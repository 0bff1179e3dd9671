// `neocog build`: a network as a folder that runs by itself: an ES module with kernels and weights, types, and a page.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { esModule, type WeightStorage } from '@neocog/formats';
import { type Command, Option } from 'commander';
import {
  type Choices,
  type CompileOptions,
  compile,
  configure,
  manualSeed,
  type PackedProgram,
  pack,
} from 'neocog';
import { type Comparison, compareWithSource } from '../build/compare.ts';
import { checkFolder, writeFolder } from '../build/folder.ts';
import { openSource, type Source, type SourceWords } from '../build/source.ts';
import { keepChoices, type TuneWord, tuneHelp, tuneOptions } from '../choices.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { modelNames } from '../networks.ts';
import { wholeNumber } from '../options.ts';
import { StageBar } from '../progress.ts';
import { inputShape } from '../subject.ts';
import { formatShare } from '../table.ts';

interface BuildWords extends SourceWords {
  readonly out: string;
  readonly weights: WeightStorage;
  readonly runs: number;
  readonly tune?: TuneWord;
  readonly name?: string;
  readonly exact?: boolean;
  readonly embed?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addBuild(program: Command): void {
  program
    .command('build')
    .summary('write a network as a module that runs by itself')
    .description(
      'Writes a folder with an ES module that runs one network on inputs of one shape, in Node, in browsers and through ' +
        'bundlers, and needs nothing else: kernels and weights are in it. With types, and a page that tries it. Its answers ' +
        "are compared with the source's before the folder takes its place.",
    )
    .argument(
      '<file>',
      `ONNX, TensorFlow.js (model.json), Keras, or weights of a network of the library; or ${modelNames.join(', ')} with random weights`,
    )
    .requiredOption('-o, --out <folder>', 'where to write')
    .option('--input <sizes>', 'shape of an input, such as 1x3x224x224 or mask=1x1x64x64', inputShape)
    .option('--model <name>', 'put weights into this network of the library, such as resnet18')
    .option('--within <key>', 'of a PyTorch file: only what lies within this key, such as state_dict')
    .addOption(
      new Option('--weights <type>', 'how weights are stored; sums stay float32')
        .choices(['float32', 'float16', 'int8'])
        .default('float32'),
    )
    .option(
      '--embed',
      'weights as JavaScript, not as a file beside it, for bundlers that would lose the file',
    )
    .option('--exact', 'the same bits on every engine, at some cost in speed')
    .option('--tune [file]', tuneHelp)
    .option('--name <text>', 'what the network is called in the folder')
    .option('--runs <n>', 'random inputs to compare with the source on', wholeNumber(1), 10)
    .option('--seed <n>', 'of random weights and inputs', wholeNumber(0), 1)
    .option('--force', 'write into a folder that holds other files')
    .option('--json', 'print the figures as JSON')
    .action(build);
}

async function build(text: string, words: BuildWords): Promise<void> {
  // What is written runs at 128 bits everywhere, and is compared with a source that does.
  configure({ wideSimd: 'off' });
  await checkFolder(words.out, words.force ?? false);
  const source = await openSource(text, words);
  const built = await writeAll(source, words);
  const figures = await figuresOf(source, words, built);
  if (source.random) {
    process.stderr.write(
      `neocog: ${source.name} was written with random weights; name a weights file for others\n`,
    );
  }
  process.stdout.write(words.json ? `${JSON.stringify(figures, null, 2)}\n` : describe(figures));
}

interface Built {
  readonly packed: PackedProgram;
  readonly comparison: Comparison;
}

async function writeAll({ name, module, input, page }: Source, words: BuildWords): Promise<Built> {
  const { out, weights, runs, seed, exact = false, embed = false } = words;
  const bar = new StageBar();
  const interrupt = listenForInterrupt();
  try {
    const tune =
      words.tune === undefined ? undefined : await tuned(module, { input, exact }, words.tune, bar);
    bar.update('compiling', 0);
    const packed = pack(module, { input, exact, tune });
    const files = esModule(packed, { ...page, name: words.name ?? name, weights, embed });
    let pieces = 0;
    let comparison: Comparison | undefined;
    await writeFolder(out, files, {
      interrupt,
      onFile: ({ share }) => bar.update('writing', share),
      onPiece: () => bar.update('writing', pieces++ / packed.constants.length),
      check: async (folder) => {
        manualSeed(seed);
        const onProgress = (share: number): void => bar.update('comparing', share);
        comparison = await compareWithSource(folder, module, { input, exact, tune, runs, onProgress });
        refuseDifference(comparison, weights);
      },
    });
    return { packed, comparison: comparison as Comparison };
  } finally {
    interrupt.release();
    bar.stop();
  }
}

/** What was measured of the algorithms that a written network may have, on this engine. */
async function tuned(
  module: Source['module'],
  options: Pick<CompileOptions, 'input' | 'exact'>,
  word: TuneWord,
  bar: StageBar,
): Promise<Choices | undefined> {
  const onProgress = (share: number): void => bar.update('tuning', share);
  const tune = { ...(await tuneOptions(word)), onProgress };
  const program = await compile(module, { ...options, compact: true, threads: 1, tune });
  const choices = program.choices();
  program.dispose();
  await keepChoices(word, choices);
  return choices ?? undefined;
}

/**
 * With all bits of the weights, answers are those of the source on the same algorithms; smaller weights change them, but make
 * no NaN or infinity.
 */
export function refuseDifference({ faithful, largest }: Comparison, weights: WeightStorage): void {
  if (weights === 'float32' ? faithful : Number.isFinite(largest)) return;
  throw new Error(`answers of what was to be written differ from those of the source by up to ${largest}`);
}

interface Figures {
  readonly folder: string;
  readonly name: string;
  readonly inputs: PackedProgram['inputs'];
  readonly outputs: PackedProgram['outputs'];
  readonly weights: WeightStorage;
  readonly exact: boolean;
  /** Whether weights are JavaScript. */
  readonly embedded: boolean;
  /** Of weights as they are in the files. */
  readonly weightBytes: number;
  /** Of everything else, plain and compressed by Brotli. */
  readonly codeBytes: number;
  readonly compressedBytes: number;
  readonly comparison: Comparison;
}

async function figuresOf(source: Source, words: BuildWords, { packed, comparison }: Built): Promise<Figures> {
  const [inputs, outputs] = [packed.inputs, packed.outputs];
  const { out: folder, weights } = words;
  return {
    folder,
    name: words.name ?? source.name,
    inputs,
    outputs,
    weights,
    exact: words.exact ?? false,
    embedded: words.embed ?? false,
    ...(await sizesOf(folder)),
    comparison,
  };
}

async function sizesOf(
  folder: string,
): Promise<Pick<Figures, 'weightBytes' | 'codeBytes' | 'compressedBytes'>> {
  let [weightBytes, codeBytes, compressedBytes] = [0, 0, 0];
  const { files } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const file of [...files, 'package.json']) {
    const bytes = await readFile(join(folder, file));
    if (/^weights[-.]/.test(file)) weightBytes += bytes.length;
    else {
      codeBytes += bytes.length;
      compressedBytes += brotliCompressSync(bytes).length;
    }
  }
  return { weightBytes, codeBytes, compressedBytes };
}

const kilobytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function describe(figures: Figures): string {
  const { folder, name, inputs, outputs, weights, comparison } = figures;
  const values = [
    ...inputs.map((each) => ['takes', each] as const),
    ...outputs.map((each) => ['gives', each] as const),
  ];
  const lines = values.map(
    ([verb, { name: own, shape, dtype }]) => `  ${verb}    ${own}  ${dtype} ${shape.join('×') || 'number'}`,
  );
  return [
    `${folder}  ${name}${figures.exact ? ', exact' : ''}`,
    ...lines,
    `  weights  ${kilobytes(figures.weightBytes)}, stored as ${weights}${figures.embedded ? ' in base64' : ''}`,
    `  the rest ${kilobytes(figures.codeBytes)}, ${kilobytes(figures.compressedBytes)} compressed (Brotli)`,
    `  ${describeComparison(comparison, weights)}`,
    '',
  ].join('\n');
}

export function describeComparison(
  { runs, equal, largest, rms, size, top }: Comparison,
  weights: string,
): string {
  const inputs = `${runs} random input${runs === 1 ? '' : 's'}`;
  if (equal) return `answers are the source's, bit for bit, on ${inputs}`;
  const share = top ? `; the largest value is the same in ${top.same} of ${top.of}` : '';
  const [most, own] = [largest, size].map((x) => x.toPrecision(3));
  const part = size > 0 ? rms / size : 0;
  const cause = weights === 'float32' ? 'some layers are summed in another order, which' : weights;
  const change = weights === 'float32' ? `${(100 * part).toPrecision(2)} %` : formatShare(part);
  return `${cause} changes answers by ${change} (rms; at most ${most}, where their rms is ${own}) on ${inputs}${share}`;
}
