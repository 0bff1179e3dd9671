// Memory that the engine does not have, as an error of the library.

import { DeviceError } from '../../errors.ts';

/** Engines refuse memory by a RangeError. As an error of a function that wanted it for something; any other error as it is. */
export const refusalOf = (error: unknown, fn: string, wanted: string): unknown =>
  error instanceof RangeError
    ? new DeviceError(
        `${fn}: the engine has no memory for ${wanted} (${error.message}); use a smaller batch or image`,
        { cause: error },
      )
    : error;
