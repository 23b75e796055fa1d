import type { BackendName, SimdOptions } from '@fer/core';

/** A backend as tests run on it. */
export interface TestedBackend {
  /** Distinguishes it from others of the same name. */
  readonly title: string;
  readonly name: BackendName;
  readonly options?: SimdOptions;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** The backends that this project's tests run on. */
    backends: TestedBackend[];
  }
}
