/** @file How long each kernel takes in what a program does. */
import type { Backend, Kernel } from './backend/backend.ts';
import { backend } from './backend/registry.ts';
import { BackendError } from './errors.ts';

/** All calls of one kernel. */
export interface KernelTime {
  /** Its name in the contract of backends (`ForwardKernels`, `GradientKernels`, `UpdateKernels`); 'other' is the JavaScript around. */
  readonly kernel: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** Of the whole, from 0 to 1. */
  readonly share: number;
}

type Kernels = Record<string, Kernel<never>>;

interface Time {
  calls: number;
  milliseconds: number;
}

/** What a backend has besides kernels. */
const MEMORY = ['upload', 'download', 'downloadSync', 'release', 'destroy'];

/** The other devices go on computing after a kernel's call is over. */
const SYNCHRONOUS = ['simd', 'webasm', 'cpu'];

/**
 * Calls a function, waits for it, and tells what each kernel of the current backend took in it, the longest first:
 * `console.table(await profileKernels(() => fit(model, options)))`. Kernels that others call within themselves count
 * with these; worker threads of `fit` and what other programs do at the same time count as well, as 'other'.
 * @throws BackendError on devices whose kernels go on after their calls (webgpu, webgl2, webgl, headlessgl), or within another profile
 */
export async function profileKernels(fn: () => unknown): Promise<readonly KernelTime[]> {
  const profiled = backend();
  if (!SYNCHRONOUS.includes(profiled.name))
    throw new BackendError(
      'profileKernels',
      `kernels of ${profiled.name} go on after their calls: use simd, webasm or cpu`,
    );
  const times = new Map<string, Time>();
  const restore = timeKernels(profiled, times);
  const start = performance.now();
  try {
    await fn();
  } finally {
    restore();
  }
  return rowsOf(times, performance.now() - start);
}

const profiles = new WeakSet<Backend>();

/** Puts a clock around each kernel. @returns what takes them away */
function timeKernels(profiled: Backend, times: Map<string, Time>): () => void {
  if (profiles.has(profiled)) throw new BackendError('profileKernels', 'a profile is being taken already');
  profiles.add(profiled);
  const kernels = profiled as unknown as Kernels;
  const entries = Object.entries(kernels).filter(
    ([name, value]) => typeof value === 'function' && !MEMORY.includes(name),
  );
  for (const [name, kernel] of entries) {
    const time = { calls: 0, milliseconds: 0 };
    times.set(name, time);
    kernels[name] = timed(kernel, time);
  }
  return () => {
    Object.assign(kernels, Object.fromEntries(entries));
    profiles.delete(profiled);
  };
}

function timed(kernel: Kernel<never>, time: Time): Kernel<never> {
  return (...args) => {
    const start = performance.now();
    const result = kernel(...args);
    time.milliseconds += performance.now() - start;
    time.calls++;
    return result;
  };
}

function rowsOf(times: ReadonlyMap<string, Time>, total: number): KernelTime[] {
  const called = [...times].filter(([, { calls }]) => calls > 0);
  const within = called.reduce((sum, [, { milliseconds }]) => sum + milliseconds, 0);
  const rows = called.map(([kernel, time]) => ({ kernel, ...time, share: time.milliseconds / total }));
  const other = { kernel: 'other', calls: 0, milliseconds: total - within, share: 1 - within / total };
  return [...rows, other].sort((a, b) => b.milliseconds - a.milliseconds);
}
