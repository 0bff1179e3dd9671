// Pre-trained weights from a real server on this machine, which breaks off, ignores ranges, lies and comes back; and the table of
// what torchvision publishes.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, NeocogError, nn, type Tensor, tensor } from 'neocog';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadPretrained, type PretrainedOptions } from '../index.ts';
import { pretrained, publishedAt } from './table.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/pretrained/${name}`, import.meta.url));
const name = 'tiny-77ec94ce.pth';
const file = readFileSync(fixture(name));
const { output } = JSON.parse(readFileSync(fixture('tiny.json'), 'utf8')) as { output: number[] };

const network = (): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(8, 10),
  );
const x = tensor(
  Float32Array.from({ length: 192 }, (_, i) => i / 64 - 1),
  [1, 3, 8, 8],
);
const near = ({ data }: Tensor): void => expect([...data]).toEqual(output.map((v) => expect.closeTo(v, 5)));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The rest of the file from where a range says, as servers of files answer. */
const whole: Answer = ({ headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from >= file.length) return void response.writeHead(416).end();
  const range = { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': file.length - from, ...(from > 0 && range) });
  response.end(file.subarray(from));
};

/** Breaks the connection after so many bytes of an answer. */
const breakingAfter =
  (bytes: number): Answer =>
  ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const range = { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': file.length - from,
      ...(from > 0 && range),
    });
    response.write(file.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 20));
  };

const home = mkdtempSync(join(tmpdir(), 'neocog-pretrained-'));
let [url, cache, caches] = ['', '', 0];
let asked: string[] = [];
/** What is answered, request after request; the last one to all that follow. */
let answers: Answer[] = [whole];
const server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers.range ?? ''}`.trim());
  (answers.length > 1 ? (answers.shift() as Answer) : answers[0])(request, response);
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
beforeEach(() => {
  cache = join(home, `cache ${caches++}`, 'deep');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/${name}`;
  [asked, answers] = [[], [whole]];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true });
});

const load = (options: PretrainedOptions = {}, at = url) =>
  loadPretrained({ url: at, network }, { cache, ...options });

describe('loadPretrained', () => {
  it('downloads a file of torch.save, tells how far it is, and keeps it', async () => {
    const seen: (number | null)[][] = [];
    const net = await load({ onProgress: ({ loaded, total }) => seen.push([loaded, total]) });
    near(net.forward(x));
    expect(net.training).toBe(false);
    expect(seen.at(-1)).toEqual([file.length, file.length]);
    expect(readdirSync(cache)).toEqual([name]);
    expect(readFileSync(join(cache, name))).toEqual(file);
    const again: number[] = [];
    near((await load({ onProgress: ({ loaded }) => again.push(loaded) })).forward(x));
    expect([asked, again]).toEqual([[`/some/${name}`], []]);
  });

  it('goes on where the connection broke, again and again', async () => {
    answers = [breakingAfter(700), breakingAfter(900), breakingAfter(1000), whole];
    const seen: number[] = [];
    near((await load({ onProgress: ({ loaded }) => seen.push(loaded) })).forward(x));
    expect(asked.map((request) => request.split(' ')[1])).toEqual([
      undefined,
      'bytes=700-',
      'bytes=1600-',
      'bytes=2600-',
    ]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('goes on after the process was ended, also where all had arrived', async () => {
    for (const have of [1500, file.length]) {
      mkdirSync(cache, { recursive: true });
      rmSync(join(cache, name), { force: true });
      writeFileSync(join(cache, `${name}.part`), file.subarray(0, have));
      near((await load()).forward(x));
      expect(readdirSync(cache)).toEqual([name]);
    }
    expect(asked).toEqual([`/some/${name} bytes=1500-`]);
  });

  it('keeps what has arrived when it is ended', async () => {
    const controller = new AbortController();
    answers = [
      ({ headers: _ }, response) =>
        response.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 800)),
    ];
    const ended = load({ signal: controller.signal, onProgress: () => controller.abort() });
    await expect(ended).rejects.toThrow();
    expect(readFileSync(join(cache, `${name}.part`))).toEqual(file.subarray(0, 800));
    answers = [whole];
    near((await load()).forward(x));
    expect(asked.at(-1)).toBe(`/some/${name} bytes=800-`);
  });

  it.each<[string, Answer, number]>([
    ['ignores ranges', (_, response) => response.writeHead(200).end(file), 2],
    [
      'answers another range',
      (_, response) =>
        response.writeHead(206, { 'content-range': `bytes 0-${file.length - 1}/${file.length}` }).end(file),
      2,
    ],
    [
      'does not say how long the file is',
      (_, response) => void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(file),
      2,
    ],
    ['is busy for a while', (_, response) => response.writeHead(503).end(), 3],
  ])('from a server that %s', async (_, answer, requests) => {
    answers = [breakingAfter(700), answer, whole];
    near((await load()).forward(x));
    expect(asked).toHaveLength(requests);
  });

  it('begins anew where the part is of another file', async () => {
    mkdirSync(cache, { recursive: true });
    for (const part of [new Uint8Array(900).fill(7), new Uint8Array(file.length + 10)]) {
      rmSync(join(cache, name), { force: true });
      writeFileSync(join(cache, `${name}.part`), part);
      near((await load()).forward(x));
    }
    expect(readdirSync(cache)).toEqual([name]);
  });

  it('looks at what the cache has', async () => {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, name), file.subarray(0, 100));
    near((await load()).forward(x));
    expect(readFileSync(join(cache, name))).toEqual(file);
  });

  it('keeps files in a store, in a folder of the environment, and nowhere', async () => {
    const files = new Map<string, Uint8Array>();
    const store = {
      read: (key: string) => files.get(key),
      write: (key: string, bytes: Uint8Array) => files.set(key, bytes),
    };
    await load({ cache: store });
    near((await load({ cache: store })).forward(x));
    expect([asked.length, [...files.keys()]]).toEqual([1, [name]]);
    near((await load({ cache: false })).forward(x));
    expect([asked.length, existsSync(cache)]).toEqual([2, false]);
    process.env.NEOCOG_CACHE = cache;
    try {
      await load({ cache: undefined });
    } finally {
      delete process.env.NEOCOG_CACHE;
    }
    expect(readdirSync(cache)).toEqual([name]);
  });

  it('makes a head for other classes', async () => {
    const net = await load({ classes: 3 });
    expect(net.forward(x).shape).toEqual([1, 3]);
    expect(net.stateDict()['0.weight'].data).toEqual((await load()).stateDict()['0.weight'].data);
    expect(net.stateDict()['5.weight'].data.some((v) => v !== 0)).toBe(true);
  });

  it('asks a mirror for the file by its name', async () => {
    answers = [(_, response) => response.writeHead(404, 'Not Found').end()];
    const mirror = url.replace(`/${name}`, '');
    await expect(loadPretrained('resnet18', { mirror, cache })).rejects.toThrow(
      `loadPretrained: ${mirror}/resnet18-f37072fd.pth answered 404 Not Found; check the address`,
    );
    expect(asked).toEqual(['/some/resnet18-f37072fd.pth']);
  });

  it('keeps nothing that is not what its name says', async () => {
    const wrong = Buffer.from(file).fill(1, 2000, 2001);
    answers = [(_, response) => response.writeHead(200).end(wrong)];
    const hash = createHash('sha256').update(wrong).digest('hex').slice(0, 8);
    await expect(load()).rejects.toThrow(
      `has the SHA-256 ${hash}…, its name says 77ec94ce; it was changed or damaged`,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, string | RegExp]>([
    [
      'an unknown name',
      () => loadPretrained('resnet19' as never),
      /from is .?resnet19.*; give one of alexnet, deeplabV3/,
    ],
    [
      'a name without hash',
      () => load({}, url.replace('-77ec94ce', '')),
      'has no hash; give the address of a file named like',
    ],
    ['a hash that is short', () => load({}, url.replace('77ec94ce', '77ec')), 'has no hash'],
    ['no cache', () => load({ cache: 5 as never }), 'cache is 5; give a folder'],
    ['no classes', () => load({ classes: 0 }), 'classes is 0; give a whole number'],
    [
      'a mirror that is a path',
      () => load({ mirror: 'here' }),
      /mirror is .?here.*; give an http\(s\) address/,
    ],
    [
      'another network',
      () => loadPretrained({ url, network: () => new nn.Sequential(new nn.Linear(2, 2)) }, { cache }),
      'loadStateDict',
    ],
    ['a folder that is a file', () => load({ cache: fixture(name) }), 'the cache cannot be used'],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toBeInstanceOf(NeocogError);
  });

  it('gives up where nothing arrives', async () => {
    answers = [(_, response) => response.destroy()];
    await expect(load()).rejects.toThrow(/cannot be downloaded: .*; call again to go on after 0 bytes/);
    expect(asked).toHaveLength(5);
  });
});

describe('the table', () => {
  const known = JSON.parse(readFileSync(fixture('torchvision.json'), 'utf8')) as Record<
    string,
    { urls: string[]; digest: string }
  >;

  it('has the names', () => {
    expect(Object.keys(pretrained).sort()).toEqual(Object.keys(known).sort());
  });

  it.each(Object.entries(pretrained))('of %s is torchvision’s, and so are keys and shapes', (key, entry) => {
    const { urls, digest } = known[key];
    // torchvision 0.15.2 renamed this file, whose name had the hash of another.
    if (key !== 'efficientnetB0') expect(urls).toContain(publishedAt + entry.file);
    const state = init.skip(entry.network).stateDict();
    const rows = Object.entries(state).map(([path, { shape }]) => `${path} [${shape}]`);
    expect(createHash('sha256').update(rows.sort().join('\n')).digest('hex')).toBe(digest);
  });
});
