// Writes a network that runs by itself, as `neocog build` does, into the folder that the first argument names.

import { mkdirSync, writeFileSync } from 'node:fs';
import { esModule } from '@neocog/formats';
import { models, pack } from 'neocog';
import { filled } from './smoke.ts';

const folder = process.argv[2] as string;
const net = filled(() => models.mobilenetV2({ classes: 10, width: 0.35 }));
mkdirSync(folder, { recursive: true });
for (const { name, data } of esModule(pack(net, { input: [1, 3, 32, 32] }), { name: 'a network' }))
  writeFileSync(`${folder}/${name}`, typeof data === 'string' ? data : Buffer.concat([...data]));
