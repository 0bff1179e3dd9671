// Pictures in folders and in pairs, good and bad ones, beside what Pillow, torchvision and scikit-learn find
// (fixtures/data/make.py, fixtures/files/make.py).

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Batch, channelStatistics, DataLoader, FormatError, ShapeError, stratifiedSplit } from 'neocog';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../../test/leftOut.ts';
import { imageFolder } from './imageFolder.ts';
import { type ImagePairsOptions, imagePairs } from './imagePairs.ts';
import { maskColours } from './maskColours.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'data/expected.json'), 'utf8'));
const root = mkdtempSync(join(tmpdir(), 'neocog-pictures-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Workers load the packages by name, as users have them. */
const isBuilt = existsSync(new URL('../../../neocog/dist/folders.js', import.meta.url));
const workerTest = it.skipIf(
  leftOut(isBuilt ? null : 'the packages are not built; npm run build builds them'),
);

/** A folder of copies: path → fixture. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, fixture] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    if (fixture === '') writeFileSync(join(root, name, path), '');
    else copyFileSync(join(fixtures, fixture), join(root, name, path));
  }
  return join(root, name);
}

async function all(loader: DataLoader<never> | AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader as AsyncIterable<Batch>) batches.push(batch);
  return batches;
}
const valuesOf = ({ x, y, index }: Batch) => [x.shape, [...x.data], [...y.data], [...index]];

describe('imageFolder', () => {
  it("finds torchvision's classes", async () => {
    const { tree, classes, samples } = expected.folder;
    const folder = folderOf(
      'tree',
      Object.fromEntries(tree.map((path: string) => [path, 'data/picture.png'])),
    );
    const found = await imageFolder(folder, { split: [1] });
    expect(found.classes).toEqual(classes);
    const pairs = found.train.files.map((file, i) => [file.slice(folder.length + 1), found.train.labels[i]]);
    expect(pairs.sort()).toEqual(samples.sort());
  });

  it('gives samples and batches of pictures with their classes', async () => {
    const folder = folderOf('plain', { 'a/1.png': 'data/picture.png', 'b/1.jpg': 'files/grey.jpg' });
    const { train } = await imageFolder(folder, { split: [1], size: [4, 5], channels: 1 });
    const sample = await train.get(1);
    expect([sample.image.shape, sample.label, train.nameOf?.(1)]).toEqual([
      [1, 4, 5],
      1,
      `${folder}/b/1.jpg`,
    ]);
    const [batch] = await all(new DataLoader(train));
    expect([batch.x.shape, [...batch.y.data], batch.y.dtype]).toEqual([[2, 1, 4, 5], [0, 1], 'int32']);
    expect(batch.x.data.subarray(20)).toEqual(sample.image.data);
  });

  /** Files that decoders meet in the wild; those of the second class cannot be read. */
  const wild = {
    'good/rgb.png': 'files/rgb.png',
    'good/grey.PNG': 'files/grey.png',
    'good/palette.png': 'files/palette.png',
    'good/opacity.png': 'files/rgba.png',
    'good/deep.png': 'files/deep.png',
    'good/cmyk.jpg': 'files/cmyk.jpg',
    'good/turned.jpeg': 'files/turned-6.jpg',
    'good/moving.gif': 'files/frames.gif',
    'good/pages.tif': 'files/pages.tif',
    'bad/cut.jpg': 'files/broken.jpg',
    'bad/empty.png': '',
    'bad/floats.tif': 'files/floats.tif',
    'bad/text.jpg': 'data/make.py',
  };

  workerTest('reads what decoders know, and names what they do not, on any number of threads', async () => {
    const folder = folderOf('wild', wild);
    const { train } = await imageFolder(folder, { split: [1], size: 8 });
    expect(train.length).toBe(13);
    const made = await Promise.all(
      [0, 1, 4].map(async (workers) => {
        const loader = new DataLoader(train, { batchSize: 4, shuffle: true, seed: 2, workers });
        expect([loader.workers, loader.note]).toEqual([workers, null]);
        const batches = await all(loader);
        loader.close();
        expect(loader.broken.map(({ name }) => name.slice(folder.length + 1))).toEqual([
          'bad/cut.jpg',
          'bad/empty.png',
          'bad/floats.tif',
          'bad/text.jpg',
        ]);
        expect(loader.broken[3].reason).toMatch(/^imageFolder: .*text\.jpg is no picture that can be read/);
        return batches.map(valuesOf);
      }),
    );
    expect(made[0].map(([shape]) => (shape as number[])[0])).toEqual([4, 4, 1]);
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
    const strict = all(new DataLoader(train, { strict: true }));
    await expect(strict).rejects.toThrow(
      /^DataLoader: .*bad\/cut\.jpg cannot be read: .*; mend or remove it/,
    );
  });

  it('reads huge pictures one at a time, where that is all there is room for', async () => {
    const folder = folderOf('huge', { 'a/1.png': 'data/picture.png' });
    const colour = { r: 10, g: 200, b: 90 };
    const huge = sharp({ create: { width: 9000, height: 7000, channels: 3, background: colour } });
    await huge.jpeg({ quality: 50 }).toFile(join(folder, 'a/2.jpg'));
    const { train } = await imageFolder(folder, { split: [1], size: 16 });
    const { image } = await train.get(1);
    expect(image.shape).toEqual([3, 16, 16]);
    expect(image.data[300]).toBeCloseTo(200 / 255, 1);
  });

  it('reads pages and frames where one is named', async () => {
    const folder = folderOf('pages', { 'a/p.tif': 'files/pages.tif' });
    const [first, second] = await Promise.all(
      [{}, { frame: 1 }].map(async (options) =>
        (await imageFolder(folder, { split: [1], ...options })).train.get(0),
      ),
    );
    expect(second.image.data).not.toEqual(first.image.data);
  });

  it('divides every class as scikit-learn does', () => {
    const { sizes, counts } = expected.split as { sizes: number[]; counts: number[] };
    const classes = sizes.flatMap((size, label) => new Array<number>(size).fill(label));
    const { test } = stratifiedSplit(
      classes.map((_, i) => `${i}.png`),
      classes,
      { split: { test: 0.2 } },
    );
    expect(sizes.map((_, label) => test.filter((place) => classes[place] === label).length)).toEqual(counts);
  });

  it('has the mean and deviation of channels that NumPy finds', async () => {
    const folder = folderOf('statistics', {
      'a/1.png': 'data/picture.png',
      'a/2.png': 'files/rgb.png',
      'b/3.jpg': 'files/turned-1.jpg',
      'b/4.png': 'files/palette.png',
      'b/5.jpg': '',
    });
    const { train } = await imageFolder(folder, { split: [1] });
    const { mean, std, broken } = await channelStatistics(train);
    expect(broken).toHaveLength(1);
    for (const c of [0, 1, 2]) {
      expect(mean[c]).toBeCloseTo(expected.statistics.mean[c], 7);
      expect(std[c]).toBeCloseTo(expected.statistics.std[c], 7);
    }
  });

  it('refuses what is no folder of classes', async () => {
    await expect(imageFolder(join(root, 'absent'))).rejects.toThrow(
      /imageFolder: cannot read the folder .*absent/,
    );
    const loose = folderOf('loose', { '1.png': 'data/picture.png' });
    await expect(imageFolder(loose)).rejects.toThrow(/no file lies in the folder of a class in '.*loose'/);
    await expect(imageFolder(loose)).rejects.toThrow(FormatError);
    await expect(imageFolder([] as never)).rejects.toThrow(
      /imageFolder: folder is \[\]; give a string, or in a page/,
    );
    await expect(imageFolder(loose, { std: [1, 2] })).rejects.toThrow(ShapeError);
  });
});

describe('imagePairs', () => {
  const files = (mask: string, name = 'x.png') => ({
    'images/x.png': 'data/picture.png',
    [`masks/${name}`]: `data/${mask}.png`,
  });
  const read = async (name: string, options: ImagePairsOptions = {}) => {
    const folder = folderOf(name, files(name));
    const { train } = await imagePairs(`${folder}/images`, `${folder}/masks`, { split: [1], ...options });
    return train.get(0);
  };
  const colours = [[0, 0, 0], [200, 30, 40], [10, 250, 60], [1, 2, 3]] as const; // biome-ignore format: one line
  const { classes, small } = expected.masks as { classes: number[]; small: number[] };

  it.each<[string, ImagePairsOptions]>([
    ['grey', {}],
    ['indexed', {}],
    ['indexed', { colours }],
    ['colours', { colours }],
    ['grey', { colours: [0, 1, 2, 3] }],
  ])('reads the classes of a mask (%s, %j) that Pillow wrote', async (name, options) => {
    const { image, mask } = await read(name, options);
    expect([image.shape, mask?.shape, mask?.dtype]).toEqual([[3, 5, 7], [5, 7], 'int32']);
    expect([...(mask?.data ?? [])]).toEqual(classes);
  });

  it('reads numbers of 16 bits as they are', async () => {
    expect([...((await read('deep')).mask?.data ?? [])]).toEqual(classes.map((label) => 1000 * label));
  });

  it("takes the nearest pixel where sizes change, as Pillow does, and 'other' around", async () => {
    const stretched = await read('grey', { size: [4, 3], fit: 'stretch' });
    expect([...(stretched.mask?.data ?? [])]).toEqual(small);
    const { mask, image } = await read('indexed', { size: 7, fit: 'contain', other: -100 });
    expect([image.shape, mask?.shape]).toEqual([
      [3, 7, 7],
      [7, 7],
    ]);
    const ground = new Array(7).fill(-100);
    expect([...(mask?.data ?? [])]).toEqual([...ground, ...classes, ...ground]);
  });

  it('puts masks into y', async () => {
    const folder = folderOf('batch', {
      ...files('grey'),
      'images/y.png': 'data/picture.png',
      'masks/y.png': 'data/grey.png',
    });
    const { train } = await imagePairs(`${folder}/images`, `${folder}/masks`, { split: [1] });
    const [{ x, y }] = await all(new DataLoader(train));
    expect([x.shape, y.shape, y.dtype]).toEqual([[2, 3, 5, 7], [2, 5, 7], 'int32']);
    expect([...y.data]).toEqual([...classes, ...classes]);
  });

  it('names masks that are of no class or of another size, and goes on', async () => {
    const folder = folderOf('faulty', {
      ...files('grey'),
      'images/y.png': 'data/picture.png',
      'masks/y.png': 'files/rgb.png',
      'images/z.png': 'data/picture.png',
      'masks/z.png': 'data/colours.png',
    });
    const options: ImagePairsOptions = { split: [1], colours: [0, 1, 2, 3] };
    const loader = new DataLoader((await imagePairs(`${folder}/images`, `${folder}/masks`, options)).train);
    const [{ index }] = await all(loader);
    expect([...index]).toEqual([0]);
    expect(loader.broken.map(({ reason }) => reason.replaceAll(folder, ''))).toEqual([
      'imagePairs: the mask /masks/y.png is 6×4, its picture 7×5; both need one size',
      'imagePairs: the mask /masks/z.png has the colour 200 30 40 at column 1, row 0, which is no class; add it to colours, or say in other what class it is',
    ]);
  });

  it('tells what colours masks have, by their palettes or from dark to light', async () => {
    const coloursOf = async (name: string) => {
      const folder = folderOf(`colours-${name}`, files(name));
      const found = await maskColours(`${folder}/masks`);
      expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
      return found;
    };
    const grey = await coloursOf('grey');
    expect(grey.map(({ colour }) => colour)).toEqual([...new Set(classes)].sort((a, b) => a - b));
    expect(grey[0]?.share).toBe(classes.filter((label) => label === 0).length / classes.length);
    const indexed = await coloursOf('indexed');
    expect(indexed.map(({ colour }) => colour)).toEqual([0, ...colours.slice(1)]);
    expect(indexed.map(({ place }) => place)).toEqual([0, 1, 2, 3]);
    expect((await coloursOf('colours')).map(({ place }) => place)).toEqual([null, null, null, null]);
    await expect(coloursOf('deep')).rejects.toThrow(/x\.png has 16 bits a value; save it with 8/);
    const torn = folderOf('colours-torn', { 'masks/x.png': 'data/make.py' });
    await expect(maskColours(`${torn}/masks`)).rejects.toThrow('there is no mask that can be read');
  });

  it('pairs by suffix in one folder, and takes parts from folders', async () => {
    const folder = folderOf('suffix', {
      'train/x.jpg': 'files/turned-1.jpg',
      'train/x_mask.png': 'files/grey.png',
      'val/y.jpg': 'files/turned-1.jpg',
      'val/y_mask.png': 'files/grey.png',
    });
    const { train, validation, test } = await imagePairs(folder, folder, { suffix: '_mask' });
    expect([train.files, validation.files, test.files]).toEqual([
      [`${folder}/train/x.jpg`],
      [`${folder}/val/y.jpg`],
      [],
    ]);
  });

  it('refuses pictures without a mask or with two, and colours that do not fit', async () => {
    const alone = folderOf('alone', { 'images/x.png': 'data/picture.png', 'masks/y.png': 'data/grey.png' });
    await expect(imagePairs(`${alone}/images`, `${alone}/masks`)).rejects.toThrow(
      /x\.png has no mask in .*masks; give each/,
    );
    const twice = folderOf('twice', { ...files('grey'), 'masks/x.jpg': 'files/grey.jpg' });
    await expect(imagePairs(`${twice}/images`, `${twice}/masks`)).rejects.toThrow(
      /has the masks x\.jpg, x\.png/,
    );
    await expect(
      imagePairs(`${twice}/images`, `${twice}/masks`, { colours: [1], classes: ['a', 'b'] }),
    ).rejects.toThrow(ShapeError);
    await expect(imagePairs(`${twice}/nothing`, `${twice}/masks`)).rejects.toThrow(/cannot read the folder/);
  });
});
