// Opens a page of a few files in Chromium, under headers of the test's choice, and waits for what the page finds out.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright';

/** By path: `/` is the page itself. */
export type Files = Readonly<Record<string, string>>;

export interface Visit<T> {
  /** What the page sent to `/found`. */
  readonly found: T;
  /** How often it asked for `/evaluated`. */
  readonly evaluated: number;
  /** The paths that were asked for, in order. */
  readonly fetched: readonly string[];
  readonly errors: readonly string[];
}

export const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Milliseconds that a browser may take for anything: a machine may be busy. */
export const patience = 240_000;

export const launch = (executablePath: string, flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...flags], timeout: patience });

/** A page that runs one script. */
export const scriptPage = (script: string): Files => ({
  '/': '<!doctype html><script type="module" src="/page.js"></script>',
  '/page.js': script,
});

const typeOf = (path: string): string => (/\.[jt]s$/.test(path) ? 'text/javascript' : 'text/html');

/** Opens a page with these headers, until it has found out what it can. */
export async function visit<T>(
  browser: Browser,
  files: Files,
  headers: Record<string, string>,
): Promise<Visit<T>> {
  const fetched: string[] = [];
  let tell: (found: T) => void = () => {};
  const found = new Promise<T>((resolve) => {
    tell = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    fetched.push(path);
    if (path === '/found') tell(JSON.parse(await textOf(request)));
    response.writeHead(200, { ...headers, 'Content-Type': typeOf(path) });
    response.end(files[path] ?? '');
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: patience });
    const result = await found;
    await page.close();
    const evaluated = fetched.filter((path) => path === '/evaluated').length;
    return { found: result, evaluated, fetched, errors };
  } finally {
    stop(server);
  }
}

function stop(server: Server): void {
  server.closeAllConnections();
  server.close();
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
