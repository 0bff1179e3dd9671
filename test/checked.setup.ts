// Runs the kernels' tests of a project in the checked mode: see checked/module.ts.

import { runChecked } from './kernelRunner.ts';

runChecked(true);
