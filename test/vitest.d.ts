import type { BackendName } from '@fer/core';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The backends that this project's tests run on. */
    backends: BackendName[];
  }
}
