/** @file Serves the files of one folder, to this machine alone, with the headers that pages with shared memory need. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArgumentError } from '@fer/core';

/** Whatever else there may be is sent as bytes. */
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.otf': 'font/otf',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * The first two isolate the page, which shared memory needs. The policy has the browser itself see to it that nothing leaves the
 * machine: the page can reach this server and what it made itself, and nothing else. gpu.js compiles JavaScript (unsafe-eval).
 */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval'",
    "worker-src 'self' blob:",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export interface FolderServer {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * @param port 0 for any that is free.
 * @throws ArgumentError if the port is taken or may not be used
 */
export async function serveFolder(folder: string, port: number): Promise<FolderServer> {
  const root = await realpath(folder);
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy()); // whoever asked is gone
  });
  await listen(server, port);
  const { port: used } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${used}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason = code === 'EADDRINUSE' ? 'is taken; --port takes another, 0 any that is free' : message;
      reject(new ArgumentError('live', `port ${port} ${reason}`));
    });
    server.listen(port, 'localhost', resolve);
  });
}

async function answer(root: string, { method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const file = await fileAt(root, url);
  if (!file) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('There is no such page.\n');
    return;
  }
  const type = TYPES[extname(file.path)] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': file.size });
  if (method === 'HEAD') response.end();
  else await pipeline(createReadStream(file.path), response);
}

/** A file of the folder: neither `..` nor a link leads out of it. */
async function fileAt(root: string, url: string): Promise<{ path: string; size: number } | undefined> {
  try {
    const { pathname } = new URL(url, 'http://localhost');
    const name = decodeURIComponent(pathname);
    const path = await realpath(join(root, name.endsWith('/') ? `${name}index.html` : name));
    const found = await stat(path);
    return path.startsWith(root + sep) && found.isFile() ? { path, size: found.size } : undefined;
  } catch {
    return undefined; // no such file, or no address at all
  }
}
