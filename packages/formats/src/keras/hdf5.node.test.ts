// Arrays in chunks, from a file that `fixtures/keras/hdf5.py` writes.

import { readFileSync } from 'node:fs';
import { FormatError } from 'neocog';
import { expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { Hdf5Group } from './hdf5.ts';

const bytes = new Uint8Array(readFileSync(new URL('../../fixtures/keras/chunks.h5', import.meta.url)));

it('reads a packed and shuffled chunk', () => {
  const file = Hdf5Group.open(bytes, new Budget('chunks.h5', bytes.length));
  expect(file.array('right')?.data).toEqual(Float32Array.from({ length: 64 }, (_, i) => i));
});

it('unpacks no more of a chunk than its array has', () => {
  const file = Hdf5Group.open(bytes, new Budget('chunks.h5', bytes.length));
  const read = () => file.array('large');
  expect(read).toThrow(FormatError);
  expect(read).toThrow(
    'chunks.h5 cannot be read as HDF5: "/large": a chunk of it unpacks to more than its 260 bytes',
  );
});
