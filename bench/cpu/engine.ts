/**
 * @file The process of one engine: waits for cases, prepares them, and times them when told to. The parent alternates
 * between the processes of the engines that it compares, so that each sees the same weather on the machine.
 */
import { Bench } from 'tinybench';
import type { Case } from './cases.ts';

/**
 * Runs a case once, and returns what it computed if that is to be `read`. Timed runs are not read where the engine is
 * synchronous, whose work is done when its call returns: copying a large result would hide what computing it takes.
 */
export type Run = (read: boolean) => Promise<Float32Array | undefined>;

export interface Engine {
  /** Its name's version and settings, for the report. */
  readonly description: string;
  /** Undefined if the engine cannot run the case. */
  prepare(work: Case): Promise<Run | undefined>;
}

/** What the parent asks. */
export type Request = { prepare: Case } | { time: { warmup: number; milliseconds: number; iterations: number } };
/** What the engine answers: the first outputs of the case (null if it cannot run it), or the samples in milliseconds. */
export type Reply =
  | { description: string }
  | { outputs: Float32Array[] | null }
  | { samples: number[] }
  | { error: string };

/** Serves an engine to the parent process. */
export function serve(engine: Engine): void {
  let run: Run | undefined;
  const reply = (message: Reply) => process.send?.(message);
  process.on('message', async (request: Request) => {
    try {
      if ('prepare' in request) {
        run = await engine.prepare(request.prepare);
        reply({ outputs: run ? await outputsOf(run, request.prepare) : null });
      } else if (run) reply({ samples: await time(run, request.time) });
    } catch (error) {
      reply({ error: (error as Error).stack ?? String(error) });
    }
  });
  reply({ description: engine.description });
}

/** Of training two losses: the second one is right only if the derivatives and the optimizer are. */
async function outputsOf(run: Run, { kind }: Case): Promise<Float32Array[]> {
  const outputs: Float32Array[] = [];
  for (let i = 0; i < (kind === 'training' ? 2 : 1); i++) outputs.push((await run(true)) ?? new Float32Array());
  return outputs;
}

async function time(
  run: Run,
  { warmup, milliseconds, iterations }: { warmup: number; milliseconds: number; iterations: number },
): Promise<number[]> {
  const bench = new Bench({
    time: milliseconds,
    iterations,
    warmup: warmup > 0,
    warmupIterations: warmup,
    warmupTime: 0,
  });
  bench.add('case', async () => {
    await run(false);
  });
  const [task] = await bench.run();
  if (!task?.result || task.result.error) throw task?.result?.error ?? new Error('no samples');
  return [...task.result.latency.samples];
}
