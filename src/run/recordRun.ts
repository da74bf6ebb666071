import type { Journal } from '../journal/journal.ts';
import { lockState } from '../journal/local/lock.ts';
import { openJournal } from '../journal/openJournal.ts';
import { syncKeyOf } from '../journal/settings.ts';
import type { RunReport } from '../report/report.ts';
import type { RunOptions } from './options.ts';

type Work = (journal: Journal) => Promise<RunReport>;

/** Locks the state directory, and records the run with the report that `work` returns. A preview only reads the journal. */
export async function recordRun({ config, command, clock }: RunOptions, runId: string, work: Work): Promise<RunReport> {
  const { directory, keepSnapshots } = config.state;
  if (command === 'preview') {
    await using journal = await openJournal(directory, 'read');
    return await work(journal);
  }
  using _lock = await lockState(directory);
  await using journal = await openJournal(directory, 'write');
  const startedMs = clock.now();
  await journal.beginRun({ runId, command, startedMs });
  await journal.tidy(startedMs);
  if (!keepSnapshots) for (const sync of config.syncs) await journal.forgetSnapshot(syncKeyOf(config, sync));
  const report = await work(journal);
  await journal.endRun(runId, report);
  return report;
}
