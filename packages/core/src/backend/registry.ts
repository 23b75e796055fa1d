/** @file Which backends exist, which of them run here, and the one in use. */
import { BackendError } from '../errors.ts';
import type { Backend, BackendName } from './backend.ts';

/** From the fastest to the slowest, where the hardware is there. */
const order: readonly BackendName[] = ['webgpu', 'webgl2', 'webasm', 'cpu', 'webgl', 'headlessgl'];

const backends = new Map<BackendName, Promise<Backend>>();
let current: Backend | undefined;

/**
 * Chooses where tensors live and operators run, and starts it if need be. `'auto'` takes the environment variable
 * FER_BACKEND if it is set; else a hardware WebGPU adapter, else hardware WebGL2, else webasm. Software adapters are
 * skipped unless named, and so are `webgl` and `headlessgl`.
 * @returns the backend's name.
 * @throws BackendError if the backend does not exist or cannot run here.
 */
export async function setBackend(name: BackendName | 'auto' = 'auto'): Promise<BackendName> {
  const chosen = name === 'auto' ? await automaticBackend() : name;
  if (!order.includes(chosen))
    throw new BackendError('setBackend', `unknown backend '${chosen}'; there are auto, ${order.join(', ')}`);
  const starting = backends.get(chosen) ?? start(chosen);
  backends.set(chosen, starting);
  try {
    current = await starting;
  } catch (error) {
    backends.delete(chosen);
    throw error;
  }
  return chosen;
}

/** The backends that run on this machine, the preferred first. Starts each of them to find out. */
export async function availableBackends(): Promise<BackendName[]> {
  const results = await Promise.all(
    order.map(async (name) => {
      const starting = backends.get(name) ?? start(name);
      try {
        await starting;
        backends.set(name, starting);
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

async function start(name: BackendName): Promise<Backend> {
  const { createGpuBackend } = await import('./gpu/index.ts');
  return createGpuBackend(name);
}

async function automaticBackend(): Promise<BackendName> {
  const named = globalThis.process?.env.FER_BACKEND;
  if (named) return named as BackendName;
  if (await hasHardwareWebGPU()) return 'webgpu';
  if (hasHardwareWebGL2()) return 'webgl2';
  return 'webasm';
}

async function hasHardwareWebGPU(): Promise<boolean> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter();
  return (
    Boolean(adapter) &&
    !adapter?.info.isFallbackAdapter &&
    !isSoftware(`${adapter?.info.vendor} ${adapter?.info.architecture} ${adapter?.info.description}`)
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
