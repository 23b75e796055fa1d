/** @file Modules that worker threads run: compiled beside their caller in the packages, TypeScript in the sources. */

/** What `Worker` and pools of them are given. */
export interface WorkerModule {
  readonly url: URL;
  /** Node's options that the module needs. Not the process' own, which may be about its program (`--input-type`). */
  readonly execArgv: string[];
}

/**
 * A module beside another one.
 * @param name Without an extension, such as './worker'.
 * @param caller Its `import.meta.url`.
 */
export function workerModule(name: string, caller: string): WorkerModule {
  if (!caller.endsWith('.ts')) return { url: new URL(`${name}.js`, caller), execArgv: [] };
  return { url: new URL(`${name}.ts`, caller), execArgv: ['--conditions=source', '--import', typescriptLoader()] };
}

/** Workers do not inherit the loader that sources came through: a program that gives them tsx. */
function typescriptLoader(): string {
  const program = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;
  return `data:text/javascript,${encodeURIComponent(program)}`;
}
