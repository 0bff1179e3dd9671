// A network as a file, and back: a checkpoint of the library with the description in it, or weights with the description where
// there was no run.

import { parseSafetensors, safetensorsMetadata, saveSafetensors } from '@neocog/formats';
import { type FitCallback, type nn, readCheckpoint } from 'neocog';
import { descriptionText, readDescription } from './description.ts';
import type { Description } from './facts.ts';

/** Under which a checkpoint and a file of weights have the description. */
const note = 'lab';

/** Puts the description of the network into checkpoints. */
export const noting = (description: Description): FitCallback => ({
  name: note,
  state: () => ({ values: descriptionText(description) }),
});

export interface Opened {
  readonly description: Description;
  readonly weights: nn.StateDict;
  readonly checkpoint: Uint8Array | null;
}

export const weightsFile = (net: nn.Module, description: Description): Uint8Array =>
  saveSafetensors(net.stateDict(), { [note]: JSON.stringify(descriptionText(description)) });

/** @throws Error in words for a file of another kind */
export async function openFile(bytes: Uint8Array, name: string): Promise<Opened> {
  const texts = safetensorsMetadata(bytes, name);
  const text = texts[note];
  const opened = text === undefined ? await fromCheckpoint(bytes, name) : fromWeights(bytes, name, text);
  if (opened) return opened;
  throw new Error(`${name} is no network that was saved here; “Look inside” opens networks from elsewhere.`);
}

async function fromCheckpoint(bytes: Uint8Array, name: string): Promise<Opened | null> {
  try {
    const { callbacks, weights } = await readCheckpoint(bytes);
    const description = readDescription(callbacks[note]?.values);
    return description && { description, weights, checkpoint: bytes };
  } catch (error) {
    throw new Error(`${name} is no network that was saved here: ${(error as Error).message}`);
  }
}

/** Null for text that is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fromWeights(bytes: Uint8Array, name: string, text: string): Opened | null {
  const description = readDescription(parsed(text));
  return description && { description, weights: parseSafetensors(bytes, name), checkpoint: null };
}
