// Objects of an S3-compatible store, by addresses such as s3://bucket/folder/name. Where the store is and who asks stand in the variables that
// all such clients read. An object is there whole or not at all.

import { setTimeout as delay } from 'node:timers/promises';
import type { S3mini, S3ServiceError } from 's3mini';
import { CommandError } from '../files.ts';

interface Address {
  readonly bucket: string;
  readonly key: string;
}

export const isObject = (path: string): boolean => path.startsWith('s3://');

/** @throws CommandError for an address without bucket */
function addressOf(path: string): Address {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (bucket !== '') return { bucket, key };
  throw new CommandError(`${path} names no bucket; give an address such as s3://bucket/folder`);
}

/** Milliseconds for an answer. */
const patience = 60_000;
/** Milliseconds before another try, after a failure that may pass. */
const pauses = [200, 600, 2000];

const clients = new Map<string, Promise<S3mini>>();

function clientOf(bucket: string): Promise<S3mini> {
  const known = clients.get(bucket);
  if (known) return known;
  const client = makeClient(bucket);
  clients.set(bucket, client);
  return client;
}

/** What talks to stores is loaded by those who use it. */
async function makeClient(bucket: string): Promise<S3mini> {
  const { env } = process;
  if (env.AWS_SESSION_TOKEN)
    throw new CommandError(
      'AWS_SESSION_TOKEN is set, and keys that expire are not known here; give lasting ones',
    );
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const store = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(store))
    throw new CommandError(`AWS_ENDPOINT_URL is ${store}; give an address such as http://host:9000`);
  const { S3mini } = await import('s3mini');
  return new S3mini({
    ...{ endpoint: `${store.replace(/\/+$/, '')}/${bucket}`, region, requestAbortTimeout: patience },
    // Without keys, what everybody may read.
    ...{ accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' },
  });
}

/** Asks a store, again where a failure may pass. `what` begins the sentence of one that stays. */
async function ask<T>(
  what: string,
  path: string,
  how: (client: S3mini, key: string) => Promise<T>,
): Promise<T> {
  const { bucket, key } = addressOf(path);
  for (let tries = 0; ; tries++) {
    try {
      return await how(await clientOf(bucket), key);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const pause = mayPass(error) ? pauses[tries] : undefined;
      if (pause === undefined) throw failureOf(what, path, error);
      await delay(pause);
    }
  }
}

const statusOf = (error: unknown): number | undefined => (error as Partial<S3ServiceError>).status;

/** Of the network, or of a store that is busy. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status === 429 || status >= 500;
}

const remedies: Readonly<Record<number, string>> = {
  301: 'check AWS_REGION',
  403: 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do',
  404: 'check the name of the bucket',
};

function failureOf(what: string, path: string, cause: unknown): CommandError {
  const { message, serviceCode = '' } = cause as Partial<S3ServiceError>;
  const status = statusOf(cause);
  const why =
    status === undefined
      ? `the store does not answer: ${message}`
      : `the store says ${status} ${serviceCode}`.trim();
  const remedy = remedies[status ?? 0] ?? 'check AWS_ENDPOINT_URL and the store';
  return new CommandError(`cannot ${what} ${path} (${why}); ${remedy}`, { cause });
}

/** Null where there is none. */
export async function readObject(path: string): Promise<Uint8Array | null> {
  const bytes = await ask('read', path, (client, key) => client.getObjectArrayBuffer(key));
  return bytes && new Uint8Array(bytes);
}

export async function writeObject(path: string, bytes: Uint8Array | string): Promise<void> {
  await ask('write', path, (client, key) => client.putAnyObject(key, bytes));
}

/** Addresses of all objects below a folder, or of the one of this name, in order. @param most how many are wanted */
export async function listObjects(path: string, most?: number): Promise<string[]> {
  const { bucket, key } = addressOf(path);
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  const found = await ask('list', path, (client) => client.listObjects('/', folder, most));
  if (found === null)
    throw new CommandError(`there is no bucket ${bucket} in the store; check its name, and AWS_ENDPOINT_URL`);
  const names = found.map(({ Key }) => Key).filter((name) => !name.endsWith('/'));
  if (folder !== key && (await hasObject(path))) names.push(key);
  return names.map((name) => `s3://${bucket}/${name}`).sort();
}

const hasObject = async (path: string): Promise<boolean> =>
  (await ask('look up', path, (client, key) => client.objectExists(key))) === true;

/** Of a folder, or of one object. */
export const objectExists = async (path: string): Promise<boolean> => (await listObjects(path, 1)).length > 0;

export async function removeObjects(path: string): Promise<void> {
  const keys = (await listObjects(path)).map((one) => addressOf(one).key);
  if (keys.length > 0) await ask('remove', path, (client) => client.deleteObjects(keys));
}
