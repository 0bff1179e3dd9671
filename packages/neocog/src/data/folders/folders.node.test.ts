import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FormatError, NeocogError } from '../../errors.ts';
import type { SplitOptions } from '../split.ts';
import { type ClassFile, sortClasses } from './classes.ts';
import { listFiles } from './list.ts';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
});

async function folderOf(...paths: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'neocog-folders-'));
  made.push(folder);
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
  return folder;
}

describe('listFiles', () => {
  it('finds files at any depth, in one order, and passes over what is hidden', async () => {
    const folder = await folderOf(
      'b/2.PNG',
      'b/10.png',
      'a/deep/er/x.Jpg',
      'Z.png',
      'b/notes.txt',
      '.git/a.png',
      'b/._2.png',
      '__MACOSX/b/2.png',
    );
    const found = ['Z.png', 'a/deep/er/x.Jpg', 'b/10.png', 'b/2.PNG'];
    expect(await listFiles('f', folder, ['.png', '.jpg'])).toEqual(found);
    expect(await listFiles('f', `${folder}/`, ['.png', '.jpg'])).toEqual(found);
  });

  it('follows links, but not in circles nor nowhere', async () => {
    const [folder, other] = [await folderOf('a/1.png'), await folderOf('2.png')];
    await symlink(folder, join(folder, 'a/round'));
    await symlink(other, join(folder, 'linked'));
    await symlink(join(folder, 'gone.png'), join(folder, 'a/broken.png'));
    await symlink(join(folder, 'a/1.png'), join(folder, 'a/3.png'));
    expect(await listFiles('f', folder, ['.png'])).toEqual(['a/1.png', 'a/3.png', 'linked/2.png']);
  });

  it('says which folder cannot be read', async () => {
    const folder = await folderOf('1.png');
    const missing = listFiles('imageFolder', join(folder, 'no'), ['.png']);
    await expect(missing).rejects.toThrow(
      /^imageFolder: cannot read the folder '.*no': there is no such file or folder$/,
    );
    await expect(missing).rejects.toBeInstanceOf(NeocogError);
    await expect(listFiles('f', join(folder, '1.png'), ['.png'])).rejects.toThrow(
      /it is a file, pass a folder/,
    );
  });
});

const sort = (paths: readonly string[], options: SplitOptions = {}) =>
  sortClasses(paths, { fn: 'imageFolder', from: 'pets', ...options });
const pathsOf = (files: readonly ClassFile[]) => files.map(({ path }) => path);
const many = (folder: string, n: number) => Array.from({ length: n }, (_, i) => `${folder}/${i}.png`);

describe('sortClasses', () => {
  it('takes the first folder for the class, and divides every class alike', () => {
    const { classes, train, validation, test } = sort([
      'loose.png',
      ...many('cat', 20),
      ...many('dog/indoors', 10),
    ]);
    expect(classes).toEqual(['cat', 'dog']);
    expect([train.length, validation.length, test.length]).toEqual([24, 3, 3]);
    expect(validation.filter(({ label }) => label === 0)).toHaveLength(2);
    expect(test.find(({ label }) => label === 1)?.path).toMatch(/^dog\/indoors\//);
    const all = pathsOf([...train, ...validation, ...test]).sort();
    expect(all).toEqual([...many('cat', 20), ...many('dog/indoors', 10)].sort());
  });

  it('does not depend on the order of paths', () => {
    const paths = [...many('cat', 20), ...many('dog', 20)];
    const [one, other] = [sort(paths, { seed: 1 }), sort([...paths].reverse(), { seed: 1 })];
    expect(pathsOf(other.test).sort()).toEqual(pathsOf(one.test).sort());
    expect(other.classes).toEqual(one.classes);
  });

  it('keeps parts that have folders', () => {
    const paths = [
      ...many('Train/cat', 4),
      ...many('Train/dog', 4),
      ...many('val/dog', 2),
      ...many('test/cat', 1),
    ];
    const { classes, train, validation, test } = sort(paths);
    expect(classes).toEqual(['cat', 'dog']);
    expect([train.length, validation.length, test.length]).toEqual([8, 2, 1]);
    expect(validation[0]).toEqual({ path: 'val/dog/0.png', label: 1 });
  });

  it('cuts the parts that have none from train, where asked', () => {
    const paths = [...many('train/cat', 10), ...many('train/dog', 10), ...many('test/cat', 3)];
    expect(sort(paths).validation).toEqual([]);
    const { train, validation, test } = sort(paths, { split: [0.6, 0.2, 0.2] });
    expect([train.length, validation.length, test.length]).toEqual([16, 4, 3]);
  });

  it('knows a class that is called train from a part', () => {
    expect(sort([...many('train', 3), ...many('tram', 3)]).classes).toEqual(['train', 'tram']);
    expect(sort([...many('train', 3), ...many('test', 3)]).classes).toEqual(['test', 'train']);
    expect(sort([...many('test/cat', 3), ...many('val/cat', 3)]).classes).toEqual(['test', 'val']);
  });

  it('refuses files without classes, and classes that are not learned', () => {
    expect(() => sort(['a.png'])).toThrow(
      /^imageFolder: no file lies in the folder of a class in 'pets'; put/,
    );
    expect(() => sort([])).toThrow(FormatError);
    expect(() => sort([...many('train/cat', 3), ...many('test/dog', 1)])).toThrow(
      /'test\/dog\/0\.png' in 'pets' is of a class that train has not; train has cat/,
    );
  });
});
