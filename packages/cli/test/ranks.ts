// Processes of a job on this machine, as a test sees them: by their rank and the folder that they work in.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Why there can be no jobs here, or null. */
export const missingMpi: string | null =
  spawnSync('mpirun', ['--version']).status === 0
    ? null
    : 'Open MPI was not found; apt-get install openmpi-bin libopenmpi3';

/** The process of a rank; null where there is none. */
export function processOfRank(folder: string, rank: number): number | null {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((id) => isRank(id, folder, rank));
  return found === undefined ? null : Number(found);
}

function isRank(id: string, folder: string, rank: number): boolean {
  try {
    const said = readFileSync(`/proc/${id}/environ`, 'utf8').split('\0');
    return said.includes(`OMPI_COMM_WORLD_RANK=${rank}`) && readlinkSync(`/proc/${id}/cwd`) === folder;
  } catch {
    return false; // it has ended, or is somebody else's
  }
}
