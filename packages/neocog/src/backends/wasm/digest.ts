// A digest of bytes, by which contents are told apart and damage is noticed: the four accumulators of XXH64, which are 256 bits
// instead of the 64 that it makes of them. It is no cipher: who wants to can make two contents of one digest.
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md

import { address, i64, Module } from './assembler/index.ts';

/** Bytes that are taken in together, eight into each accumulator. */
const stripe = 32;
const accumulators = 4;
/** Where in memory what is taken in lies, behind the accumulators, and how much at a time: what a cache near the processor holds. */
const [start, most] = [64, 3 * 65536 - 64];
const pages = 3;

const primes = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn] as const;
const [p1, p2] = primes;
/** Of the seed 0. */
const first = BigUint64Array.of(p1 + p2, p2, 0n, -p1);

type TakeIn = (state: number, from: number, to: number, p1: bigint, p2: bigint) => void;

/** The round of each accumulator, with whole stripes: rotl(acc + word · p2, 31) · p1. */
function emit(): Module {
  const m = new Module();
  m.memory('env', 'memory', { initial: pages, maximum: pages });
  const params = { state: 'i32', from: 'i32', to: 'i32', p1: 'i64', p2: 'i64' } as const;
  m.func(
    'takeIn',
    params,
    (f, p) => {
      const by = f.constant(i64.extendI32U(31));
      const at = f.pointer('at', p.from, p.from);
      const place = (i: number) => address(p.state, 8 * i);
      const all = Array.from({ length: accumulators }, (_, i) => f.keep(i64.load(place(i)), `acc${i}`));
      f.range('byte', p.from, p.to, stripe, () => {
        all.forEach((acc, i) => {
          const word = i64.load(address(at, 8 * i));
          f.set(acc, i64.mul(i64.rotl(i64.add(acc, i64.mul(word, p.p2)), by), p.p1));
        });
        f.increase(at, stripe);
      });
      all.forEach((acc, i) => f.run(i64.store(place(i), acc)));
    },
    { export: true },
  );
  return m;
}

let module: WebAssembly.Module | null = null;

/** Of one content after the other. Each is taken in with its length, so that no two divide the same bytes differently. */
export class Digest {
  readonly #memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #state = new BigUint64Array(this.#memory.buffer, 0, accumulators);
  readonly #takeIn: TakeIn;

  constructor() {
    module ??= new WebAssembly.Module(emit().encode());
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#takeIn = exports.takeIn as TakeIn;
    this.#state.set(first);
  }

  add(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length; at += most) this.#part(bytes.subarray(at, at + most));
    return this.#part(new Uint8Array(Float64Array.of(bytes.length).buffer));
  }

  /** The last stripe ends with zeros. */
  #part(bytes: Uint8Array): this {
    const end = start + Math.ceil(bytes.length / stripe) * stripe;
    this.#bytes.set(bytes, start);
    this.#bytes.fill(0, start + bytes.length, end);
    this.#takeIn(0, start, end, p1, p2);
    return this;
  }

  /** 64 hexadecimal digits. */
  text(): string {
    return Array.from(this.#state, (acc) => acc.toString(16).padStart(16, '0')).join('');
  }
}
