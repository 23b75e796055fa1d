/** @file Errors that name the file they are about. */
import { FerError } from '@fer/core';

/** The same error, whose message begins with the file. */
export function naming(file: string, error: unknown): unknown {
  if (error instanceof FerError) error.message = `${file}: ${error.message}`;
  return error;
}
