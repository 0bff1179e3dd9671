#!/usr/bin/env node
// The command's entry. It is no build product, so that npm finds it to link before anything is built.

import module from 'node:module';

// From Node 22.8: what was compiled once is kept for the next start.
module.enableCompileCache?.();
await import('../dist/bin.js');
