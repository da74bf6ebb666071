#!/usr/bin/env node
import { endNow } from './system/endNow.ts';
import { restartFrugally } from './system/processLimits.ts';

/*
 * The entry: Node's version and the signals, before anything large is loaded. `commands.ts` does the rest.
 */

const oldestMajor = 24;
if (Number.parseInt(process.versions.node, 10) < oldestMajor) {
  process.stderr.write(
    `line-ads-sync needs Node ${oldestMajor}, and this is ${process.version}. In a checkout, \`npx --no node dist/cli.js …\` runs the project's own.\n`,
  );
  process.exit(64);
}

restartFrugally();

// Signals count from the first moment on, so a run that is stopped while it loads has a report, too.
const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(name, () => {
    if (stopping.signal.aborted) endNow(75);
    stopping.abort(name);
  });

const { main } = await import('./commands/program.ts');
await main(stopping.signal);
