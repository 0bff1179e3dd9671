// `neocog inspect`: what is in a file of any format: inputs and outputs, layers with shapes and work, statistics of weights.

import type { Format } from '@neocog/formats';
import type { Command } from 'commander';
import { formatSummary, NeocogError, type nn, type Summary, summary } from 'neocog';
import { type Statistics, statisticsOf } from '../inspect/statistics.ts';
import {
  FirstInput,
  type InputShape,
  inputShape,
  openSubject,
  resolveShapes,
  type Subject,
  type SubjectOptions,
} from '../subject.ts';
import { formatColumns, formatCount, formatShare, formatValue } from '../table.ts';

interface InspectWords extends SubjectOptions {
  readonly input?: readonly InputShape[];
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('show what is in a file of a network or of weights')
    .description(
      'Shows what a file holds: ONNX, TensorFlow.js (model.json), Keras (.keras, .h5), safetensors, PyTorch (.pt, .pth) or ' +
        'NumPy (.npz, .npy). Of a network its inputs and outputs and, for each layer, output shape, parameters, ' +
        'multiply-adds, memory and receptive field; of weights their statistics. Nothing in the file is executed.',
    )
    .argument('<file>', 'the file, or its address')
    .option('--input <sizes>', 'shape of an input, such as 1x3x224x224 or mask=1x1x64x64', inputShape)
    .option('--model <name>', 'put weights into this network of the library, such as resnet18')
    .option('--within <key>', 'of a PyTorch file: only what lies within this key, such as state_dict')
    .option('--json', 'print everything as JSON')
    .action(inspect);
}

interface WeightReport extends Statistics {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What `--json` prints. */
interface Report {
  readonly file: string;
  readonly format: Format;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly nn.NamedValue[] | null;
  readonly outputs: readonly nn.NamedValue[] | null;
  readonly summary: Summary | null;
  /** Why there is no summary of a network, or null. */
  readonly note: string | null;
  readonly weights: readonly WeightReport[];
  readonly allWeights: Statistics;
}

async function inspect(path: string, { input = [], json, ...options }: InspectWords): Promise<void> {
  const subject = await openSubject(path, options);
  const report = reportOf(path, subject, input);
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
}

function reportOf(path: string, { file, network }: Subject, given: readonly InputShape[]): Report {
  const tensors = Object.entries(file.tensors);
  const weights = tensors.map(([name, t]) => ({
    name,
    shape: t.shape,
    dtype: t.dtype,
    ...statisticsOf([t]),
  }));
  return {
    file: path,
    format: file.format,
    metadata: file.metadata,
    inputs: network?.inputs.map(plain) ?? null,
    outputs: network?.outputs.map(plain) ?? null,
    ...(network ? summarise(network, given) : { summary: null, note: null }),
    weights,
    allWeights: statisticsOf(tensors.map(([, t]) => t)),
  };
}

const plain = ({ name, shape, dtype }: nn.NamedValue): nn.NamedValue => ({ name, shape, dtype });

function summarise(network: nn.NamedModule, given: readonly InputShape[]): Pick<Report, 'summary' | 'note'> {
  const { shapes, open } = resolveShapes(network.inputs, given);
  if (open.length > 0) {
    return {
      summary: null,
      note: `the sizes of ${open.join(' and ')} are open; give them with --input for shapes and work`,
    };
  }
  const [{ name, dtype }] = network.inputs;
  try {
    return { summary: summary(new FirstInput(network, shapes), shapes[name], { dtype }), note: null };
  } catch (error) {
    if (given.length > 0 || !(error instanceof NeocogError)) throw error;
    return { summary: null, note: `no shapes and work: ${error.message}` };
  }
}

const formatNames: Readonly<Record<Format, string>> = {
  onnx: 'ONNX',
  tfjs: 'TensorFlow.js',
  keras: 'Keras',
  safetensors: 'safetensors',
  torch: 'PyTorch',
  npz: 'NumPy archive',
  npy: 'NumPy array',
};

function describe(report: Report): string {
  const { summary, note, inputs, outputs, weights } = report;
  const values = weights.reduce((sum, { count }) => sum + count, 0);
  const count = `${formatCount(weights.length)} tensor${weights.length === 1 ? '' : 's'}`;
  const parts = [
    `${report.file}: ${formatNames[report.format]}, ${count}, ${formatCount(values)} values`,
    formatPairs(Object.entries(report.metadata)),
    inputs && formatPairs([...inputs.map(valueRow('input')), ...(outputs ?? []).map(valueRow('output'))]),
    summary && formatSummary(summary),
    note,
    weights.length > 0 ? formatWeights(report) : null,
  ];
  return parts.filter((part) => part).join('\n\n');
}

const valueRow =
  (kind: string) =>
  ({ name, shape, dtype }: nn.NamedValue): [string, string] => [
    kind,
    `${name}  ${shape.join('×') || 'scalar'}  ${dtype}`,
  ];

function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([key]) => key.length));
  return pairs.map(([key, value]) => `${key.padEnd(width)}  ${value}`).join('\n');
}

const statisticsHeading = ['values', 'mean', 'std', 'min', 'max', 'zeros', 'not finite'];

const statisticsCells = ({ count, mean, std, min, max, zeros, nans, infinities }: Statistics): string[] => [
  formatCount(count),
  ...[mean, std, min, max].map(formatValue),
  zeros === 0 ? '' : formatShare(zeros / count, 1),
  nans + infinities === 0 ? '' : `${nans} NaN, ${infinities} ∞`,
];

const formatWeights = ({ weights, allWeights }: Report): string =>
  formatColumns(
    [
      ['weight', 'shape', 'dtype', ...statisticsHeading],
      ...weights.map((weight) => [
        weight.name,
        weight.shape.join('×') || 'scalar',
        weight.dtype,
        ...statisticsCells(weight),
      ]),
      ['all', '', '', ...statisticsCells(allWeights)],
    ],
    3,
  );
