/** @file The pool of textures and buffers that GPU devices keep. */
import { describe, expect, it } from 'vitest';
import { Pool } from '../../packages/core/src/backend/gpu/pool.ts';

const MEBIBYTE = 2 ** 20;

describe('a pool', () => {
  it('gives back what has the right size, the last first, and nothing twice', () => {
    const pool = new Pool<number, string>(() => {});
    pool.give(16, 16, 'a');
    pool.give(16, 16, 'b');
    pool.give(32, 32, 'c');
    expect([16, 16, 16, 32, 64].map((size) => pool.take(size, size))).toEqual(['b', 'a', undefined, 'c', undefined]);
  });

  it('ends what there is no room for, and all the rest when it is cleared', () => {
    const ended: string[] = [];
    const pool = new Pool<number, string>((resource) => ended.push(resource));
    pool.give(200 * MEBIBYTE, 200 * MEBIBYTE, 'large');
    pool.give(100 * MEBIBYTE, 100 * MEBIBYTE, 'too much');
    pool.give(50 * MEBIBYTE, 50 * MEBIBYTE, 'small');
    expect(ended).toEqual(['too much']);
    expect(pool.take(200 * MEBIBYTE, 200 * MEBIBYTE)).toBe('large');
    pool.give(100 * MEBIBYTE, 100 * MEBIBYTE, 'now it fits');
    expect(ended).toEqual(['too much']);
    pool.clear();
    expect(ended.sort()).toEqual(['now it fits', 'small', 'too much']);
    expect(pool.take(50 * MEBIBYTE, 50 * MEBIBYTE)).toBeUndefined();
  });
});
