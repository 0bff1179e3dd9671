// `neocog explain`: the arithmetic of one layer with its formulas filled in, how the library would run it, and the code
// that it would write. Takes a layer and its options, or a geometry as text; numbers come from the library.

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  explain,
  explainPlan,
  formatExplanation,
  type LayerArithmetic,
  type Padding,
  type PerAxis,
} from 'neocog';
import { formatSteps, stepsOfOne } from '../explain/oneLayer.ts';
import { CommandError } from '../files.ts';
import { sizes, wholeNumber } from '../options.ts';

/** The layer's options, named as the library names them. */
interface LayerWords {
  readonly input?: number[];
  readonly filters?: number;
  readonly outFeatures?: number;
  readonly kernel?: PerAxis;
  readonly stride?: PerAxis;
  readonly padding?: Padding;
  readonly paddingMode?: string;
  readonly dilation?: PerAxis;
  readonly groups?: number;
  readonly outputPadding?: PerAxis;
  readonly outputSize?: number[];
  readonly ceilMode?: boolean;
  readonly layout?: string;
}

interface ExplainWords extends LayerWords {
  readonly bias: boolean;
  readonly transposed?: boolean;
  readonly plan?: boolean;
  readonly listing?: boolean;
  readonly json?: boolean;
}

const { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } = explain;
const { maxPool1d, maxPool2d, maxPool3d, avgPool1d, avgPool2d, avgPool3d, linear } = explain;

/** What can be explained, by what each cannot do without. */
const families = [
  {
    needs: ['input', 'filters', 'kernel'],
    layers: { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d },
  },
  {
    needs: ['input', 'kernel'],
    layers: { maxPool1d, maxPool2d, maxPool3d, avgPool1d, avgPool2d, avgPool3d },
  },
  { needs: ['input', 'outFeatures'], layers: { linear } },
] as const;

const names = families.flatMap(({ layers }) => Object.keys(layers));
const exampleText = 'n1 g1 c64>64 56x56 k3x3 s1 d1 p1';

/** Adds the command to the program. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary("print a layer's arithmetic: shapes, counts, receptive field, formulas")
    .description(
      "Prints a layer's arithmetic without running it: output shape, parameters, multiply-adds, memory and receptive " +
        'field, the formulas with their numbers filled in, and what a dense or a depthwise separable layer would cost.',
    )
    .argument('<layer>', `${names.join(', ')}; or a geometry such as '${exampleText}'`);
  addLayerOptions(command);
  command
    .option('--transposed', 'read a geometry from the other side, as a transposed convolution')
    .option('--plan', 'add which algorithm runs it, at once and compiled, and why the others do not')
    .option('--listing', 'print the code that the library writes for it instead')
    .option('--json', 'print the numbers as JSON')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  neocog explain conv2d --input 1x3x224x224 --filters 64 --kernel 3 --padding 1
  neocog explain conv1d --input 1x16x100 --filters 32 --kernel 3 --dilation 4 --padding causal
  neocog explain convTranspose2d --input 1x64x56x56 --filters 32 --kernel 4 --stride 2 --padding 1
  neocog explain '${exampleText}' --plan`;

function addLayerOptions(command: Command): void {
  command
    .option('--input <sizes>', 'shape of the input, such as 1x3x224x224, or without the batch', sizes)
    .option('--filters <n>', 'output channels', wholeNumber(1))
    .option('--kernel <sizes>', 'the window, such as 3 or 3x5', perAxis(1))
    .option('--stride <sizes>', 'cells from one window to the next, such as 2 or 2x1', perAxis(1))
    .option('--padding <cells>', 'such as 1, 1x2, 0:1x2:2 (before:after), same, full or causal', padding)
    .addOption(
      new Option('--padding-mode <mode>', 'what stands in the padding').choices([
        'zeros',
        'reflect',
        'symmetric',
        'replicate',
        'circular',
      ]),
    )
    .option('--dilation <sizes>', 'cells from one tap to the next', perAxis(1))
    .option('--groups <n>', 'groups of channels', wholeNumber(1))
    .option('--no-bias', 'count no bias')
    .option('--output-padding <sizes>', 'of a transposed convolution: cells added at the end', perAxis(0))
    .option('--output-size <sizes>', 'of a transposed convolution: the wanted size', sizes)
    .option('--ceil-mode', 'of pooling: keep a last window that only partly fits')
    .option('--out-features <n>', 'of a linear layer: its outputs', wholeNumber(1))
    .addOption(
      new Option('--layout <order>', 'order of the input').choices(['channels-first', 'channels-last']),
    );
}

/** One whole number from `least`, or one per axis with an x between. */
const perAxis =
  (least: number) =>
  (text: string): PerAxis => {
    const values = text.split('x').map(Number);
    if (/^\d+(x\d+)*$/.test(text) && values.every((value) => value >= least)) {
      return values.length === 1 ? values[0] : values;
    }
    throw new InvalidArgumentError(`Needed is a whole number from ${least}, or one per axis, such as 3x5`);
  };

/** A name, which the library judges, or cells as in a geometry's text. */
function padding(text: string): Padding {
  if (/^[a-z-]+$/.test(text)) return text as Padding;
  if (/^\d+(x\d+)*$/.test(text)) return perAxis(0)(text);
  if (/^\d+:\d+(x\d+:\d+)*$/.test(text)) {
    return text.split('x').map((pair) => pair.split(':').map(Number) as [number, number]);
  }
  throw new InvalidArgumentError('Needed are cells such as 1, 1x2 or 0:1x2:2, or a name such as same');
}

async function run(layer: string, words: ExplainWords): Promise<void> {
  const { transposed, plan, listing, json, bias, ...options } = words;
  const numbers = /^n\d/.test(layer)
    ? explainGeometry(layer, options, { transposed, bias })
    : explainLayer(layer, options, words);
  if (!plan && !listing) print(json ? JSON.stringify(numbers, null, 2) : explain.format(numbers));
  else await printPlan(numbers, words);
}

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

async function printPlan(numbers: LayerArithmetic, { plan, listing, json }: ExplainWords): Promise<void> {
  if (numbers.geometry === null || !numbers.op.startsWith('conv')) {
    throw new CommandError(`${numbers.op} runs in one way only; --plan and --listing are for convolutions`);
  }
  const transposed = numbers.op.startsWith('convTranspose');
  const found = explainPlan(numbers.geometry, transposed ? 'inputGrad' : 'conv');
  const compiled = plan ? await stepsOfOne(numbers.geometry, transposed) : [];
  const texts = [explain.format(numbers), formatExplanation(found), formatSteps(compiled)];
  if (json) print(JSON.stringify({ ...numbers, plan: found, ...(plan && { compiled }) }, null, 2));
  else if (plan) print(texts.filter((text) => text !== '').join('\n\n'));
  if (listing && !json) print(plan ? `\n${found.listing}` : found.listing);
}

/** `outFeatures` → `--out-features` */
const flag = (option: string): string => `--${option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

function explainGeometry(
  text: string,
  options: LayerWords,
  reading: explain.ExplainGeometryOptions,
): LayerArithmetic {
  const [given] = Object.keys(options);
  if (given)
    throw new CommandError(
      `a geometry fixes the whole layer; leave ${flag(given)} out, or name the layer instead`,
    );
  return explain.geometry(text, reading);
}

function explainLayer(
  name: string,
  options: LayerWords,
  { bias, transposed }: ExplainWords,
): LayerArithmetic {
  if (transposed)
    throw new CommandError('--transposed is for a geometry; name the layer convTranspose2d instead');
  const family = families.find(({ layers }) => Object.hasOwn(layers, name));
  if (!family) {
    throw new CommandError(
      `there is no layer ${name}; choose one of ${names.join(', ')}, or give a geometry such as '${exampleText}'`,
    );
  }
  const missing = family.needs.filter((need) => options[need] === undefined).map(flag);
  if (missing.length > 0)
    throw new CommandError(`${name} needs ${missing.join(', ')}; see neocog explain --help`);
  const make = (family.layers as Record<string, (options: object) => LayerArithmetic>)[name];
  return make(bias ? options : { ...options, bias });
}
