/** @file GPUs that go away, as they do when a driver is reset or a page has too many contexts. */
import { add, BackendError, setBackend, tensor } from '@fer/core';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

const lostAndFound = async (name: 'webgl2' | 'webgpu', lose: () => Promise<void>, message: string | RegExp) => {
  const x = tensor([1, 2]);
  expect([...(await add(x, 1).data())]).toEqual([2, 3]);
  await lose();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(() => add(x, 1)).toThrow(BackendError);
  expect(() => add(x, 1)).toThrow(message);
  expect(() => tensor([1])).toThrow(message);
  await expect(x.data()).rejects.toThrow(message);
  await setBackend(name);
  expect([...(await add(tensor([1, 2]), 1).data())]).toEqual([2, 3]);
};

it('webgl2 says so, and starts anew', async () => {
  const contexts = vi.spyOn(OffscreenCanvas.prototype, 'getContext');
  await setBackend('webgl2');
  const [gl] = contexts.mock.results.map(({ value }) => value as WebGL2RenderingContext);
  const lose = async () => gl?.getExtension('WEBGL_lose_context')?.loseContext();
  await lostAndFound(
    'webgl2',
    lose,
    'gpu: the WebGL context was lost, and its tensors with it; setBackend starts another',
  );
});

it('webgpu says so, and starts anew', async () => {
  const devices = vi.spyOn(GPUAdapter.prototype, 'requestDevice');
  await setBackend('webgpu');
  const [device] = await Promise.all(devices.mock.results.map(({ value }) => value as Promise<GPUDevice>));
  const lose = async () => device?.destroy();
  await lostAndFound(
    'webgpu',
    lose,
    /^gpu: the device was lost \(.+\), and its tensors with it; setBackend starts another$/,
  );
});
