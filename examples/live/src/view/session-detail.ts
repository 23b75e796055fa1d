/** @file One session: its figures, its timeline, and how much there was of each expression. */
import { EXPRESSION_COLORS, FER2013_CLASSES, formatDuration, type SessionSummary } from '@fer/data';
import type { HistoryFormat, SessionPicture } from '../history/requests.ts';
import { find, make, percent } from './dom.ts';

/** What the buttons do. */
export interface SessionActions {
  refresh(session: string): void;
  export(session: string, format: HistoryFormat): void;
  delete(session: string): void;
}

/** What surrounds the drawing area of a timeline: its axis and padding, in pixels. */
const FRAME = 96;

const MIN_WIDTH = 200;

export class SessionDetail {
  readonly #place = find('detail', HTMLElement);

  constructor(private readonly actions: SessionActions) {}

  /** @param hasSessions Whether there is any to choose. */
  clear(hasSessions: boolean): void {
    this.#place.replaceChildren(
      ...(hasSessions ? [hint('Choose a session to see its timeline and its figures.')] : []),
    );
  }

  /** Says that something is coming. @returns the room and the colours that there are for a timeline */
  prepare(): { readonly width: number; readonly theme: 'light' | 'dark' } {
    if (!this.#place.firstChild) this.#place.append(hint('Reading …'));
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const width = Math.max(Math.floor(this.#place.clientWidth) - FRAME, MIN_WIDTH);
    return { width, theme: isDark ? 'dark' : 'light' };
  }

  show({ summary, timeline }: SessionPicture): void {
    const drawing = new DOMParser().parseFromString(timeline, 'image/svg+xml').documentElement;
    const figure = make('figure', { className: 'timeline' }, document.importNode(drawing, true));
    const before = document.activeElement;
    const pressed = this.#place.contains(before) ? before?.textContent : undefined;
    this.#place.replaceChildren(this.#head(summary), factsOf(summary), figure, tableOf(summary));
    // the button that was pressed is another one now
    const buttons = [...this.#place.querySelectorAll('button')];
    buttons.find(({ textContent }) => textContent === pressed)?.focus();
  }

  #head({ session }: SessionSummary): HTMLElement {
    const { actions } = this;
    const button = (text: string, onclick: () => void, className = 'small') =>
      make('button', { type: 'button', className, onclick }, text);
    return make(
      'div',
      { className: 'head' },
      make('h3', {}, session),
      make(
        'div',
        { className: 'actions' },
        button('Refresh', () => actions.refresh(session)),
        button('Export CSV', () => actions.export(session, 'csv')),
        button('Export JSON', () => actions.export(session, 'json')),
        button('Delete', () => actions.delete(session), 'small danger'),
      ),
    );
  }
}

const hint = (text: string): HTMLElement => make('p', { className: 'hint' }, text);

function factsOf(summary: SessionSummary): HTMLElement {
  const facts: [name: string, value: string][] = [
    ['Duration', formatDuration(summary.duration)],
    ['Pictures with faces', summary.frames.toLocaleString()],
    ['Faces', summary.faces.toLocaleString()],
    ['Changes a minute', summary.changesPerMinute.toFixed(1)],
    ['Network', summary.models.join(', ')],
  ];
  const entries = facts.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)));
  return make('dl', { className: 'figures' }, ...entries);
}

function tableOf({ expressions }: SessionSummary): HTMLElement {
  const heading = (text: string) => make('th', { scope: 'col' }, text);
  const rows = FER2013_CLASSES.map((label) => {
    const { share, meanProbability, longestRun } = expressions[label];
    const style = `--color: ${EXPRESSION_COLORS[label]}; --value: ${share}`;
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, label),
      make('td', { className: 'meter-cell', ariaHidden: 'true' }, make('div', { className: 'meter', style })),
      make('td', {}, percent(share)),
      make('td', {}, percent(meanProbability)),
      make('td', {}, formatDuration(longestRun)),
    );
  });
  const empty = make('td', { className: 'meter-cell', ariaHidden: 'true' });
  const head = make('tr', {}, heading('Expression'), empty, heading('Share'), heading('Mean'), heading('Longest'));
  const caption =
    'Share: how often it was the label. Mean: of its probability. Longest: how long a face showed it without a break.';
  return make(
    'table',
    { className: 'shares' },
    make('caption', {}, caption),
    make('thead', {}, head),
    make('tbody', {}, ...rows),
  );
}
