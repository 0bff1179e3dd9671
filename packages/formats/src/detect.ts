// Which format a file is of, by its first bytes; the name decides only where these leave a choice.

import { isHdf5 } from './bytes.ts';
import { isNpy } from './npy.ts';
import { needBytes, needText } from './options.ts';
import { isLegacyTorch } from './torch.ts';
import { isZip, zipNames } from './zip.ts';

/** A format that neocog reads: networks with their weights (the first three), or weights alone. */
export type Format = 'onnx' | 'tfjs' | 'keras' | 'safetensors' | 'torch' | 'npz' | 'npy';

/**
 * The format of a file, or undefined for one that is none of them.
 *
 * @param name decides for bytes that say nothing: ONNX has no mark of its own.
 * @example detectFormat(bytes, 'resnet18.pth') // 'torch'
 */
export function detectFormat(bytes: Uint8Array, name = ''): Format | undefined {
  needText('detectFormat', 'name', name);
  return formatOf(needBytes('detectFormat', bytes), name);
}

function formatOf(bytes: Uint8Array, name: string): Format | undefined {
  if (isZip(bytes)) return detectArchive(bytes) ?? bySuffix(name);
  if (isNpy(bytes)) return 'npy';
  if (isLegacyTorch(bytes)) return 'torch';
  if (isHdf5(bytes)) return 'keras';
  if (isSafetensors(bytes)) return 'safetensors';
  if (isModelJson(bytes)) return 'tfjs';
  // A protobuf message whose first field is 1, a number: ir_version.
  return bySuffix(name) ?? (bytes[0] === 0x08 ? 'onnx' : undefined);
}

function detectArchive(bytes: Uint8Array): Format | undefined {
  let names: string[];
  try {
    names = zipNames('detectFormat', bytes);
  } catch {
    return undefined; // the loader that the name calls for says what is wrong
  }
  if (names.some((name) => /(^|\/)data\.pkl$/.test(name))) return 'torch';
  if (names.includes('config.json')) return 'keras';
  return names.every((name) => name.endsWith('.npy')) ? 'npz' : undefined;
}

/** A header's length that the file can hold, then JSON. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10 || bytes[8] !== 0x7b) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return length <= BigInt(bytes.length - 8);
}

function isModelJson(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return start.startsWith('{');
}

const suffixes: readonly (readonly [suffix: RegExp, format: Format])[] = [
  [/\.onnx$/i, 'onnx'],
  [/\.json$/i, 'tfjs'],
  // A model.json as a module.
  [/\.[cm]?js$/i, 'tfjs'],
  [/\.(keras|h5|hdf5)$/i, 'keras'],
  [/\.safetensors$/i, 'safetensors'],
  [/\.(pt|pth)$/i, 'torch'],
  [/\.npz$/i, 'npz'],
  [/\.npy$/i, 'npy'],
];

const bySuffix = (name: string): Format | undefined =>
  suffixes.find(([suffix]) => suffix.test(name.replace(/[?#].*$/, '')))?.[1];
