// The files of deploy/ as data: documents of YAML, the containers in them, and command lines.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

export const deployed = (path: string): string =>
  fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

export const textOf = (path: string): string => readFileSync(deployed(path), 'utf8');

/** What Kubernetes takes: a kind and what belongs to it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

export const manifestFiles = ['storage', 'training', 'mpijob', 'workers', 'batch'].map(
  (name) => `kubernetes/${name}.yaml`,
);

/** The documents of a file, aliases written out. */
export const manifestsIn = (path: string): Manifest[] =>
  parseAllDocuments(textOf(path)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return JSON.parse(JSON.stringify(document.toJS()));
  });

/** A service of Compose, as far as tests read it. */
export interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
}

export const compose = (): { readonly services: Readonly<Record<string, ComposeService>> } =>
  parse(textOf('compose.yaml'), { merge: true });

/** A container of Kubernetes, as far as tests read it. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: { readonly tcpSocket?: { readonly port: number | string } };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

/** All pods described below a value, wherever. */
export function podsIn(value: unknown): PodSpec[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('containers' in value) return [value as PodSpec];
  return Object.values(value).flatMap(podsIn);
}

/** The one of a kind and name. */
export function manifest(kind: string, name: string): Manifest {
  const found = manifestFiles
    .flatMap(manifestsIn)
    .filter((one) => one.kind === kind && one.metadata.name === name);
  if (found.length === 1) return found[0] as Manifest;
  throw new Error(`deploy/kubernetes has ${found.length} of ${kind} ${name}`);
}
