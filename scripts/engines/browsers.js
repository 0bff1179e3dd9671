// Engines that open a page: Chromium, Firefox and WebKitGTK, each as an installed program with a profile of its own, on a
// page of this machine that is isolated from other origins. The page sends what it finds out; nobody drives the browser.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { chromiumArguments, chromiumHint, findChromium } from '../chromium.js';
import { findProgram, longest } from './terminal.js';

/**
 * @typedef {import('./terminal.js').Engine} Engine
 * @typedef {import('./terminal.js').Missing} Missing
 * @typedef {import('../../test/engines/smoke.ts').Report} Report
 */

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string[] | null} command with words before its arguments; null if it is not found
 * @property {string} hint how to get one
 * @property {(profile: string) => string[]} flags before the page's address
 */

/** Nothing but the page: no first run, no updates, no asking home. */
const firefoxPreferences = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** WebKitGTK's own small browser, which lies among its libraries. */
function findMiniBrowser() {
  const libraries = process.platform === 'linux' ? readdirSync('/usr/lib') : [];
  return libraries
    .flatMap((folder) => ['4.1', '4.0', '6.0'].map((v) => `/usr/lib/${folder}/webkit2gtk-${v}/MiniBrowser`))
    .find((path) => existsSync(path));
}

/** @param {string | undefined} path @param {string[]} before @returns {string[] | null} */
const commandOf = (path, before = []) => (path ? [...before, path] : null);

/** @param {string} profile */
function writePreferences(profile) {
  const lines = Object.entries(firefoxPreferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
}

/** @returns {Browser[]} */
const browsers = () => [
  {
    name: 'Chromium',
    command: commandOf(findChromium()),
    hint: chromiumHint,
    flags: (profile) => [...chromiumArguments, `--user-data-dir=${profile}`],
  },
  {
    name: 'Firefox',
    command: commandOf(findProgram('firefox', ['/usr/bin/firefox-esr', '/usr/bin/firefox'])),
    hint: 'apt-get install firefox-esr, or set FIREFOX to the path of one',
    flags(profile) {
      writePreferences(profile);
      return ['--headless', '--no-remote', '--profile', profile];
    },
  },
  {
    name: 'WebKitGTK',
    // It wants a screen, even to say its version.
    command: commandOf(findProgram('xvfb-run', []) && findMiniBrowser(), ['xvfb-run', '-a']),
    hint: 'apt-get install webkit2gtk-driver xvfb',
    flags: () => ['--geometry=400x300'],
  },
];

/** @returns {(Engine | Missing)[]} */
export function browserEngines() {
  return browsers().map(({ name, command, hint, flags }) => {
    if (!command) return { name, hint };
    const [program, ...words] = command;
    const options = { encoding: /** @type {const} */ ('utf8'), timeout: longest };
    const printed = spawnSync(program, [...words, '--version'], options).stdout;
    const version = /\d+(\.\d+)+/.exec(printed)?.[0] ?? '?';
    const start = (/** @type {string} */ profile, /** @type {string} */ url) =>
      openProgram(program, [...words, ...flags(profile), url], profile);
    return { name, version, run: (/** @type {string} */ folder) => visit(start, folder) };
  });
}

/**
 * Of a group of its own: what ends it ends the processes that it has started.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {string} profile
 */
function openProgram(program, args, profile) {
  const env = { ...process.env, HOME: profile, XDG_RUNTIME_DIR: profile };
  return spawn(program, args, { stdio: 'ignore', detached: true, env });
}

const types = { '.js': 'text/javascript', '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml' };
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * @param {(profile: string, url: string) => import('node:child_process').ChildProcess} start
 * @param {string} folder
 * @returns {Promise<Report>}
 */
async function visit(start, folder) {
  const profile = mkdtempSync(join(tmpdir(), 'neocog-profile-'));
  const { found, url, close } = await servePage(folder);
  const child = start(profile, url);
  const end = () => {
    if (child.pid && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', end);
  const ended = new Promise((_, reject) =>
    child.on('exit', () => reject(new Error('the browser has ended'))),
  );
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`the page said nothing for ${longest / 1000} s`)), longest).unref();
  });
  try {
    const report = JSON.parse(await Promise.race([found, ended, late]));
    if (report.error) throw new Error(report.error);
    return report;
  } finally {
    process.off('exit', end);
    end();
    close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** @param {string} folder */
async function servePage(folder) {
  /** @type {(text: string) => void} */
  let tell = () => {};
  const found = /** @type {Promise<string>} */ (
    new Promise((resolve) => {
      tell = resolve;
    })
  );
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      if (request.method === 'POST') tell(text);
      answer(folder, request.url ?? '/', response);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { found, url: `http://127.0.0.1:${port}/`, close };
}

/**
 * @param {string} folder
 * @param {string} path
 * @param {import('node:http').ServerResponse} response
 */
function answer(folder, path, response) {
  const file = join(folder, path === '/' ? 'index.html' : path);
  const known = existsSync(file) && path !== '/found';
  const type = types[/** @type {keyof typeof types} */ (extname(file))] ?? 'text/plain';
  response.writeHead(known ? 200 : 204, { ...isolated, 'Content-Type': type });
  response.end(known ? readFileSync(file) : '');
}
