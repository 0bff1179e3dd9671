// A network as text for a link, and back: its description and its weights, with their checksum, deflated.

import type { nn } from 'neocog';
import { buildNet } from './build.ts';
import { checksum, deflated, fromBase64url, inflated, joined, Taking, toBase64url } from './bytes.ts';
import { descriptionText, readDescription } from './description.ts';
import type { Description } from './facts.ts';
import { type Bits, weightBytes, weightsOf } from './rounding.ts';

/** What a link says beside the weights. */
export interface Packed {
  readonly description: Description;
  /** Passes that it has learnt. */
  readonly passes: number;
  readonly bits: Bits;
}

/** What a text begins with. */
const version = '1';
/** Longer texts are not even read. */
const mostLetters = 100_000;

const damaged = (): Error =>
  new Error(
    'The network in the link is damaged: a part of the link is missing or was changed. Ask for it again, and copy all of it.',
  );

/** The text of a network. */
export async function pack(net: nn.Module, { description, ...rest }: Packed): Promise<string> {
  const header = new TextEncoder().encode(JSON.stringify({ ...rest, ...descriptionText(description) }));
  const bytes = joined([Uint32Array.of(header.length), header, ...weightBytes(net.stateDict(), rest.bits)]);
  return version + toBase64url(await deflated(joined([Uint32Array.of(checksum(bytes)), bytes])));
}

/** The network of a text. @throws Error in words for a text that is none, or not whole */
export async function unpack(text: string): Promise<Packed & { readonly net: nn.Module }> {
  const isKnown = text.startsWith(version) && text.length <= mostLetters;
  const bytes = isKnown ? await wholeBytes(text.slice(version.length)) : null;
  if (!bytes) throw damaged();
  const [length = 0] = new Uint32Array(bytes.take(4));
  const header = JSON.parse(new TextDecoder().decode(bytes.take(length)));
  const { bits, passes } = header;
  const description = readDescription(header);
  if (!description || (bits !== 8 && bits !== 16) || !Number.isInteger(passes)) throw damaged();
  const net = buildNet(description.recipe.layers, description);
  net.loadStateDict(weightsOf(bytes, net.stateDict(), bits));
  return { net, description, passes, bits };
}

/** Null for what was not written by `pack`, or not all of it. */
async function wholeBytes(text: string): Promise<Taking | null> {
  try {
    const bytes = new Taking(await inflated(fromBase64url(text)));
    const [sum] = new Uint32Array(bytes.take(4));
    return checksum(bytes.rest) === sum ? bytes : null;
  } catch {
    return null;
  }
}
