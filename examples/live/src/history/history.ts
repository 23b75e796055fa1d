/** @file The history on the page: what is stored as it is seen, under the session's name, and the list of sessions. */
import type { ExpressionLabel, Prediction } from '@fer/data';
import type { Announcer } from '../view/announcer.ts';
import { find } from '../view/dom.ts';
import type { Notices } from '../view/notices.ts';
import { SessionList } from '../view/session-list.ts';
import type { Sight } from '../worker/protocol.ts';
import { Recorder } from './recorder.ts';
import { HistoryStore } from './store.ts';

/** Milliseconds between two readings of the list. */
const PAUSE = 2000;

export class History {
  readonly #name = find('session', HTMLInputElement);
  readonly #recorder: Recorder;
  readonly #list: SessionList;
  #session = '';
  /** How often another session was asked for. */
  #entries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    private readonly store: HistoryStore,
    private readonly notices: Notices,
    announcer: Announcer,
    private readonly follow: (face: number) => void,
  ) {
    this.#recorder = new Recorder(
      store,
      () => this.#refreshSoon(),
      (error, lost) => this.#showLoss(error, lost),
    );
    this.#list = new SessionList(store, notices, announcer, {
      flush: () => this.#recorder.flush(),
      imported: (sessions) => this.#recount(sessions),
    });
    this.#name.onchange = () => void this.#change(this.#name.value);
    document.addEventListener('visibilitychange', () => void this.#recorder.flush());
  }

  /** @param follow Is told the number of a session's next new face. @returns nothing where the browser stores nothing */
  static async open(
    notices: Notices,
    announcer: Announcer,
    follow: (face: number) => void,
  ): Promise<History | undefined> {
    try {
      const history = new History(await HistoryStore.open(), notices, announcer, follow);
      await history.#enter('');
      await history.#list.refresh();
      return history;
    } catch (error) {
      const text = `Expressions are shown, but not stored: ${error}. Private windows may not let pages store anything.`;
      notices.show('store', { title: 'There is no history', text, isError: true });
      return undefined;
    }
  }

  /** Stores a row for each face. */
  add({ time, faces }: Sight, labels: readonly string[], model: string): void {
    const rows = faces.map(({ face, box, label, probabilities }): Prediction => {
      const named = Object.fromEntries(labels.map((name, i) => [name, probabilities[i]]));
      // the package's networks are all for FER2013's seven expressions
      const typed = { label: label as ExpressionLabel, probabilities: named as Prediction['probabilities'] };
      return { time, session: this.#session, face, box, ...typed, model };
    });
    this.#recorder.add(rows);
  }

  /** Shows the session that is stored to, if it has anything yet. */
  async showCurrent(): Promise<void> {
    await this.#recorder.flush();
    await this.#list.refresh();
    await this.#list.show(this.#session);
  }

  async #change(name: string): Promise<void> {
    try {
      await this.#enter(name);
      this.notices.hide('session');
    } catch (error) {
      this.#name.value = this.#session;
      const text = `The browser says: ${error}.`;
      this.notices.show('session', { title: 'The session cannot be changed', text, isError: true });
    }
  }

  /** Until the session's next number is known, rows belong to the one before. */
  async #enter(name: string): Promise<void> {
    const entry = ++this.#entries;
    const session = cleaned(name) || defaultName(new Date());
    this.#name.value = session;
    if (session === this.#session) return;
    await this.#recorder.flush();
    const face = await this.store.nextFace(session);
    if (entry !== this.#entries) return;
    this.follow(face);
    this.#session = session;
  }

  /** Numbers of the session that is stored to may have come from a file. */
  async #recount(sessions: readonly string[]): Promise<void> {
    if (sessions.includes(this.#session)) this.follow(await this.store.nextFace(this.#session));
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#list.refresh();
    }, PAUSE);
  }

  #showLoss(error: unknown, lost: number): void {
    const text = `The browser says: ${error}. Delete sessions that are no longer needed, if there is no room left.`;
    this.notices.show('store', { title: `${lost} predictions could not be stored`, text, isError: true });
  }
}

/** What people have not named is named by the minute: 2026-11-22 06:30. */
function defaultName(now: Date): string {
  const local = new Date(now.getTime() - 60_000 * now.getTimezoneOffset());
  return local.toISOString().slice(0, 16).replace('T', ' ');
}

/** A name as rows may have it: without control characters and halves of surrogate pairs. */
const cleaned = (name: string): string => name.replace(/[\p{Cc}\p{Cs}]/gu, '').trim();
