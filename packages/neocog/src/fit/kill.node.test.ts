// A process that trains is killed at moments by chance, again and again, and begun anew: in the end everything is as if it had never
// been killed, files of checkpoints and logs included.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../../../test/fit/eventReader.ts';
import { readCheckpoint } from '../index.ts';

const child = fileURLToPath(new URL('../../../../test/fit/trialChild.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'neocog-kill-'));
afterAll(() => rmSync(home, { recursive: true }));

/** Runs it until it ends, or until it is killed after so many signs of life and a while. Gives whether it ended. */
function run(folder: string, compiled: boolean, kill?: { signs: number; wait: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, ['--no-warnings', child, folder, String(compiled)]);
    let [seen, errors] = [0, ''];
    started.stderr.on('data', (data) => {
      errors += data;
    });
    started.stdout.on('data', (data) => {
      seen += data.length;
      if (kill && seen >= kill.signs) setTimeout(() => started.kill('SIGKILL'), kill.wait);
    });
    started.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the process ended with ${code}: ${errors}`));
      else resolve(signal === null);
    });
  });
}

const lines = (folder: string, name: string): string[] =>
  readFileSync(join(folder, name), 'utf8').trim().split('\n');
const outcome = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'outcome.json'), 'utf8'));

/** Logs without what time it was. */
const logsOf = (folder: string) => ({
  csv: lines(folder, 'log.csv').map((line) => line.replace(/,[^,]*,[^,]*$/, '')),
  json: lines(folder, 'log.jsonl').map((line) => ({ ...JSON.parse(line), seconds: 0, waited: 0 })),
  events: readEvents(readFileSync(join(folder, 'events.out.tfevents.neocog'))).map((event) => ({
    ...event,
    wallTime: 0,
  })),
});

const folderOf = (name: string): string => mkdtempSync(join(home, name));

describe.each([false, true])('kill -9, compiled %s', (compiled) => {
  it('leaves what a run resumes from', async () => {
    const [whole, killed] = [folderOf('whole'), folderOf('killed')];
    await run(whole, compiled);
    const steps: number[] = [];
    for (let attempt = 0; attempt < 7; attempt++) {
      const kill = { signs: 5 + Math.floor(Math.random() * 4), wait: Math.random() * 12 };
      if (await run(killed, compiled, kill)) break;
      const file = join(killed, 'last.safetensors');
      if (existsSync(file)) steps.push((await readCheckpoint(file)).step);
    }
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    await run(killed, compiled);
    expect(outcome(killed)).toEqual(outcome(whole));
    expect(logsOf(killed)).toEqual(logsOf(whole));
    expect(readdirSync(killed).sort()).toEqual(readdirSync(whole).sort());
  });
});
