// Reads all hostile files, and prints the most memory that this process ever had, in bytes.

import { hostileFiles } from './hostile.ts';

for (const read of Object.values(hostileFiles)) {
  try {
    await read();
  } catch {
    // Refused, as another test finds.
  }
}
console.log(process.resourceUsage().maxRSS * 1024);
