import type { Config, SyncConfig } from '../config/schema.ts';
import { findAudiences } from '../destinations/audiences.ts';
import type { Audience, Destination, RemoteUpload } from '../destinations/destination.ts';
import type { Journal, RecordedRun } from '../journal/journal.ts';
import { openJournal } from '../journal/openJournal.ts';
import { syncKeyOf } from '../journal/settings.ts';
import { remoteOf } from '../report/batches.ts';
import type { SyncReport } from '../report/report.ts';

/** The last runs and the syncs by the journal, and with `remote` by their destinations. It holds no identifier. */
export interface StatusReport {
  runs: RunStatus[];
  syncs: SyncStatus[];
}

export interface RunStatus {
  runId: string;
  command: string;
  /** `unfinished`: at work, or killed. */
  status: string;
  startedAt: string;
  finishedAt: string | null;
  resumed: boolean;
  error: SyncReport['error'];
  syncs: Pick<SyncReport, 'name' | 'status' | 'plan' | 'counts' | 'remote' | 'error'>[];
}

export interface SyncStatus {
  name: string;
  /** The plan that a run left and the next run finishes. */
  unfinished: {
    runId: string;
    planId: string;
    plannedAt: string;
    batches: { total: number; accepted: number; finished: number };
  } | null;
  snapshot: { audienceId: string; members: number; takenAt: string; lastFullAt: string; isCurrent: boolean } | null;
  remote?: { audience: AudienceStatus | null; jobs: JobStatus[] } | undefined;
}

type AudienceStatus = Pick<Audience, 'id' | 'name' | 'type' | 'status' | 'estimatedSize' | 'createdMs'>;

interface JobStatus extends Pick<RemoteUpload, 'id' | 'type' | 'status' | 'createdMs'> {
  fileName: string;
  failedType: string | null;
  audienceCount: number | null;
}

const shownRuns = 10;

/** Reads the status. It takes no lock and changes nothing, so it also works during a run. */
export async function readStatus(
  config: Config,
  destinationOf: ((name: string) => Destination) | undefined,
): Promise<StatusReport> {
  await using journal = await openJournal(config.state.directory, 'read');
  const runs = (await journal.lastRuns(shownRuns)).map(describeRun);
  const syncs: SyncStatus[] = [];
  for (const sync of config.syncs)
    syncs.push({
      ...(await describeSync(sync, config, journal)),
      ...(destinationOf && { remote: await lookAtDestination(sync, destinationOf(sync.destination)) }),
    });
  return { runs, syncs };
}

function describeRun({ runId, command, startedMs, report }: RecordedRun): RunStatus {
  return {
    runId,
    command,
    status: report?.status ?? 'unfinished',
    startedAt: isoTime(startedMs),
    finishedAt: report?.finishedAt ?? null,
    resumed: report?.resumed ?? false,
    error: report?.error ?? null,
    syncs: (report?.syncs ?? []).map(({ name, status, plan, counts, remote, error }) => ({
      name,
      status,
      plan,
      counts,
      remote,
      error,
    })),
  };
}

async function describeSync(sync: SyncConfig, config: Config, journal: Journal): Promise<SyncStatus> {
  const key = syncKeyOf(config, sync);
  const plan = await journal.unfinishedPlan(key);
  const snapshot = await journal.snapshot(key);
  return {
    name: sync.name,
    unfinished:
      plan === undefined
        ? null
        : {
            runId: plan.runId,
            planId: plan.planId,
            plannedAt: isoTime(plan.plannedMs),
            batches: {
              total: plan.batches.length,
              accepted: plan.batches.filter(({ fate }) => fate === 'accepted').length,
              finished: remoteOf(plan.batches).done,
            },
          },
    snapshot:
      snapshot === undefined
        ? null
        : {
            audienceId: snapshot.audienceId,
            members: snapshot.set.count,
            takenAt: isoTime(snapshot.takenMs),
            lastFullAt: isoTime(snapshot.fullMs),
            isCurrent: snapshot.isCurrent,
          },
  };
}

/** An audience that takes no uploads is shown, too. */
async function lookAtDestination(sync: SyncConfig, destination: Destination): Promise<SyncStatus['remote']> {
  const [audience] = findAudiences(await destination.audiences.recall(), sync);
  if (audience === undefined) return { audience: null, jobs: [] };
  return { audience: audienceStatus(audience), jobs: (await destination.uploadsTo(audience.id)).map(jobStatus) };
}

function audienceStatus({ id, name, type, status, estimatedSize, createdMs }: Audience): AudienceStatus {
  return { id, name, type, status, estimatedSize, createdMs };
}

function jobStatus({ id, label, type, status, failure, processed, createdMs }: RemoteUpload): JobStatus {
  return { id, fileName: label, type, status, failedType: failure, audienceCount: processed, createdMs };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
