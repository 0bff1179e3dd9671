// Opens the built Lab in Chromium, from a static host in a folder, and notes whatever goes wrong on the page.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import AxeSource from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { chromiumHint, findChromium } from '../../../scripts/chromium.js';
import { leftOut } from '../../../test/leftOut.ts';

const executablePath = findChromium();

/** A test that needs the browser. */
export const onPage: ReturnType<typeof test.skipIf> = test.skipIf(
  leftOut(executablePath ? null : `Chromium was not found; ${chromiumHint}`),
);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** The Lab lies in a folder, as on a host that many share. */
export const place = '/some/folder/';

/** A static host: files as they are, no header but their type. @returns its address, with the folder */
export async function host(folder: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const file = join(folder, normalize(path.slice(place.length) || 'index.html'));
    const known = path.startsWith(place) && existsSync(file) && statSync(file).isFile();
    response.writeHead(known ? 200 : 404, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    });
    response.end(known ? readFileSync(file) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${place}` };
}

export interface VisitOptions {
  /** After `#`: `/layer?kernel=5`. */
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Default true: a test that waits for movement asks for it. */
  readonly still?: boolean;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page and of its console, and requests to other hosts. */
  readonly faults: string[];
}

/** Milliseconds that anything may take: a machine may be busy. */
const patience = 60_000;

/** A camera and a microphone of the browser's own, which every page may use. */
export const fakeDevices = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

export class Lab {
  #browser: Browser | undefined;
  #server: Server | undefined;
  url = '';

  /** @param devices Arguments of the browser: files that camera and microphone show, say. */
  async start(devices: readonly string[] = fakeDevices): Promise<void> {
    if (!executablePath) return;
    const args = ['--no-sandbox', '--disable-gpu', ...devices];
    this.#browser = await chromium.launch({ executablePath, args, timeout: patience });
    ({ server: this.#server, url: this.url } = await host(inject('lab')));
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.stopHost();
  }

  /** What remains works offline. */
  stopHost(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** Opens the Lab in a fresh profile. */
  async visit(options: VisitOptions = {}): Promise<Visit> {
    const { hash = '', width = 1440, height = 900, dark = false, still = true } = options;
    const context = await this.#browser!.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: still ? 'reduce' : 'no-preference',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, host: name } = new URL(request.url());
      if (protocol.startsWith('http') && name !== new URL(this.url).host)
        faults.push(`asked ${request.url()}`);
    });
    await page.goto(this.url + (hash && `#${hash}`));
    await page.locator('h1').waitFor();
    return { page, context, faults };
  }
}

/** A host and a browser for the tests of a file. */
export function useLab(): Lab {
  const lab = new Lab();
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());
  return lab;
}

/** What axe finds on the page, a line each. */
export async function axe(page: Page): Promise<string[]> {
  // The page's policy allows no script of others; the browser's own evaluation is beyond it.
  await page.evaluate(AxeSource.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof AxeSource }).axe.run({ resultTypes: ['violations'] }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  );
}
