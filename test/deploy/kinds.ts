// Kinds that operators add to Kubernetes, with the fields that their documentation gives them; what they take over from Kubernetes has
// its types. Kubeflow Trainer: trainer.kubeflow.org/v1alpha1, whose templates are of JobSet (jobset.x-k8s.io/v1alpha2). MPI Operator:
// kubeflow.org/v2beta1.

import type { IObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';
import type { IJobTemplateSpec } from 'kubernetes-models/batch/v1/JobTemplateSpec';
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { IResourceRequirements } from 'kubernetes-models/v1/ResourceRequirements';

type Trainer<Kind extends string, Spec> = {
  apiVersion: 'trainer.kubeflow.org/v1alpha1';
  kind: Kind;
  metadata: IObjectMeta;
  spec: Spec;
};

interface MpiPolicy {
  numProcPerNode?: number;
  mpiImplementation?: 'OpenMPI';
  sshAuthMountPath?: string;
  runLauncherAsNode?: boolean;
}

interface JobSetSpec {
  replicatedJobs: { name: string; replicas?: number; template: IJobTemplateSpec }[];
  network?: { enableDNSHostnames?: boolean; subdomain?: string; publishNotReadyAddresses?: boolean };
  successPolicy?: { operator: 'All' | 'Any'; targetReplicatedJobs?: string[] };
  failurePolicy?: { maxRestarts?: number };
}

export type TrainingRuntime = Trainer<
  'TrainingRuntime',
  {
    mlPolicy?: { numNodes?: number; mpi?: MpiPolicy };
    template: { metadata?: IObjectMeta; spec: JobSetSpec };
  }
>;

export type TrainJob = Trainer<
  'TrainJob',
  {
    runtimeRef: { name: string; apiGroup?: string; kind?: 'TrainingRuntime' | 'ClusterTrainingRuntime' };
    trainer?: {
      image?: string;
      command?: string[];
      args?: string[];
      env?: IEnvVar[];
      numNodes?: number;
      resourcesPerNode?: IResourceRequirements;
      numProcPerNode?: number;
    };
    suspend?: boolean;
    activeDeadlineSeconds?: number;
  }
>;

interface Replicas {
  replicas?: number;
  template: IPodTemplateSpec;
  restartPolicy?: 'Never' | 'OnFailure' | 'Always' | 'ExitCode';
}

export interface MPIJob {
  apiVersion: 'kubeflow.org/v2beta1';
  kind: 'MPIJob';
  metadata: IObjectMeta;
  spec: {
    slotsPerWorker?: number;
    mpiImplementation?: 'OpenMPI' | 'Intel' | 'MPICH';
    sshAuthMountPath?: string;
    runPolicy?: {
      cleanPodPolicy?: 'All' | 'Running' | 'None';
      ttlSecondsAfterFinished?: number;
      activeDeadlineSeconds?: number;
      backoffLimit?: number;
      suspend?: boolean;
    };
    mpiReplicaSpecs: { Launcher: Replicas; Worker?: Replicas };
  };
}
