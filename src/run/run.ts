import { takeClosingLooks } from '../delivery/closingLook.ts';
import type { Journal } from '../journal/journal.ts';
import { describeError } from '../report/describeError.ts';
import { noteAudience, noteWarnings } from '../report/notes.ts';
import type { ReportedError, RunReport } from '../report/report.ts';
import { reportRun, startRun } from '../report/runReport.ts';
import { readRoom, requireRoom } from '../system/processLimits.ts';
import { openContext } from './openContext.ts';
import type { RunOptions } from './options.ts';
import { recordRun } from './recordRun.ts';
import { runSync } from './runSync.ts';
import type { SyncRun } from './syncRun.ts';

/** Runs the configured syncs side by side. One that fails does not stop the others. Never throws. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { clock, signal } = options;
  const start = startRun(clock);
  const reportOf = (ended: readonly SyncRun[], error: ReportedError | null) =>
    reportRun(start, {
      finishedMs: clock.now(),
      error,
      resumed: ended.some(({ isResumed }) => isResumed),
      syncs: ended.map(({ report }) => report),
    });
  const errorOf = (thrown: unknown) => describeError(signal.aborted ? signal.reason : thrown);
  let ended: readonly SyncRun[] = [];
  try {
    requireRoom(readRoom());
    return await recordRun(options, start.runId, async (journal) => {
      try {
        ended = await runSyncs(options, start.runId, journal);
        return reportOf(ended, null);
      } catch (thrown) {
        return reportOf([], errorOf(thrown));
      }
    });
  } catch (thrown) {
    return reportOf(ended, errorOf(thrown));
  } finally {
    options.progress.close();
  }
}

async function runSyncs(options: RunOptions, runId: string, journal: Journal): Promise<SyncRun[]> {
  await using opened = await openContext(options, runId, journal);
  const ended = await Promise.all(options.config.syncs.map((sync) => runSync(sync, opened.context)));
  await lookAtAudiences(ended);
  // Warnings of the run are in the report of its first sync.
  const [first] = ended;
  if (first !== undefined) first.report = noteWarnings(first.report, warningsOf(options, ended));
  return ended;
}

/** Adds the status and size that the audiences of the successful syncs have after the uploads. */
async function lookAtAudiences(ended: readonly SyncRun[]): Promise<void> {
  const succeeded = ended.filter(({ report }) => report.status === 'succeeded');
  const looks = await takeClosingLooks(
    succeeded.map(({ sync, report, destination }) => ({
      syncName: sync.name,
      audienceId: report.audience.id,
      audiences: destination.audiences,
    })),
  );
  for (const [index, { audience, warnings }] of looks.entries()) {
    const each = succeeded[index]!;
    if (audience !== undefined) each.report = noteAudience(each.report, audience);
    each.report = noteWarnings(each.report, warnings);
  }
}

function warningsOf({ warnings = [] }: RunOptions, ended: readonly SyncRun[]) {
  const destinations = new Set(ended.map(({ destination }) => destination));
  return [...warnings, ...[...destinations].flatMap((destination) => destination.warnings())];
}
