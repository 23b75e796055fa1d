/** @file The server behind fer live. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderServer, serveFolder } from '../../packages/cli/src/live/server.ts';
import { ferHere } from '../cli/fer.ts';

let folder: string;
let server: FolderServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-server-'));
  await mkdir(join(folder, 'page/assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'page/index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'page/assets/a.js'), 'export {};');
  await symlink(join(folder, 'secret.txt'), join(folder, 'page/link.txt'));
  server = await serveFolder(join(folder, 'page'), 0);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** As it is, without the order that fetch brings into paths. */
function get(path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.address);
    const asked = request({ host: 'localhost', port, path, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', reject).end();
  });
}

describe('serveFolder', () => {
  it('sends files with their types, and the headers that isolate a page and keep it from sending anything', async () => {
    const page = await fetch(server.address);
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
    expect(page.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'self'");
    expect(await page.text()).toContain('<title>page</title>');
    const script = await fetch(`${server.address}assets/a.js?version=1`);
    expect(script.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp'); // workers need it themselves
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/link.txt',
    '/assets',
    '/nothing.html',
    '/%',
    '/%00',
    '//',
    'http://[',
  ])('does not know %s', async (path) => {
    const { status, body } = await get(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('secret');
  });

  it('answers questions alone', async () => {
    expect(await get('/', 'POST')).toEqual({ status: 405, body: '' });
    expect(await get('/', 'HEAD')).toEqual({ status: 200, body: '' });
  });

  it('says which port is taken', async () => {
    const { port } = new URL(server.address);
    await expect(serveFolder(folder, Number(port))).rejects.toThrow(`live: port ${port} is taken`);
  });
});

describe('fer live', () => {
  it.each(['-1', '65536', '80.5', 'http'])('refuses the port %s', async (port) => {
    const { code, stderr } = await ferHere(['live', `--port=${port}`]);
    expect(code).toBe(2);
    expect(stderr).toContain('It must be an integer from 0 to 65535.');
  });
});
