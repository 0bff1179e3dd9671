// What mpirun is given, and what becomes of what it says.

import type { World } from 'neocog';
import { describe, expect, it } from 'vitest';
import { shareOf, usualBatch } from './job.ts';
import { bindingOf, startedHere, withoutLaunch } from './launch.ts';
import { Notices } from './notices.ts';

const line = '-'.repeat(74);

describe('the start', () => {
  it('gives each rank its cores, and shares them where there are not enough', () => {
    expect(bindingOf(2, 8).join(' ')).toBe('--use-hwthread-cpus --map-by slot:PE=4');
    expect(bindingOf(3, 8).join(' ')).toBe('--use-hwthread-cpus --map-by slot:PE=2');
    expect(bindingOf(4, 2).join(' ')).toBe('--oversubscribe --bind-to none');
  });

  it('repeats the command line without itself', () => {
    expect(withoutLaunch(['train', '--launch', '4', 'pets', '--lr', '4'])).toEqual([
      'train',
      'pets',
      '--lr',
      '4',
    ]);
    expect(withoutLaunch(['train', 'pets', '--launch=4'])).toEqual(['train', 'pets']);
  });

  it('is for all that torchrun has started on this machine, unless MPI connects them', () => {
    const env = { RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'node7' };
    expect(startedHere(env)).toBe(null);
    expect(startedHere({ ...env, LOCAL_WORLD_SIZE: '2' })).toBe(null);
    expect(startedHere({ ...env, LOCAL_WORLD_SIZE: '4' })).toEqual({ rank: 1, size: 4 });
    expect(startedHere({ ...env, MASTER_ADDR: '127.0.0.1' })).toEqual({ rank: 1, size: 4 });
    expect(startedHere({ ...env, LOCAL_WORLD_SIZE: '4', OMPI_COMM_WORLD_SIZE: '4' })).toBe(null);
    expect(startedHere({})).toBe(null);
  });

  it('shares batches out evenly, or refuses', () => {
    const world = { rank: 0, size: 3 } as World;
    expect([shareOf(12, world), shareOf(7, null), usualBatch(16, world), usualBatch(16, null)]).toEqual([
      4, 7, 18, 16,
    ]);
    expect(() => shareOf(2, world)).toThrow(
      '--batch 2 is of all ranks together, and cannot be shared out evenly among 3; give --batch 3, or',
    );
  });
});

describe('what mpirun says', () => {
  const text = (...blocks: string[]): string =>
    blocks.map((block) => `${line}\n${block}\n${line}\n`).join('');
  const killed = 'mpirun noticed that process rank 1 with PID 0 on node node7 exited on\nsignal 9 (Killed).';

  it('is told from what ranks say, wherever the text is cut', () => {
    const all = `one\n${text('Primary job  terminated normally', killed)}two\nmpirun: Forwarding signal 12 to job\nthree`;
    for (const size of [1, 7, 1000]) {
      const notices = new Notices();
      let rest = '';
      for (let i = 0; i < all.length; i += size) rest += notices.take(all.slice(i, i + size));
      expect(rest + notices.end()).toBe('one\ntwo\nthree\n');
      expect(notices.cause).toEqual({ rank: 1, what: 'on node7 was ended by signal 9 (Killed)' });
      expect(notices.said[0]).toBe('Primary job terminated normally');
    }
  });

  it('names a rank that ended with an error, or none', () => {
    const notices = new Notices();
    notices.take(text('The first process to do so was:\n\n  Process name: [[11538,1],2]\n  Exit code:    3'));
    expect(notices.cause).toEqual({ rank: 2, what: 'ended with exit code 3' });
    const other = new Notices();
    other.take(`${line}\nThere are not enough slots available`);
    other.end();
    expect([other.cause, other.said]).toEqual([null, ['There are not enough slots available']]);
  });
});
