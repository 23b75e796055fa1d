#!/usr/bin/env node
/** @file The executable. */
import { main } from './program.ts';

// whoever reads the output may stop reading, as head does
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv);
