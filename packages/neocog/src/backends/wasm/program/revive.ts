// From the bytes of a kept program to the program: nothing is planned, emitted or packed.

import type { FrameInput } from '../../../geometry/frames/picture.ts';
import type { Graph } from '../../graph.ts';
import type { Keeping, KeptTask, Revived } from '../../keeping.ts';
import { Digest } from '../digest.ts';
import { headerFields } from '../kernels/frames/shape.ts';
import { Machine, madeSource, pageBytes, RemoteMachine } from '../machine/index.ts';
import type { Room } from './arrays.ts';
import { type KeptHead, readKept } from './kept.ts';
import { firstAddress } from './layout.ts';
import { PieceReader } from './pieceReader.ts';
import { planGraph } from './plan.ts';
import { segmentsOf } from './stops.ts';
import { abilitiesFor, engineFor, limitsOf } from './target.ts';
import { type Parts, WasmProgram } from './wasmProgram.ts';

export const keeping: Keeping = { abilities: abilitiesFor, digest: () => new Digest(), revive };

async function revive(bytes: AsyncIterable<Uint8Array>, task: KeptTask): Promise<Revived | null> {
  const pieces = new PieceReader(bytes);
  try {
    return await programOf(pieces, task);
  } catch {
    // Whatever is wrong with them, the program can be made without them.
    return null;
  } finally {
    await pieces.close();
  }
}

async function programOf(pieces: PieceReader, { key, fn, again }: KeptTask): Promise<Revived | null> {
  const { head, notes, code, constantBytes, fill } = await readKept(pieces);
  const { options, kind, values: graph, about } = head;
  if (head.key !== key || head.abilities !== abilitiesFor(options) || !fits(head, constantBytes)) return null;
  // One that is to have a worker and its memory to itself is made there.
  if (options.apart && RemoteMachine.reason !== null) return null;
  const planned = () => planGraph(again(), engineFor(options), limitsOf(options)).code;
  const source = madeSource({ ...head, bytes: code }, planned);
  const { threads, apart = false } = options;
  const machine = await Machine.start(source, { threads, apart, fn });
  try {
    await fill(new Uint8Array(machine.memory.buffer, firstAddress, constantBytes));
  } catch (error) {
    machine.dispose();
    throw error;
  }
  const executable = new WasmProgram({ ...partsOf(head), options, notes, machine, kind });
  return { executable, graph, about };
}

/** Whether every address is one of the memory that the head states. */
function fits(head: KeptHead, constantBytes: number): boolean {
  const { layout, inputs, outputs, headers, values, memory } = head;
  const { scratch, scratchStride, threads, tail, pages } = layout;
  const isPlace = (address: number, bytes: number): boolean =>
    Number.isInteger(address) && address >= firstAddress && address + bytes <= scratch;
  const areOf = (addresses: readonly number[], arrays: Graph['inputs']): boolean =>
    addresses.length === arrays.length && arrays.every(({ size }, i) => isPlace(addresses[i], size * 4));
  return (
    areOf(inputs, values.inputs) &&
    areOf(outputs, values.outputs) &&
    framesIn(values).every(({ images }, i) => isPlace(headers[i], images * headerFields.length * 4)) &&
    isPlace(firstAddress, constantBytes) &&
    memory.constants - firstAddress === constantBytes &&
    scratch + scratchStride * threads <= tail &&
    tail <= pages * pageBytes
  );
}

const framesIn = ({ inputs }: KeptHead['values']): FrameInput[] =>
  inputs.flatMap(({ frames }) => frames ?? []);

type ReadParts = Omit<Parts, 'options' | 'notes' | 'machine' | 'kind'>;

function partsOf({ inputs, outputs, headers, routines, values, memory }: KeptHead): ReadParts {
  const addresses = new Map<Room, number>();
  const roomAt = (address: number): Room => {
    const room = { id: addresses.size, bytes: 0, lasting: false };
    addresses.set(room, address);
    return room;
  };
  const framed = values.inputs.filter((value) => value.frames);
  const frames = framesIn(values).map((input, i) => ({
    value: framed[i],
    input,
    header: roomAt(headers[i]),
  }));
  const run = routines.find(([name]) => name === 'run')?.[1];
  const steps = run?.phases.reduce((sum, count) => sum + count, 0) ?? 0;
  return {
    graph: { ...values, updates: [] },
    lowered: { inputs: inputs.map(roomAt), outputs: outputs.map(roomAt), frames },
    layout: { addresses, ...memory },
    segments: segmentsOf([], steps),
    ...{ taken: null, ranks: null, find: () => undefined, least: memory.least },
  };
}
