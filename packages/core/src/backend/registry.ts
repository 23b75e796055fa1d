/** @file Which backends exist, which of them run here, and the one in use. */
import { ArgumentError, BackendError } from '../errors.ts';
import type { Backend, BackendName } from './backend.ts';
import type { SimdOptions } from './simd/index.ts';

/** From the fastest to the slowest, where the hardware is there. */
const order: readonly BackendName[] = ['webgpu', 'webgl2', 'simd', 'webasm', 'cpu', 'webgl', 'headlessgl'];

/** What is running or starting, by name and options. */
const backends = new Map<string, Promise<Backend>>();
let current: Backend | undefined;

/** Calls of setBackend so far, and the one that chose the current backend. */
let calls = 0;
let chosenBy = 0;

/**
 * Chooses where tensors live and operators run, and starts it if need be. `'auto'` takes the environment variable
 * FER_BACKEND if it is set, to anything but `auto`; else a hardware WebGPU adapter, else hardware WebGL2, else simd,
 * else webasm, else cpu. Software adapters are skipped unless named, and so are `webgl` and `headlessgl`.
 * @param options For simd, if that is named or chosen. Other options are another backend, with tensors of its own. A
 * simd backend whose worker threads ended is started anew, and so is a GPU backend that lost its device. Of several calls at
 * a time the last one wins, however long the others take.
 * @returns the backend's name.
 * @throws BackendError if the backend does not exist or cannot run here; ArgumentError for options of a backend that is
 * named and has none, or if the number of threads is none.
 */
export async function setBackend(name: BackendName | 'auto' = 'auto', options: SimdOptions = {}): Promise<BackendName> {
  const call = ++calls;
  const chosen = name === 'auto' ? await automaticBackend(options) : name;
  if (!order.includes(chosen)) {
    throw new BackendError('setBackend', `unknown backend '${chosen}'; there are auto, ${order.join(', ')}`);
  }
  const given = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (name !== 'auto' && name !== 'simd' && given.length > 0)
    throw new ArgumentError('setBackend', `${given.join(' and ')} are for simd, but the backend is ${name}`);
  const backend = await started(chosen, options);
  if (call > chosenBy) [current, chosenBy] = [backend, call];
  return chosen;
}

function started(name: BackendName, options: SimdOptions = {}): Promise<Backend> {
  const key = name === 'simd' ? `simd ${options.threads} ${options.relaxed}` : name;
  const known = backends.get(key);
  if (known) return known;
  const forget = () => {
    if (backends.get(key) === starting) backends.delete(key);
  };
  const starting = start(name, options, forget);
  backends.set(key, starting);
  starting.catch(forget); // what failed may succeed another time
  return starting;
}

/** The backends that run on this machine, the preferred first. Starts each of them to find out. */
export async function availableBackends(): Promise<BackendName[]> {
  const results = await Promise.all(
    order.map(async (name) => {
      try {
        await started(name);
        return [name];
      } catch {
        return [];
      }
    }),
  );
  return results.flat();
}

/** The backend in use. */
export function backend(): Backend {
  if (!current) throw new BackendError('backend', "none is in use; call `await setBackend('auto')` first");
  return current;
}

/** Names the backend in use, if there is one. */
export function getBackend(): BackendName | undefined {
  return current?.name;
}

/** @param onBroken Called if the backend cannot run any more. */
async function start(name: BackendName, options: SimdOptions, onBroken: () => void): Promise<Backend> {
  if (name === 'simd') {
    const { createSimdBackend } = await import('./simd/index.ts');
    return createSimdBackend(options, onBroken);
  }
  const { createGpuBackend } = await import('./gpu/index.ts');
  return createGpuBackend(name, onBroken);
}

async function automaticBackend(options: SimdOptions): Promise<BackendName> {
  const named = globalThis.process?.env.FER_BACKEND;
  if (named && named !== 'auto') return named as BackendName;
  for (const [name, isWorthwhile] of automatic) {
    try {
      if (!(await isWorthwhile())) continue;
      await started(name, options);
      return name;
    } catch (error) {
      // a backend that cannot run is no error where another can be chosen; options that nothing can run with are
      if (error instanceof ArgumentError) throw error;
    }
  }
  return 'cpu';
}

/** What 'auto' tries in turn, and whether to. */
const automatic: readonly (readonly [BackendName, () => boolean | Promise<boolean>])[] = [
  ['webgpu', hasHardwareWebGPU],
  ['webgl2', hasHardwareWebGL2],
  ['simd', () => true],
  ['webasm', () => true],
];

async function hasHardwareWebGPU(): Promise<boolean> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter();
  // older browsers tell nothing of an adapter
  const info: Partial<GPUAdapterInfo> = adapter?.info ?? {};
  return (
    Boolean(adapter) &&
    !info.isFallbackAdapter &&
    !isSoftware(`${info.vendor} ${info.architecture} ${info.description}`)
  );
}

function hasHardwareWebGL2(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl?.getExtension('EXT_color_buffer_float')) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) as string;
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !isSoftware(renderer);
}

function isSoftware(description: string): boolean {
  return /swiftshader|llvmpipe|software|basic render/i.test(description);
}
