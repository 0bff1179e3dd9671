import { zipSync } from 'fflate';
import { FormatError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { Budget } from './budget.ts';
import { isZip, unzip, zip } from './zip.ts';

const budgetFor = (bytes: Uint8Array): Budget => new Budget('f', bytes.length);

const text = (word: string): Uint8Array => new TextEncoder().encode(word);
const names = (bytes: Uint8Array): string[] => [...unzip(bytes, budgetFor(bytes)).keys()];

/** Puts a 32-bit (or, of `width` 2, 16-bit) number into a copy. */
function patched(bytes: Uint8Array, at: number, value: number, width: 1 | 2 | 4 = 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  view[width === 4 ? 'setUint32' : width === 2 ? 'setUint16' : 'setUint8'](at, value, true);
  return copy;
}

/** Where the nth record with this signature begins. */
function find(bytes: Uint8Array, signature: number, nth = 0): number {
  let left = nth;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) === signature && left-- === 0) return at;
  }
  throw new Error('no such record');
}

/** As `toEqual`, which takes seconds for large arrays. */
const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a?.length === b.length && b.every((byte, i) => byte === a[i]);

const local = 0x04034b50;
const central = 0x02014b50;
const end = 0x06054b50;

const refuse = (bytes: Uint8Array, reason: RegExp): void => {
  expect(() => unzip(bytes, new Budget('f: a.zip', bytes.length))).toThrow(FormatError);
  expect(() => unzip(bytes, new Budget('f: a.zip', bytes.length))).toThrow(
    /^f: a\.zip cannot be read as a zip archive: /,
  );
  expect(() => unzip(bytes, new Budget('f: a.zip', bytes.length))).toThrow(reason);
};

const two = zipSync({
  'a.txt': text('hello '.repeat(50)),
  'b/c.bin': [Uint8Array.of(1, 2, 3), { level: 0 }],
});

describe('unzip', () => {
  it('reads stored and deflated files, views of the archive where stored', () => {
    const files = unzip(two, budgetFor(two));
    expect(new TextDecoder().decode(files.get('a.txt'))).toBe('hello '.repeat(50));
    expect(files.get('b/c.bin')).toEqual(Uint8Array.of(1, 2, 3));
    expect(files.get('b/c.bin')?.buffer).toBe(two.buffer);
    expect(isZip(two)).toBe(true);
    expect(isZip(text('PK'))).toBe(false);
  });

  it('leaves folders out and takes any other name', () => {
    expect(names(zipSync({ 'd/': text(''), 'd/__proto__': text('x'), 'ö..x': text('y') }))).toEqual([
      'd/__proto__',
      'ö..x',
    ]);
    expect(names(zipSync({}))).toEqual([]);
  });

  it('reads what zip wrote, the same bytes for the same files', () => {
    const files = { a: Uint8Array.of(1), b: new Uint8Array(0) };
    expect(Object.fromEntries(unzip(zip(files), new Budget('f', 1000)))).toEqual(files);
    expect(zip(files)).toEqual(zip({ ...files }));
  });

  it('unpacks files larger than one piece of packed data', () => {
    const noise = Uint8Array.from({ length: 3e5 }, (_, i) => ((i * i * 2654435761) >>> 13) & 255);
    expect(same(unzip(zipSync({ noise }), new Budget('f', 1000)).get('noise'), noise)).toBe(true);
  });

  it('reads 64-bit sizes', () => {
    // One stored file, its sizes and place in extra fields, the directory found through a locator.
    const name = text('x');
    const bytes = new Uint8Array(31 + 2 + 47 + 28 + 56 + 20 + 22);
    const view = new DataView(bytes.buffer);
    const put32 = (at: number, ...values: number[]): void =>
      values.forEach((value, i) => {
        view.setUint32(at + 4 * i, value, true);
      });
    const put64 = (at: number, ...values: number[]): void =>
      values.forEach((value, i) => {
        view.setBigUint64(at + 8 * i, BigInt(value), true);
      });
    put32(0, local);
    view.setUint16(26, 1, true);
    bytes.set(name, 30);
    bytes.set([7, 9], 31);
    put32(33, central);
    put32(
      33 + 16,
      new DataView(zipSync({ x: [Uint8Array.of(7, 9), { level: 0 }] }).buffer).getUint32(14, true),
    );
    put32(33 + 20, 0xffffffff, 0xffffffff);
    view.setUint16(33 + 28, 1, true);
    view.setUint16(33 + 30, 28, true);
    put32(33 + 42, 0xffffffff);
    bytes.set(name, 33 + 46);
    view.setUint16(80, 1, true);
    view.setUint16(82, 24, true);
    put64(84, 2, 2, 0);
    put32(108, 0x06064b50);
    put64(108 + 32, 1, 75, 33);
    put32(164, 0x07064b50);
    put64(172, 108);
    put32(184, end);
    expect(unzip(bytes, budgetFor(bytes)).get('x')).toEqual(Uint8Array.of(7, 9));
    refuse(patched(bytes, 172, 0xfffffff0), /leads nowhere/);
    refuse(patched(bytes, 108 + 52, 0x7fffffff), /claims a size/);
    refuse(patched(bytes, 80, 2, 2), /a size that its list of files promises is missing/);
  });
});

describe('a hostile archive', () => {
  it('is refused when cut at any byte', () => {
    for (let length = 0; length < two.length; length++) refuse(two.subarray(0, length), /cut|another format/);
  });

  it('is refused for what its list of files claims', () => {
    const first = find(two, central);
    const last = find(two, end);
    refuse(patched(two, last + 16, 0x7fffffff), /beyond its end/);
    refuse(patched(two, last + 10, 3, 2), /2 whole entries, but its end promises 3/);
    refuse(patched(two, first + 8, 1, 2), /encrypted/);
    refuse(patched(two, first + 10, 14, 2), /method 14/);
    refuse(patched(two, first + 28, 0xffff, 2), /truncated/);
    refuse(patched(two, first + 42, 5), /"a\.txt" is not where/);
    refuse(patched(two, find(two, local) + 30, 0x7a7a7a7a), /another name inside/);
    refuse(patched(two, first + 24, 299), /"a\.txt" is damaged/);
    refuse(patched(two, first + 24, 301), /"a\.txt" is damaged/);
    refuse(patched(two, first + 16, 1), /"a\.txt" is damaged/);
    refuse(patched(two, find(two, central, 1) + 24, 4), /"b\/c\.bin" claims 4 bytes in 3/);
    refuse(patched(two, first + 24, 2 ** 31), /claims 2147483648 bytes in/);
  });

  it('is refused for names that lead elsewhere, or twice to the same', () => {
    for (const name of ['/etc/passwd', '../x', 'a/../../x', 'a/..', '\\x', 'a\\b', 'C:/x', 'a\0b']) {
      refuse(zipSync({ [name]: text('x') }), /not a path within a folder/);
    }
    const twins = zipSync({ aa: text('x'), ab: text('y') });
    const last = find(twins, central, 1);
    refuse(patched(patched(twins, find(twins, local, 1) + 31, 0x61, 1), last + 47, 0x61, 1), /"aa" twice/);
  });

  it('is refused as a bomb before it is unpacked', () => {
    const zeros = zipSync({ zeros: new Uint8Array(1e6) });
    expect(same(unzip(zeros, budgetFor(zeros)).get('zeros'), new Uint8Array(1e6))).toBe(true);
    // Packed bytes enough for the claim, which deflate's own limit would allow.
    const bomb = zipSync({ x: [new Uint8Array(3e5), { level: 0 }] });
    const directory = find(bomb, central);
    const claim = patched(patched(bomb, directory + 10, 8, 2), directory + 24, 3e8);
    expect(() => unzip(claim, budgetFor(claim))).toThrow(
      /^f: "x" needs 300000\d\d\d bytes of memory, but limits\.bytes is 278\d+;/,
    );
  });

  it('is refused where files share their data, and where data is longer than promised', () => {
    const twins = zipSync({ a: text('x'), b: text('y') });
    refuse(
      patched(patched(twins, find(twins, central) + 20, 60), find(twins, central) + 24, 60),
      /"a" reaches into what follows/,
    );
    refuse(patched(two, find(two, central, 1) + 42, 0), /another name inside/);
    const long = zipSync({ x: new Uint8Array(1e6) });
    refuse(patched(long, find(long, central) + 24, 100), /"x" is damaged/);
  });
});
