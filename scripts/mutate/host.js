// A process that keeps Vitest at hand over one sandbox, so that each mutant costs its tests and little else. Its parent
// sends lists of tests, and ends it where a mutant does not.

import { join, relative } from 'node:path';
import { createVitest } from 'vitest/node';

const [root] = process.argv.slice(2);

let failed = '';
/** The end of a run that was not to go on; the next one would end with it. @type {Promise<void> | undefined} */
let cancelled;
/** The file that was changed for the run before: it may be as it was again. */
let before = '';

/** The first failure is enough. @type {import('vitest/node').Reporter} */
const reporter = {
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state !== 'failed' || failed !== '') return;
    const [message] = errors?.[0]?.message.split('\n') ?? [];
    failed = `${relative(root, test.module.moduleId)}: ${test.fullName}: ${message}`;
    cancelled = vitest.cancelCurrentRun('test-failure');
  },
};

const vitest = await createVitest('test', {
  root,
  config: join(root, 'vitest.config.ts'),
  project: ['node'],
  watch: false,
  maxWorkers: 1,
  reporters: [reporter],
});
await vitest.standalone();

/** @param {string[]} tests @param {string} changed */
async function runTests(tests, changed) {
  failed = '';
  for (const file of new Set([before, changed])) if (file !== '') vitest.invalidateFile(join(root, file));
  before = changed;
  const specifications = await vitest.globTestSpecifications(tests.map((test) => join(root, test)));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, false);
  await cancelled;
  cancelled = undefined;
  if (failed !== '') return failed;
  // Those of earlier runs are among them.
  const own = new Set(specifications.map(({ moduleId }) => moduleId));
  const broken = testModules.find(
    (module) => own.has(module.moduleId) && (module.errors().length > 0 || !module.ok()),
  );
  if (broken) return `${relative(root, broken.moduleId)} does not load or fails as a whole`;
  return unhandledErrors.length > 0 ? 'an error outside of any test' : '';
}

process.on('message', async ({ tests, changed }) => {
  try {
    process.send?.({ failed: await runTests(tests, changed) });
  } catch (error) {
    process.send?.({ failed: `Vitest: ${error instanceof Error ? error.message : error}` });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
