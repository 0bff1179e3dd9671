// A download that goes on where it broke off: HTTP ranges (RFC 9110, section 14), again and again while there is progress.

import { NeocogError } from 'neocog';
import { plainly } from '../shown.ts';

/** What has arrived so far. */
export interface Part {
  /** Bytes that are there. */
  size(): Promise<number>;
  append(bytes: Uint8Array): Promise<void>;
  /** Forgets all of it. */
  reset(): Promise<void>;
  read(): Promise<Uint8Array>;
}

/** How far a download is, in bytes. */
export interface Progress {
  /** Bytes that are there, also those of an earlier attempt. */
  readonly loaded: number;
  /** Bytes of the whole file; null where the server does not say. */
  readonly total: number | null;
}

/** AbortSignal, where the compiler knows it. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Known } }
  ? Known
  : {
      /** Whether to stop. */
      readonly aborted: boolean;
    };

/** What is downloaded, and who is told. */
export interface Download {
  readonly fn: string;
  readonly url: string;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly signal: Signal | undefined;
}

/** Attempts in a row that bring nothing. */
const mostAttempts = 5;
/** Milliseconds before the second attempt; doubled for each further one. */
const firstPause = 200;

/** Brings the whole of a file into `part`, which may have its beginning. */
export async function download(task: Download, part: Part): Promise<void> {
  let vain = 0;
  for (;;) {
    const before = await part.size();
    const problem = await attempt(task, part);
    if (problem === null) return;
    vain = (await part.size()) > before ? 0 : vain + 1;
    if (vain === mostAttempts) {
      throw new NeocogError(
        `${task.fn}: ${task.url} cannot be downloaded: ${problem}; call again to go on after ${await part.size()} bytes`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, firstPause * 2 ** Math.max(0, vain - 1)));
  }
}

/** Null when the file is whole; else what went wrong. */
async function attempt(task: Download, part: Part): Promise<string | null> {
  try {
    const have = await part.size();
    const headers: Record<string, string> = have > 0 ? { Range: `bytes=${have}-` } : {};
    const response = await fetch(task.url, { headers, signal: task.signal ?? null });
    // Nothing comes after what is there: it is the whole file, or a part of another one.
    if (response.status === 416) return restart(part, 'the file on the server is shorter than what is there');
    checkStatus(task, response);
    if (have > 0 && !continues(response, have)) await part.reset();
    return await receive(task, response, part);
  } catch (error) {
    if (error instanceof NeocogError || task.signal?.aborted) throw error;
    const { message, cause } = error as Error;
    return plainly(cause instanceof Error ? `${message} (${cause.message})` : message);
  }
}

async function restart(part: Part, problem: string): Promise<string> {
  await part.reset();
  return problem;
}

/** What may be over in a while is left to the next attempt. */
function checkStatus({ fn, url }: Download, { ok, status, statusText }: Response): void {
  if (ok) return;
  const problem = `answered ${status} ${plainly(statusText)}`;
  if (status >= 500 || status === 429) throw new Error(problem);
  throw new NeocogError(`${fn}: ${url} ${problem}; check the address`);
}

const continues = ({ status, headers }: Response, have: number): boolean =>
  status === 206 && new RegExp(`^bytes ${have}-`).test(headers.get('content-range') ?? '');

async function receive({ onProgress }: Download, response: Response, part: Part): Promise<string | null> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const isPlain = !response.headers.has('content-encoding');
  let loaded = await part.size();
  const total = isPlain && Number.isFinite(length) ? loaded + length : null;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    await part.append(next.value);
    loaded += next.value.length;
    onProgress?.({ loaded, total });
  }
  return total === null || loaded === total ? null : `the connection ended after ${loaded} of ${total} bytes`;
}
