/** @file Where the live page is. */
import { fileURLToPath } from 'node:url';

/** Beside the sources as well as beside the compiled code, in the package. */
const folder = fileURLToPath(new URL('../../dist/page/', import.meta.url));

/** In the repository alone. */
const source = fileURLToPath(new URL('../../../../examples/live/', import.meta.url));

/**
 * The folder of the built page. The package carries it; from source it is built anew each time, so that it is never an old one.
 */
export async function pageFolder(): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  if (isSource) {
    const { build } = await import('vite');
    await build({ root: source, logLevel: 'error' });
  }
  return folder;
}
