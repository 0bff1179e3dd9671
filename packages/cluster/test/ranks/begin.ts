// A process that asks for its world and prints what it got: `begin.ts [LIBRARY]`.

import { mpi } from '../../src/index.ts';

const [library] = process.argv.slice(2);
const report = await mpi({ library }).then(
  ({ rank, size, carrier }) => ({ rank, size, carrier }),
  (error: Error) => ({ sentence: error.message }),
);
process.stdout.write(`${JSON.stringify(report)}\n`);
