import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NeocogError } from 'neocog';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSource } from './source.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-source-'));
  await writeFile(join(folder, 'three.bin'), Uint8Array.of(1, 2, 3));
});
afterAll(() => rm(folder, { recursive: true }));

it('reads paths and file URLs', async () => {
  const path = join(folder, 'three.bin');
  expect([...(await readSource('f', path))]).toEqual([1, 2, 3]);
  expect([...(await readSource('f', pathToFileURL(path)))]).toEqual([1, 2, 3]);
});

it('says in one sentence what it cannot read', async () => {
  await expect(readSource('f', join(folder, 'none'))).rejects.toThrow(
    /^f: cannot read .*none: there is no such file$/,
  );
  await expect(readSource('f', folder)).rejects.toThrow(/it is a folder; pass a file/);
  await expect(readSource('f', 'http://127.0.0.1:9/x')).rejects.toThrow(NeocogError);
});
