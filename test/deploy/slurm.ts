// A Slurm of one machine on loopback, with files of its own: the daemons of Debian's packages, as a cluster has them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from '../../packages/cli/test/batches.ts';
import type { Outcome } from '../../packages/cli/test/command.ts';

const has = (program: string): boolean => spawnSync(program, ['-V']).error === undefined;

/** Why there can be no Slurm here, or null. */
export function missingSlurm(): string | null {
  if (process.getuid?.() !== 0) return "Slurm's daemons need root";
  if (['munged', 'slurmctld', 'slurmd', 'sbatch'].every(has)) return null;
  return 'Slurm was not found; apt-get install slurmctld slurmd slurm-client munge libpmix-dev';
}

export class TestSlurm {
  readonly #folder: string;
  readonly #daemons: ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder empty, and by a short path: it holds sockets */
  static async start(folder: string): Promise<TestSlurm> {
    const slurm = new TestSlurm(folder);
    await slurm.#start();
    return slurm;
  }

  /** Hands a script in and waits for its end; what it wrote is in the file of its --output. */
  async submit(folder: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
    const more = { cwd: folder, env: { ...process.env, ...env } };
    // Its own --wait looks after 2 seconds, then after 12, then after 42.
    const outcome = await this.#run('sbatch', ['--parsable', ...words], more);
    if (outcome.code !== 0) return outcome;
    let code: number | null = null;
    await until(async () => {
      const { out } = await this.#run('scontrol', ['show', 'job', outcome.out.trim()]);
      if (/JobState=(PENDING|RUNNING|COMPLETING)/.test(out)) return false;
      code = Number(/ExitCode=(\d+):/.exec(out)?.[1]);
      return true;
    });
    return { ...outcome, code };
  }

  stop(): void {
    for (const daemon of this.#daemons) daemon.kill('SIGKILL');
  }

  readonly #at = (name: string): string => join(this.#folder, name);

  async #start(): Promise<void> {
    for (const name of ['state', 'spool']) await mkdir(this.#at(name));
    await writeFile(this.#at('key'), randomBytes(1024), { mode: 0o400 });
    await writeFile(this.#at('slurm.conf'), await this.#settings());
    const files = ['key-file', 'socket', 'pid-file', 'log-file', 'seed-file'].map(
      (name) => `--${name}=${this.#at(name.replace('-file', ''))}`,
    );
    this.#daemon('munged', ['--foreground', '--force', ...files]);
    this.#daemon('slurmctld', ['-D']);
    this.#daemon('slurmd', ['-D']);
    await until(async () => (await this.#run('sinfo', ['--noheader', '--format=%t'])).out.trim() === 'idle');
  }

  async #settings(): Promise<string> {
    const name = hostname().split('.')[0];
    const [control, node] = [await freePort(), await freePort()];
    const settings = {
      ...{ ClusterName: 'test', SlurmctldHost: `${name}(127.0.0.1)`, SlurmUser: 'root', SlurmdUser: 'root' },
      ...{ AuthType: 'auth/munge', AuthInfo: `socket=${this.#at('socket')}`, ReturnToService: 2 },
      ...{ StateSaveLocation: this.#at('state'), SlurmdSpoolDir: this.#at('spool') },
      ...{ SlurmctldPidFile: this.#at('ctld.pid'), SlurmdPidFile: this.#at('d.pid') },
      ...{ SlurmctldLogFile: this.#at('ctld.log'), SlurmdLogFile: this.#at('d.log') },
      ...{ ProctrackType: 'proctrack/linuxproc', TaskPlugin: 'task/none', MpiDefault: 'none' },
      ...{ SlurmctldPort: control, SlurmdPort: node, SelectType: 'select/cons_tres' },
    };
    return [
      ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN`,
      `PartitionName=all Nodes=${name} Default=YES State=UP`,
    ].join('\n');
  }

  #daemon(program: string, words: readonly string[]): void {
    this.#daemons.push(spawn(program, words, { stdio: 'ignore', env: this.#environment }));
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, SLURM_CONF: this.#at('slurm.conf') };
  }

  #run(
    program: string,
    words: readonly string[],
    more: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Outcome> {
    const env = { ...this.#environment, ...more.env, SLURM_CONF: this.#at('slurm.conf') };
    const child = spawn(program, words, { cwd: more.cwd ?? this.#folder, env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  }
}
