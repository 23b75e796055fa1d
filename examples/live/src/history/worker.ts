/** @file Reads the history: summaries, pictures and files of sessions that may be hours long. */
import {
  formatHistoryCsv,
  formatHistoryJson,
  historyTimeline,
  type Prediction,
  parseHistoryCsv,
  parseHistoryJson,
  renderSvg,
  summariseHistory,
} from '@fer/data';
import type { HistoryQuestions, HistoryReply, HistoryRequest } from './requests.ts';
import { HistoryStore } from './store.ts';

type Answers = {
  [Name in keyof HistoryQuestions]: (
    ...parameters: Parameters<HistoryQuestions[Name]>
  ) => Promise<ReturnType<HistoryQuestions[Name]>>;
};

/** For as long as the worker lives: see startWorker. */
void navigator.locks.request(self.name, () => {
  self.postMessage('alive');
  return new Promise(() => {});
});

let opened: Promise<HistoryStore> | undefined;

function store(): Promise<HistoryStore> {
  opened ??= HistoryStore.open().catch((error) => {
    opened = undefined; // the next question tries again
    throw error;
  });
  return opened;
}

const answers: Answers = {
  async show(session, width, theme) {
    const rows = await (await store()).rows(session);
    const [summary] = summariseHistory(rows);
    if (!summary) return undefined;
    return { summary, timeline: await renderSvg(historyTimeline(rows, { title: 'Timeline', width, theme })) };
  },

  async export(session, format) {
    const rows = await (await store()).rows(session);
    return format === 'csv'
      ? new Blob([await formatHistoryCsv(rows)], { type: 'text/csv' })
      : new Blob([formatHistoryJson(rows)], { type: 'application/json' });
  },

  async import(file) {
    const rows = await parse(textOf(await file.arrayBuffer()));
    await (await store()).add(rows);
    return { predictions: rows.length, sessions: [...new Set(rows.map(({ session }) => session))] };
  },
};

/** @throws Error for other encodings, whose names would come in with other letters */
function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('the file is no text in UTF-8');
  }
}

/** Files are told apart by their beginning, as their names may be anything. */
async function parse(text: string): Promise<Prediction[]> {
  return /^\s*[{[]/.test(text) ? parseHistoryJson(text) : parseHistoryCsv(text);
}

globalThis.onmessage = async ({ data, ports }: MessageEvent<HistoryRequest>) => {
  const reply = await answer(data).catch((error): HistoryReply => ({ error: detailsOf(error) }));
  ports[0]?.postMessage(reply);
};

async function answer({ name, parameters }: HistoryRequest): Promise<HistoryReply> {
  const question = answers[name] as (...parameters: unknown[]) => Promise<unknown>;
  return { answer: await question(...parameters) };
}

/** A message and the first of its details. */
const detailsOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);
