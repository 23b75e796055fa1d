/** @file Loading gpu.js, and through it a device for one of its modes. Nothing here happens before it is asked for. */
// for packages that compile against these sources
/// <reference path="./gpujs.d.ts" />
import { BackendError } from '../../errors.ts';
import type { GpuMode } from '../backend.ts';
import type { Device, GpuJs } from './device.ts';
import { GLDevice } from './gl-device.ts';
import { HostDevice } from './host-device.ts';
import { WebGPUDevice } from './webgpu-device.ts';

/**
 * @param onBroken Called if the device is lost: no kernel can run any more.
 * @throws BackendError if this machine cannot run the mode
 */
export async function createDevice(mode: GpuMode, onBroken: () => void): Promise<Device> {
  switch (mode) {
    case 'cpu':
    case 'webasm':
      return new HostDevice(await loadGpuJs(), mode);
    case 'webgl':
    case 'webgl2':
      return createBrowserGLDevice(mode, onBroken);
    case 'headlessgl':
      return createHeadlessGLDevice(onBroken);
    case 'webgpu':
      return createWebGPUDevice(onBroken);
    default:
      throw new BackendError('setBackend', `unknown backend ${mode satisfies never}`);
  }
}

/** The browser's build, which the package carries, serves Node as well; only the Node build looks for native addons. */
async function loadGpuJs(): Promise<GpuJs> {
  const module = await import('#gpu.js');
  return module.default as GpuJs;
}

async function createBrowserGLDevice(mode: 'webgl' | 'webgl2', onBroken: () => void): Promise<Device> {
  const canvas =
    typeof OffscreenCanvas === 'undefined' ? globalThis.document?.createElement('canvas') : new OffscreenCanvas(1, 1);
  const context = canvas?.getContext(mode);
  if (!context) throw new BackendError('setBackend', `${mode} is not available here`);
  const gl = context as WebGLRenderingContext | WebGL2RenderingContext;
  return createGLDevice(await loadGpuJs(), mode, gl, onBroken);
}

/** In Node, through the optional packages `gl`, which needs an X server, and `gpu.js`. */
async function createHeadlessGLDevice(onBroken: () => void): Promise<Device> {
  const createContext = (await importOptional('gl')) as (width: number, height: number) => WebGLRenderingContext | null;
  const gpujs = (await importOptional('gpu.js')) as GpuJs;
  const context = createContext(1, 1);
  if (!context) throw new BackendError('setBackend', 'headlessgl needs an X server (xvfb-run starts one)');
  return createGLDevice(gpujs, 'headlessgl', context, onBroken);
}

/** The default export of a package that only headlessgl needs. @throws BackendError */
async function importOptional(name: string): Promise<unknown> {
  try {
    return (await import(name)).default;
  } catch (cause) {
    throw new BackendError('setBackend', `headlessgl needs the package \`${name}\`: ${(cause as Error).message}`);
  }
}

function createGLDevice(
  gpujs: GpuJs,
  mode: 'webgl' | 'webgl2' | 'headlessgl',
  context: WebGLRenderingContext | WebGL2RenderingContext,
  onBroken: () => void,
): Device {
  const gpu = new gpujs.GPU({ mode, canvas: context.canvas ?? {}, context });
  const expected = { webgl: gpujs.WebGLKernel, webgl2: gpujs.WebGL2Kernel, headlessgl: gpujs.HeadlessGLKernel }[mode];
  if (gpu.Kernel !== expected) throw new BackendError('setBackend', `gpu.js would run ${mode} on another of its modes`);
  return new GLDevice(gpujs, gpu, context, onBroken);
}

/** In browsers, or in Node through the optional package `webgpu`. */
async function createWebGPUDevice(onBroken: () => void): Promise<Device> {
  await provideNavigatorGpu();
  const gpujs = await loadGpuJs();
  try {
    return new WebGPUDevice(gpujs, await gpujs.WebGPUContext.acquire(), onBroken);
  } catch (cause) {
    throw new BackendError('setBackend', `webgpu is not available here: ${(cause as Error).message}`);
  }
}

async function provideNavigatorGpu(): Promise<void> {
  if (globalThis.navigator?.gpu) return;
  try {
    const { create, globals } = await import('webgpu' as string);
    Object.assign(globalThis, globals);
    const navigator = globalThis.navigator ?? {};
    Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
    if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  } catch (cause) {
    throw new BackendError('setBackend', `webgpu is not available here: ${(cause as Error).message}`);
  }
}
