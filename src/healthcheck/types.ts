// What the server's half says (`cloudru_jlab/healthcheck/models.py`).

export type Status = 'pass' | 'warn' | 'fail';

export type Component =
  | 'memory'
  | 'cpu'
  | 'event_loop'
  | 'disk'
  | 'descriptors'
  | 'gpu'
  | 'gateway'
  | 'kernel'
  | 'feature';

export interface IWords {
  readonly message: string;
  readonly advice: string;
}

export interface ICheck extends IWords {
  readonly component: Component;
  readonly id: string;
  readonly status: Status;
  /** RFC 3339: when the status became what it is. */
  readonly since: string;
  readonly value: number | null;
  readonly limit: number | null;
  readonly unit: string;
  readonly texts: Readonly<Record<string, IWords>>;
  readonly code: string;
}

export interface IDisk {
  readonly root: string;
  readonly title: string;
  readonly free: number | null;
  readonly total: number | null;
  readonly free_inodes: number | null;
  readonly total_inodes: number | null;
}

export interface IGpu {
  readonly index: number;
  readonly name: string;
  readonly used: number | null;
  readonly total: number | null;
  readonly utilisation: number | null;
  readonly temperature: number | null;
  readonly power_watts: number | null;
}

export interface IKernelUse {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly state: string;
  readonly memory: number | null;
  readonly cpu: number | null;
  readonly gpu_memory: number | null;
  readonly processes: number;
  readonly remote: boolean;
}

/** Sizes are bytes, processor time is cores. */
export interface ISample {
  readonly seq: number;
  readonly time: string;
  readonly memory: {
    readonly used: number;
    readonly limit: number;
    readonly container: boolean;
    readonly oom_kills: number;
  };
  readonly cpu: { readonly used: number; readonly limit: number };
  readonly loop_ms: number;
  readonly disks: readonly IDisk[];
  readonly gpus: readonly IGpu[];
  readonly kernels: readonly IKernelUse[];
  readonly descriptors: number;
  readonly descriptors_limit: number;
}

export interface ISamples {
  readonly instance: string;
  readonly started: string;
  readonly interval_seconds: number;
  readonly last: number;
  readonly status: Status;
  readonly samples: readonly ISample[];
  readonly checks: readonly ICheck[];
}

export type Cause =
  | 'out_of_memory'
  | 'child_out_of_memory'
  | 'killed'
  | 'terminated'
  | 'segmentation_fault'
  | 'bus_error'
  | 'illegal_instruction'
  | 'aborted'
  | 'exited'
  | 'gateway_lost'
  | 'server_lost'
  | 'container_out_of_memory'
  | 'unknown';

export interface IExplained {
  readonly title: string;
  readonly body: string;
  readonly advice: string;
}

export interface IDeath extends IExplained {
  readonly id: string;
  readonly seq: number;
  readonly time: string;
  readonly kernel_id: string;
  readonly kernel_name: string;
  readonly path: string;
  readonly cause: Cause;
  readonly confidence: 'certain' | 'likely' | 'unknown';
  readonly exit_code: number | null;
  readonly signal: string;
  readonly restarted: boolean;
  readonly evidence: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, IExplained>>;
}

export interface IDeaths {
  readonly instance: string;
  readonly last: number;
  readonly deaths: readonly IDeath[];
}
