/** @file The history as a table. */
import { writeAtomically } from '../../files.ts';
import type { Callback } from '../callback.ts';
import type { Run } from '../run.ts';

/**
 * Writes the history to a CSV file after each epoch, in Node: a column a figure, and an empty cell where an epoch does not have
 * it. The whole file is written anew, so that a resumed run leaves the same file as one that was never stopped.
 */
export class CSVLogger implements Callback {
  readonly className = 'CSVLogger';

  /** @param path Of the file; its folder is made. Where it cannot be written, the run ends with a FerError. */
  constructor(private readonly path: string) {}

  async onEpochEnd({ history }: Run): Promise<void> {
    const columns = [...new Set(history.flatMap(Object.keys))];
    const rows = history.map((logs) => columns.map((column) => logs[column]).join(','));
    await writeAtomically(this.path, `${[columns.join(','), ...rows].join('\n')}\n`);
  }
}
