#!/usr/bin/env node
/** @file The executable. */
import { main } from './program.ts';

process.exitCode = await main(process.argv);
