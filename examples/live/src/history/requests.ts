/** @file What the page asks the history's worker for, and how. */
import type { SessionSummary } from '@fer/data';

export type HistoryFormat = 'csv' | 'json';

export interface SessionPicture {
  readonly summary: SessionSummary;
  /** An SVG document. */
  readonly timeline: string;
}

export interface Imported {
  readonly predictions: number;
  readonly sessions: readonly string[];
}

/** The questions, each with its answer. */
export interface HistoryQuestions {
  /** Of a session: undefined if it has no rows. @param width In pixels. */
  show(session: string, width: number, theme: 'light' | 'dark'): SessionPicture | undefined;
  export(session: string, format: HistoryFormat): Blob;
  import(file: File): Imported;
}

export type HistoryRequest = {
  [Name in keyof HistoryQuestions]: { readonly name: Name; readonly parameters: Parameters<HistoryQuestions[Name]> };
}[keyof HistoryQuestions];

export type HistoryReply = { readonly answer: unknown } | { readonly error: string };

let worker: Worker | undefined;

/** It holds a lock of its name for as long as it lives, and tells when it does: memory may run out without an event. */
function startWorker(): Worker {
  const name = `fer history ${crypto.randomUUID()}`;
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name });
  started.addEventListener('error', () => {
    if (worker === started) worker = undefined; // the next question gets another one
  });
  const died = () => started.dispatchEvent(new ErrorEvent('error', { message: 'it ended without a word' }));
  started.onmessage = () => void navigator.locks.request(name, died);
  return started;
}

/**
 * Has another thread read the history, so that an hour of it does not stop the page.
 * @throws Error with what is wrong with a file, for one
 */
export function askHistory<Name extends keyof HistoryQuestions>(
  name: Name,
  ...parameters: Parameters<HistoryQuestions[Name]>
): Promise<ReturnType<HistoryQuestions[Name]>> {
  worker ??= startWorker();
  const asked = worker;
  const { port1, port2 } = new MessageChannel();
  const answered = new AbortController();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<HistoryReply>) => {
      port1.close();
      answered.abort();
      if ('error' in data) reject(new Error(data.error));
      else resolve(data.answer as ReturnType<HistoryQuestions[Name]>);
    };
    const onError = (event: ErrorEvent) => reject(new Error(event.message || 'its program cannot be loaded'));
    asked.addEventListener('error', onError, { signal: answered.signal });
    asked.postMessage({ name, parameters } as HistoryRequest, [port2]);
  });
}
