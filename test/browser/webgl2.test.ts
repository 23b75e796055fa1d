/** @file What lets webgl2 start fast and keep its memory: few programs and few textures. */
import { matMul, relu, setBackend, tensor, tidy } from '@fer/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const prototype = WebGL2RenderingContext.prototype;

function step(rows: number): void {
  tidy(() => {
    const x = tensor(new Float32Array(rows * 8).fill(0.5), [rows, 8]);
    const w = tensor(new Float32Array(64).fill(0.25), [8, 8]);
    const result = relu(matMul(matMul(x, w), w)).dataSync();
    expect(new Set(result)).toEqual(new Set([2]));
  });
}

describe('webgl2', () => {
  beforeAll(async () => {
    await setBackend('webgl2');
    for (let i = 0; i < 3; i++) step(8);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('serves a kernel in every size by one program', () => {
    const programs = vi.spyOn(prototype, 'createProgram');
    for (const rows of [4, 37, 500]) step(rows);
    expect(programs).not.toHaveBeenCalled();
  });

  it('draws into textures that were released', () => {
    const textures = vi.spyOn(prototype, 'createTexture');
    for (let i = 0; i < 3; i++) step(8);
    expect(textures).not.toHaveBeenCalled();
  });
});
