/** @file A page whose Content-Security-Policy forbids workers. It is this file's own page: a policy stays. */
import { add, BackendError, setBackend, tensor } from '@fer/core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(() => {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "worker-src 'none'";
  document.head.append(policy);
});

it('has simd on one thread', async () => {
  expect(navigator.hardwareConcurrency).toBeGreaterThan(1);
  await setBackend('simd');
  expect([...(await add(tensor([1, 2]), 1).data())]).toEqual([2, 3]);
});

it('is told so where it asks for more', async () => {
  const starting = setBackend('simd', { threads: 2 });
  await expect(starting).rejects.toThrow(BackendError);
  await expect(starting).rejects.toThrow("the page's Content-Security-Policy must allow `worker-src blob:`");
});
