// NumPy's .npz: a zip archive of .npy files, one per array. Source: numpy/lib/npyio.py (savez, savez_compressed).

import { FormatError, NeocogError } from 'neocog';
import { readNpy, saveNpy } from './npy.ts';
import { type Opened, opening, type ReadOptions } from './open.ts';
import { needTensors } from './options.ts';
import type { TensorDict } from './safetensors.ts';
import { shown } from './shown.ts';
import type { Source } from './source.ts';
import { unzip, zip } from './zip.ts';

/**
 * Loads the arrays of a `.npz` file by name, compressed or not.
 *
 * Types become float32 and int32 as `loadSafetensors` says.
 *
 * @throws FormatError if the bytes are no such file, or an array has a type or a value that neocog does not hold.
 * @throws NeocogError if `source` cannot be read.
 * @example net.loadStateDict(await loadNpz('weights.npz'));
 */
export async function loadNpz(source: Source, options: ReadOptions = {}): Promise<TensorDict> {
  return readNpz(await opening('loadNpz', options).source(source));
}

/** Parses the bytes of a `.npz` file as `loadNpz` does; `source` names the file in errors. */
export function parseNpz(bytes: Uint8Array, source = 'the file', options: ReadOptions = {}): TensorDict {
  return readNpz(opening('parseNpz', options).bytes(bytes, source));
}

/**
 * The bytes of a `.npz` file with these tensors, as float32 and int32, not compressed. The same tensors give the same bytes.
 *
 * @throws NeocogError if a name cannot be that of a file within a folder.
 * @example await writeFile('weights.npz', saveNpz(net.stateDict())); // numpy.load('weights.npz')['conv1.weight']
 */
export function saveNpz(tensors: TensorDict): Uint8Array {
  needTensors('saveNpz', tensors);
  const names = Object.keys(tensors);
  const bad = names.find(
    (name) => /^[/\\]|\\|\0|(^|\/)\.\.\/|^[a-z]:|^__proto__$/i.test(name) || name.length > 10_000,
  );
  if (bad !== undefined) {
    throw new NeocogError(`saveNpz: a tensor cannot be named ${shown(bad)} in this format; rename it`);
  }
  return zip(Object.fromEntries(names.map((name) => [`${name}.npy`, saveNpy(tensors[name])])));
}

/** The arrays of a file whose bytes are at hand. */
export function readNpz({ bytes, budget }: Opened): TensorDict {
  const arrays = [...unzip(bytes, budget)].map(([file, data]) => {
    const name = file.endsWith('.npy') ? file.slice(0, -'.npy'.length) : null;
    if (name === null || name === '__proto__') {
      throw new FormatError(
        `${budget.about} cannot be read as arrays of NumPy: ${shown(file)} in it is not a .npy file`,
      );
    }
    return [name, readNpy({ bytes: data, budget }, `: ${shown(name)}`)] as const;
  });
  return Object.fromEntries(arrays);
}
