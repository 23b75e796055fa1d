/** @file A reporter that fails a run in which a backend was silently not tested. */
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Every file of tests for backends that ran must have run in each project of the run, and there have tests, and none
 * skipped, under the title of each of the project's backends. Runs that filter tests by name are not judged.
 */
export class EveryBackend implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (!this.#vitest || this.#vitest.config.testNamePattern) return;
    const tested = modules.filter(({ relativeModuleId }) => relativeModuleId.startsWith('test/backends/'));
    const files = new Set(tested.map(({ relativeModuleId }) => relativeModuleId));
    const problems = this.#vitest.projects.flatMap((project) =>
      [...files].flatMap((file) => {
        const module = tested.find((one) => one.project === project && one.relativeModuleId === file);
        const backends = project.getProvidedContext().backends ?? [];
        return backends.flatMap(({ title }) => {
          const problem = problemOf(module, title);
          return problem ? [`${file} on ${title} (${project.name}) ${problem}`] : [];
        });
      }),
    );
    if (problems.length === 0) return;
    console.error(`\nNot every backend was tested:\n${problems.join('\n')}`);
    process.exitCode = 1;
  }
}

function problemOf(module: TestModule | undefined, title: string): string | undefined {
  if (!module) return 'did not run';
  const suites = [...module.children.suites()].filter(({ name }) => name === title);
  const states = suites.flatMap(({ children }) => [...children.allTests()].map((test) => test.result().state));
  if (states.length === 0) return 'has no tests';
  return states.includes('skipped') ? 'has skipped tests' : undefined;
}
