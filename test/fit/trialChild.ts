// A process that trains a trial and may be killed at any moment: `node trialChild.ts FOLDER COMPILED`. Says `begun` when it begins
// and leaves outcome.json when it has ended.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf, train } from './trials.ts';

const [folder, compiled] = process.argv.slice(2);
const trial = { compiled: compiled === 'true', accumulate: 1 };
const run = train(trial, { store: folder, logs: folder }, { onBatch: () => void process.stdout.write('.') });
process.stdout.write('begun');
writeFileSync(join(folder, 'outcome.json'), JSON.stringify(outcomeOf(await run)));
