/** @file The sessions that are stored: a list, import and export, and deletion. */
import { askHistory, type HistoryFormat, type SessionPicture } from '../history/requests.ts';
import type { HistoryStore, SessionEntry } from '../history/store.ts';
import type { Announcer } from './announcer.ts';
import { confirmDeletion } from './confirm.ts';
import { download, find, make, setText } from './dom.ts';
import type { Notices } from './notices.ts';
import { SessionDetail } from './session-detail.ts';

/** A session's line in the list. */
interface Line {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly facts: HTMLSpanElement;
}

/** What the list needs of the history. */
export interface SessionKeeper {
  /** Stores what waits to be stored. */
  flush(): Promise<void>;
  /** Is told whose predictions came from a file. */
  imported(sessions: readonly string[]): Promise<void>;
}

export class SessionList {
  readonly #list = find('session-list', HTMLUListElement);
  readonly #none = find('no-sessions', HTMLParagraphElement);
  readonly #names = find('session-names', HTMLDataListElement);
  readonly #importButton = find('import', HTMLButtonElement);
  readonly #deleteAll = find('delete-all', HTMLButtonElement);
  readonly #lines = new Map<string, Line>();
  readonly #detail = new SessionDetail({
    refresh: (session) => void this.show(session),
    export: (session, format) => void this.#export(session, format),
    delete: (session) => void this.#delete(session),
  });
  #chosen: string | undefined;

  constructor(
    private readonly store: HistoryStore,
    private readonly notices: Notices,
    private readonly announcer: Announcer,
    private readonly keeper: SessionKeeper,
  ) {
    const file = find('import-file', HTMLInputElement);
    this.#importButton.onclick = () => file.click();
    file.onchange = () => void this.#import(file);
    this.#deleteAll.onclick = () => void this.#removeAll();
    matchMedia('(prefers-color-scheme: dark)').onchange = () => void this.show(this.#chosen);
  }

  /** Reads the list anew. */
  refresh(): Promise<void> {
    return this.#attempt('The sessions cannot be read', () => this.#refresh(), 'sessions');
  }

  async #refresh(): Promise<void> {
    const entries = await this.store.sessions();
    const names = new Set(entries.map(({ session }) => session));
    for (const [session, { item }] of this.#lines) {
      if (names.has(session)) continue;
      item.remove();
      this.#lines.delete(session);
    }
    for (const entry of entries.toReversed()) setText(this.#line(entry.session).facts, factsOf(entry));
    this.#none.hidden = names.size > 0;
    this.#deleteAll.disabled = names.size === 0;
    this.#names.replaceChildren(...entries.map(({ session }) => make('option', { value: session })));
    if (this.#chosen === undefined || !names.has(this.#chosen)) await this.show(undefined);
  }

  /** A session's figures and picture, or none. */
  async show(session: string | undefined): Promise<void> {
    this.#chosen = session;
    for (const [name, { button }] of this.#lines) button.ariaPressed = `${name === session}`;
    if (session === undefined) return this.#detail.clear(this.#lines.size > 0);
    await this.keeper.flush();
    const { width, theme } = this.#detail.prepare();
    let picture: SessionPicture | undefined;
    await this.#attempt('The session cannot be shown', async () => {
      picture = await askHistory('show', session, width, theme);
    });
    if (session !== this.#chosen) return;
    if (picture) this.#detail.show(picture);
    else await this.show(undefined);
  }

  /** A new line comes first, and then keeps its place. */
  #line(session: string): Line {
    const known = this.#lines.get(session);
    if (known) return known;
    const facts = make('span');
    const onclick = () => void this.show(session);
    const button = make('button', { type: 'button', onclick, ariaPressed: 'false' }, session, facts);
    const line = { item: make('li', {}, button), button, facts };
    this.#lines.set(session, line);
    this.#list.prepend(line.item);
    return line;
  }

  async #export(session: string, format: HistoryFormat): Promise<void> {
    await this.keeper.flush();
    await this.#attempt('The session cannot be exported', async () => {
      const blob = await askHistory('export', session, format);
      download(blob, `${session.replace(/[^\p{L}\p{N} ._-]/gu, '-')}.${format}`);
    });
  }

  async #import(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? [];
    input.value = ''; // so that the same file can be chosen again
    if (!file) return;
    await this.#attempt(`${file.name} cannot be imported`, async () => {
      const { predictions, sessions } = await askHistory('import', file);
      await this.keeper.imported(sessions);
      await this.refresh();
      await this.show(sessions[0]);
      this.announcer.tell(`${predictions} predictions were imported.`);
    });
  }

  async #delete(session: string): Promise<void> {
    const text = 'All of its predictions will be gone. Export it first if you may want them back.';
    if (!(await confirmDeletion(`Delete the session “${session}”?`, text))) return;
    await this.keeper.flush();
    await this.#attempt('The session cannot be deleted', async () => {
      await this.store.delete(session);
      await this.#deleted(`The session ${session} was deleted.`);
    });
  }

  async #removeAll(): Promise<void> {
    const text = 'The predictions of every session will be gone from this browser.';
    if (!(await confirmDeletion('Delete all sessions?', text))) return;
    await this.keeper.flush();
    await this.#attempt('The sessions cannot be deleted', async () => {
      await this.store.deleteAll();
      await this.#deleted('All sessions were deleted.');
    });
  }

  /** The button that was pressed may be gone. */
  async #deleted(message: string): Promise<void> {
    await this.refresh();
    (this.#list.querySelector('button') ?? this.#importButton).focus();
    this.announcer.tell(message);
  }

  /** @param about What is read by itself, now and then, does not hide what was said of something else. */
  async #attempt(title: string, work: () => Promise<void>, about = 'history'): Promise<void> {
    try {
      await work();
      this.notices.hide(about);
    } catch (error) {
      this.notices.show(about, { title, text: (error as Error).message, isError: true });
    }
  }
}

function factsOf({ predictions, first }: SessionEntry): string {
  const day = new Date(first).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return `${day}\n${predictions.toLocaleString()} ${predictions === 1 ? 'prediction' : 'predictions'}`;
}
