#!/usr/bin/env node
import { endNow } from './system/endNow.ts';
import { restartFrugally } from './system/processLimits.ts';

/*
 * The entry point. It checks Node's version and handles signals before it loads the program.
 */

const minMajor = 24;
if (Number.parseInt(process.versions.node, 10) < minMajor) {
  process.stderr.write(
    `line-ads-sync needs Node ${minMajor} or later, but this is ${process.version}. In a checkout, run \`npx --no node dist/cli.js …\`.\n`,
  );
  process.exit(64);
}

restartFrugally();

// Signals are handled from the start, so a run that is stopped while it loads also writes a report.
const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(name, () => {
    if (stopping.signal.aborted) endNow(75);
    stopping.abort(name);
  });

const { main } = await import('./commands/program.ts');
await main(stopping.signal);
