// Machines on one machine: network namespaces on a bridge, each with a link of its own whose bandwidth is shaped by the kernel's token bucket.
// Needs root, `ip` and `tc`. Nothing leaves this machine.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'neocog';
/** A network that no machine has. */
const addressOf = (/** @type {number} */ i) => `10.213.77.${i + 1}`;

/** @param {string} words */
const ip = (words) => execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });

/**
 * What becomes of mpirun's command line there.
 *
 * @typedef {object} Hosts
 * @property {readonly string[]} start what comes before mpirun
 * @property {readonly string[]} options of mpirun
 * @property {() => void} remove
 */

/**
 * So many machines.
 *
 * @param {number} count
 * @param {number} gigabits a second, each way
 * @returns {Hosts}
 */
export function makeHosts(count, gigabits) {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-hosts-'));
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const remove = () => {
    for (const name of names) {
      attempt(() => ip(`link del ${name}`)); // at once, which a namespace leaves for later
      attempt(() => ip(`netns del ${name}`));
    }
    attempt(() => ip(`link del ${prefix}`));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    ip(`link add ${prefix} type bridge`);
    ip(`link set ${prefix} up`);
    for (const [i, name] of names.entries()) makeHost(name, addressOf(i), gigabits);
  } catch (error) {
    remove();
    throw error;
  }
  const agent = join(folder, 'agent');
  writeFileSync(agent, agentText);
  chmodSync(agent, 0o755);
  const settings = {
    ...{ plm_rsh_agent: agent, btl: 'tcp,self', pml: 'ob1', orte_keep_fqdn_hostnames: '1' },
    ...{ btl_tcp_if_include: `${addressOf(0)}/24`, oob_tcp_if_include: `${addressOf(0)}/24` },
  };
  return {
    start: [
      'ip',
      'netns',
      'exec',
      names[0],
      'unshare',
      '--uts',
      'sh',
      '-c',
      `hostname ${addressOf(0)}; exec "$@"`,
      '-',
    ],
    options: [
      ...Object.entries(settings).flatMap(([name, value]) => ['--mca', name, value]),
      ...['--host', names.map((_, i) => `${addressOf(i)}:1`).join(',')],
    ],
    remove,
  };
}

/** In place of ssh: a command on another machine, which calls itself by its address. */
const agentText = `#!/bin/sh
host=$1
shift
name=${prefix}$((\${host##*.} - 1))
exec ip netns exec "$name" unshare --uts sh -c "hostname $host; $*"
`;

/** @param {string} name @param {string} address @param {number} gigabits */
function makeHost(name, address, gigabits) {
  ip(`netns add ${name}`);
  ip(`link add ${name} type veth peer name eth0 netns ${name}`);
  ip(`link set ${name} master ${prefix} up`);
  ip(`-n ${name} addr add ${address}/24 dev eth0`);
  ip(`-n ${name} link set eth0 up`);
  ip(`-n ${name} link set lo up`);
  const shape = `qdisc add dev eth0 root tbf rate ${gigabits}gbit burst 256k latency 50ms`;
  execFileSync('tc', ['-n', name, ...shape.split(' ')]);
}

/** @param {() => void} body */
function attempt(body) {
  try {
    body();
  } catch {
    // It is not there.
  }
}
