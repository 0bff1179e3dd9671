// A program as bytes: its code, where everything lies, what its report says, and constants as kernels read them.
//
//   64 bytes      the digest of all that follows, as text
//   64 bytes      four words, the lengths of the parts in bytes, and zeros
//   parts         the head and the notes as JSON, the code, the constants

import type { CompileOptions, ProgramReport } from '../../executable.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import { Digest } from '../digest.ts';
import type { Machine, MadeCode } from '../machine/index.ts';
import { firstAddress, type Layout } from './layout.ts';
import type { Lowered } from './lowering.ts';
import type { StepNotes } from './notes.ts';
import type { PieceReader } from './pieceReader.ts';
import { abilitiesFor } from './target.ts';

/** What is needed before the first run, beside code and constants. Addresses are in the order of the values. */
export interface KeptHead extends Omit<MadeCode, 'bytes'> {
  readonly key: string;
  /** Of the engine that it was made on. */
  readonly abilities: string;
  readonly options: Pick<CompileOptions, (typeof keptOptions)[number]>;
  readonly kind: Pick<ProgramReport, 'simd' | 'exact' | 'tuning'>;
  readonly values: Pick<Graph, 'inputs' | 'outputs'>;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Of inputs that come as frames. */
  readonly headers: readonly number[];
  readonly memory: Pick<Layout, 'constants' | 'activations' | 'end'> & { readonly least: number };
  /** The caller's. */
  readonly about: unknown;
}

const keptOptions = ['threads', 'apart', 'exact', 'exactConvolution', 'compact'] as const;

/** Of a program that is there. */
interface Kept {
  readonly graph: KeptHead['values'];
  readonly options: KeptHead['options'];
  readonly kind: KeptHead['kind'];
  readonly machine: Pick<Machine, 'memory' | 'made'>;
  readonly layout: Layout;
  readonly lowered: Pick<Lowered, 'inputs' | 'outputs' | 'frames'>;
  readonly least: number;
  readonly notes: () => StepNotes;
}

const sealBytes = 64;
const headerBytes = 128;
/** Constants are taken into the digest by so many bytes. */
const block = 2 ** 20;

/** @param named what the bytes are to be found by, and the caller's data */
export function keptBytes(named: Pick<KeptHead, 'key' | 'about'>, kept: Kept): Uint8Array {
  const { machine, layout, lowered, least, options, kind, graph } = kept;
  const { bytes: code, ...made } = machine.made;
  const { addresses, constants, activations, end } = layout;
  const place = (room: Lowered['inputs'][number]): number => addresses.get(room) as number;
  const head: KeptHead = {
    ...{ ...named, ...made, abilities: abilitiesFor(options), options: pick(options) },
    kind,
    values: { inputs: graph.inputs, outputs: graph.outputs.map(withoutData) },
    ...{ inputs: lowered.inputs.map(place), outputs: lowered.outputs.map(place) },
    headers: lowered.frames.map(({ header }) => place(header)),
    memory: { constants, activations, end, least },
  };
  const values = new Uint8Array(machine.memory.buffer, firstAddress, constants - firstAddress);
  return joined([textBytes(head), textBytes(kept.notes()), code, values]);
}

const pick = (options: KeptHead['options']): KeptHead['options'] =>
  Object.fromEntries(keptOptions.map((name) => [name, options[name]])) as unknown as KeptHead['options'];

/** A result may be a constant. */
const withoutData = (value: GraphValue): GraphValue => ({ ...value, data: null });

const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, headerBytes));
  new Uint32Array(bytes.buffer, sealBytes, parts.length).set(parts.map((part) => part.length));
  let at = headerBytes;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return seal(bytes);
}

/** Puts the digest before what it is of. */
export function seal(bytes: Uint8Array): Uint8Array {
  const [head, notes, code, constants] = partsIn(bytes);
  const digest = digestOf(bytes, [head, notes, code]);
  addBlocks(digest, constants, 0, constants.length);
  bytes.set(new TextEncoder().encode(digest.text()));
  return bytes;
}

function partsIn(bytes: Uint8Array): Uint8Array[] {
  let at = headerBytes;
  return lengthsIn(bytes).map((length) => {
    const part = bytes.subarray(at, at + length);
    at += length;
    return part;
  });
}

const lengthsIn = (header: Uint8Array): number[] => [
  ...new Uint32Array(header.slice(sealBytes, sealBytes + 16).buffer),
];

function digestOf(header: Uint8Array, parts: readonly Uint8Array[]): Digest {
  const digest = new Digest().add(header.subarray(sealBytes, headerBytes));
  for (const part of parts) digest.add(part);
  return digest;
}

/** Those of the first `end` bytes that are whole and not added yet, and the last one. Gives how many have been added. */
function addBlocks(digest: Digest, bytes: Uint8Array, added: number, end: number): number {
  let at = added;
  for (; at + block <= end; at += block) digest.add(bytes.subarray(at, at + block));
  if (end < bytes.length || at === end) return at;
  digest.add(bytes.subarray(at));
  return end;
}

/** A program that is being read: all but its constants. */
export interface KeptProgram {
  readonly head: KeptHead;
  readonly notes: () => StepNotes;
  readonly code: MadeCode['bytes'];
  readonly constantBytes: number;
  /** Brings the constants to their place, from the first address on. @throws Error unless all that was read is what was kept */
  fill(place: Uint8Array): Promise<void>;
}

/** @throws Error for bytes that are no program, or too few */
export async function readKept(pieces: PieceReader): Promise<KeptProgram> {
  const header = await pieces.take(headerBytes);
  const [headBytes, noteBytes, codeBytes, constantBytes] = lengthsIn(header);
  const head = await pieces.take(headBytes);
  const notes = await pieces.take(noteBytes);
  const code = await pieces.take(codeBytes);
  const digest = digestOf(header, [head, notes, code]);
  return {
    ...{ head: readText(head) as KeptHead, notes: () => readText(notes) as StepNotes, code, constantBytes },
    async fill(place) {
      let added = 0;
      await pieces.fill(place, (end) => {
        added = addBlocks(digest, place, added, end);
      });
      if (digest.text() !== new TextDecoder().decode(header.subarray(0, sealBytes)))
        throw new Error('these are not the bytes that were kept');
    },
  };
}

const readText = (part: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(part));
