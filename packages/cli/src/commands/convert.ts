// `neocog convert`: a file of one format as another: weights as weights, networks as ONNX.

import { saveNpy, saveNpz, saveOnnx, saveSafetensors } from '@neocog/formats';
import type { Command } from 'commander';
import { CommandError, writeWhole } from '../files.ts';
import {
  type InputShape,
  inputShape,
  needNetwork,
  openSubject,
  resolveShapes,
  type Subject,
  type SubjectOptions,
} from '../subject.ts';
import { formatCount } from '../table.ts';

interface ConvertWords extends SubjectOptions {
  readonly input?: readonly InputShape[];
}

/** Adds the command to the program. */
export function addConvert(program: Command): void {
  program
    .command('convert')
    .summary('convert networks and weights between formats')
    .description(
      'Writes what a file holds in another format, which the suffix of the second name says. A network, or weights for one ' +
        'of the library (--model), becomes .onnx, for inputs of the sizes that the file or --input gives. Weights of any ' +
        'file become .safetensors, .npz or, of a single tensor, .npy, as float32 and int32.',
    )
    .argument('<from>', 'a file of any format that neocog inspect reads')
    .argument('<to>', 'the file to write: .onnx, .safetensors, .npz, .npy')
    .option('--input <sizes>', 'shape of an input, such as 1x3x224x224 or mask=1x1x64x64', inputShape)
    .option('--model <name>', 'the network of the library that weights belong to, such as resnet18')
    .option('--within <key>', 'of a PyTorch file: only what lies within this key, such as state_dict')
    .action(convert);
}

async function convert(from: string, to: string, { input = [], ...options }: ConvertWords): Promise<void> {
  const suffix = /\.[^./\\]*$/.exec(to)?.[0].toLowerCase() ?? '';
  const writer = writers[suffix];
  if (writer === undefined || !Object.hasOwn(writers, suffix)) {
    const known = Object.keys(writers).join(', ');
    throw new CommandError(
      `cannot write ${to}: neocog writes ${known}; ${reasons[suffix] ?? 'name one of these'}`,
    );
  }
  const subject = await openSubject(from, options);
  const bytes = writer(from, subject, input);
  await writeWhole(to, bytes);
  const { length } = Object.keys(subject.file.tensors);
  process.stdout.write(
    `${to}: ${length} tensor${length === 1 ? '' : 's'}, ${formatCount(bytes.length)} bytes\n`,
  );
}

type Writer = (from: string, subject: Subject, input: readonly InputShape[]) => Uint8Array;

const writers: Readonly<Record<string, Writer>> = {
  '.onnx': writeOnnx,
  '.safetensors': (_, { file }) => saveSafetensors(file.tensors, file.metadata),
  '.npz': (_, { file }) => saveNpz(file.tensors),
  '.npy': writeNpy,
};

/** Why a format that neocog reads is not written. */
const reasons: Readonly<Record<string, string>> = {
  '.pt': 'PyTorch reads weights from .safetensors',
  '.pth': 'PyTorch reads weights from .safetensors',
  '.keras': 'Keras reads weights from .npz through NumPy',
  '.h5': 'Keras reads weights from .npz through NumPy',
  '.json': 'TensorFlow.js models are read only',
};

function writeOnnx(from: string, { network }: Subject, given: readonly InputShape[]): Uint8Array {
  const module = needNetwork(from, network);
  const { shapes, open } = resolveShapes(module.inputs, given);
  if (open.length > 0) {
    throw new CommandError(`the sizes of ${open.join(' and ')} are open; give them with --input`);
  }
  return saveOnnx(module, { input: shapes });
}

function writeNpy(from: string, { file }: Subject): Uint8Array {
  const tensors = Object.values(file.tensors);
  if (tensors.length === 1) return saveNpy(tensors[0]);
  throw new CommandError(
    `${from} has ${tensors.length} tensors, but a .npy file holds one; write a .npz file`,
  );
}
