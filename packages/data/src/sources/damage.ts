/** @file What sources do about damaged rows and files, the same for all of them. */
import { type DamagedItem, DataError } from '../errors.ts';

/** How far a source has come: bytes of a file, or files of a folder. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

export interface SourceOptions {
  /** Whether damaged rows or files are an error ('refuse', the default) or left out and listed ('skip'). */
  readonly damaged?: 'refuse' | 'skip';
  /** Called now and then while the source is read. */
  readonly onProgress?: (progress: Progress) => void;
}

/** With more than this, a source is not what it is taken for, and reading on would fill the memory with reasons. */
const MAX_DAMAGED = 1000;

/** Collects what is damaged while a source is read. */
export class DamageLog {
  readonly items: DamagedItem[] = [];

  constructor(
    private readonly operator: string,
    private readonly source: string,
    private readonly policy: SourceOptions['damaged'] = 'refuse',
  ) {}

  /** @throws DataError if there is too much. */
  add(where: string, reason: string): void {
    this.items.push({ where, reason });
    if (this.items.length > MAX_DAMAGED)
      throw new DataError(this.operator, `more than ${MAX_DAMAGED} items of ${this.source} are damaged`, this.items);
  }

  /** @throws DataError if something is damaged that is not to be skipped, or nothing is left. */
  settle(intact: number): void {
    const { length } = this.items;
    if (length > 0 && this.policy === 'refuse') {
      const hint = `${length} of ${length + intact} items of ${this.source} are damaged, and not to be skipped`;
      throw new DataError(this.operator, hint, this.items);
    }
    if (intact === 0) throw new DataError(this.operator, `${this.source} holds no images`, this.items);
  }
}
