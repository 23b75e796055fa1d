/** @file The error of data that is not what it should be. */
import { FerError } from '@fer/core';

/** A row, file or header that cannot be read as an image with a label. */
export interface DamagedItem {
  /** `line 17`, or a path. */
  readonly where: string;
  readonly reason: string;
}

/** So many are spelt out in a message. */
const SPELT_OUT = 10;

/** Damaged rows or files: all that were found are in `damaged`, the first ten in the message. */
export class DataError extends FerError {
  constructor(
    operator: string,
    message: string,
    readonly damaged: readonly DamagedItem[] = [],
  ) {
    const lines = damaged.slice(0, SPELT_OUT).map(({ where, reason }) => `\n  ${where}: ${reason}`);
    const more = damaged.length > SPELT_OUT ? `\n  and ${damaged.length - SPELT_OUT} more` : '';
    super(operator, message + lines.join('') + more);
  }
}
