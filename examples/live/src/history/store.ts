/** @file The history, in the browser's database: it stays on this machine. */
import type { Prediction } from '@fer/data';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/** What tells two rows apart: session, time, face. The rows of a session lie side by side, in the order of time. */
type Key = [session: string, time: number, face: number];

interface Schema extends DBSchema {
  predictions: { key: Key; value: Prediction };
}

const STORE = 'predictions';

/** A session as lists show it. */
export interface SessionEntry {
  readonly session: string;
  readonly predictions: number;
  /** Times of the first and of the last row, in milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

export class HistoryStore {
  #opened: Promise<IDBPDatabase<Schema>> | undefined;

  private constructor(private readonly name: string) {}

  /** @throws DOMException where the browser stores nothing, as in some private windows */
  static async open(name = 'fer-live'): Promise<HistoryStore> {
    const store = new HistoryStore(name);
    await store.#database();
    return store;
  }

  /** Browsers close a database when its files are deleted, for one: then it is opened again. */
  #database(): Promise<IDBPDatabase<Schema>> {
    const forget = () => {
      this.#opened = undefined;
    };
    if (!this.#opened) {
      this.#opened = openDB<Schema>(this.name, 1, {
        upgrade: (created) => void created.createObjectStore(STORE, { keyPath: ['session', 'time', 'face'] }),
        terminated: forget,
      });
      this.#opened.catch(forget);
    }
    return this.#opened;
  }

  /** All or none. Rows with the same session, time and face are replaced. @throws DOMException if there is no room */
  async add(rows: readonly Prediction[]): Promise<void> {
    const transaction = (await this.#database()).transaction(STORE, 'readwrite');
    await Promise.all([...rows.map((row) => transaction.store.put(row)), transaction.done]);
  }

  /** The newest first. */
  async sessions(): Promise<SessionEntry[]> {
    const { store } = (await this.#database()).transaction(STORE);
    const entries: SessionEntry[] = [];
    for (let cursor = await store.openKeyCursor(); cursor; ) {
      const [session, first] = cursor.key;
      const range = rangeOf(session);
      const predictions = await store.count(range);
      const last = (await store.openKeyCursor(range, 'prev'))?.key[1] ?? first;
      entries.push({ session, predictions, first, last });
      cursor = await store.openKeyCursor(IDBKeyRange.lowerBound(range.upper));
    }
    return entries.sort((a, b) => b.last - a.last);
  }

  /** In the order of time. */
  async rows(session: string): Promise<Prediction[]> {
    return (await this.#database()).getAll(STORE, rangeOf(session));
  }

  /** A number that no face of the session has yet, from 1. */
  async nextFace(session: string): Promise<number> {
    const keys = await (await this.#database()).getAllKeys(STORE, rangeOf(session));
    return keys.reduce((next, [, , face]) => Math.max(next, face + 1), 1);
  }

  async delete(session: string): Promise<void> {
    return (await this.#database()).delete(STORE, rangeOf(session));
  }

  async deleteAll(): Promise<void> {
    return (await this.#database()).clear(STORE);
  }
}

/** All keys of a session: lists come behind all numbers. */
function rangeOf(session: string): IDBKeyRange {
  return IDBKeyRange.bound([session], [session, []]);
}
