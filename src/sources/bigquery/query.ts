import { randomUUID } from 'node:crypto';
import type { TextRow } from '../rows.ts';
import type { Session } from '../servers/session.ts';
import { silenceLimitsOf, watchSilence } from '../servers/silence.ts';
import type { BigqueryApi } from './api.ts';
import type { BigquerySourceConfig } from './config.ts';
import { type BigqueryError, BigqueryRefusal, bigqueryFault } from './errors.ts';

/** A project that runs queries. */
export interface BigqueryProject {
  api: BigqueryApi;
  config: BigquerySourceConfig;
  session: Session;
  /** Aborts all calls. */
  stopping: AbortSignal;
}

/** The configuration of a query job. */
export function queryOf(query: string, { maximumBytesBilled }: BigquerySourceConfig) {
  return { query, useLegacySql: false, ...(maximumBytesBilled !== undefined && { maximumBytesBilled }) };
}

/** Yields the pages of a query's result. */
export function pagesOf(statement: string, project: BigqueryProject): AsyncGenerator<TextRow[]> {
  return watchSilence(runQuery(statement, project), silenceLimitsOf(project.config), project.session.giveUp);
}

interface Job {
  id: string;
  location: string | undefined;
}

/** Runs a query and yields the pages of its result. Cancels the query if the consumer stops. */
async function* runQuery(statement: string, project: BigqueryProject): AsyncGenerator<TextRow[]> {
  const job: Job = { id: randomUUID(), location: project.config.location };
  const startedAt = performance.now();
  let isFinished = false;
  try {
    await insertJob(job, statement, project);
    for await (const page of resultPages(job, project)) {
      isFinished = true;
      if (page.length > 0) yield page;
    }
  } catch (error) {
    throw failureOfJob(error, performance.now() - startedAt >= project.config.statementTimeoutMs);
  } finally {
    if (!isFinished) await cancelJob(job, project);
  }
}

/** BigQuery reports a job that ran out of time as stopped. Positions in the SQL around the user's are dropped. */
function failureOfJob(error: unknown, isOverdue: boolean): unknown {
  if (!(error instanceof BigqueryRefusal)) return error;
  const { kind, code } = error.fault;
  return new BigqueryRefusal(error.status, { kind: isOverdue && code === 'stopped' ? 'timeout' : kind, code });
}

interface InsertedJob {
  jobReference?: { location?: string };
  status?: { errorResult?: BigqueryError };
}

async function insertJob(job: Job, statement: string, { api, config, stopping }: BigqueryProject): Promise<void> {
  const body = {
    jobReference: { projectId: api.projectId, jobId: job.id, location: job.location },
    configuration: { jobTimeoutMs: String(config.statementTimeoutMs), query: queryOf(statement, config) },
  };
  const inserted = (await api
    .call({ method: 'POST', path: '/jobs', body }, stopping)
    .catch(unlessTwice)) as InsertedJob;
  job.location = inserted.jobReference?.location ?? job.location;
  const error = inserted.status?.errorResult;
  if (error !== undefined) throw new BigqueryRefusal(200, bigqueryFault(error, 200));
}

/** The id is unique to this job, so a conflict means that an earlier attempt arrived. */
function unlessTwice(error: unknown): InsertedJob {
  if (error instanceof BigqueryRefusal && error.status === 409) return {};
  throw error;
}

interface ResultPage {
  jobComplete?: boolean;
  totalRows?: string;
  pageToken?: string;
  rows?: { f: { v: string | null }[] }[];
}

const rowsInPage = 50_000;
/** The longest time that the server holds a call while the query runs. */
const holdMs = 10_000;

async function* resultPages(job: Job, { api, stopping }: BigqueryProject): AsyncGenerator<TextRow[]> {
  let count = 0;
  let pageToken: string | undefined;
  for (;;) {
    const parameters = {
      ...locationOf(job),
      maxResults: String(rowsInPage),
      timeoutMs: String(holdMs),
      ...(pageToken !== undefined && { pageToken }),
    };
    const page = (await api.call({ method: 'GET', path: `/queries/${job.id}`, parameters }, stopping)) as ResultPage;
    if (page.jobComplete !== true) continue;
    const rows = (page.rows ?? []).map(({ f }) => f.map(({ v }) => v));
    count += rows.length;
    yield rows;
    pageToken = page.pageToken || undefined;
    if (pageToken === undefined) return checkCount(count, page);
  }
}

function checkCount(count: number, { totalRows }: ResultPage): void {
  if (totalRows === String(count)) return;
  throw new BigqueryRefusal(200, { kind: 'interrupted', code: 'rows are missing' });
}

function locationOf({ location }: Job): Record<string, string> {
  return location === undefined ? {} : { location };
}

const cancelTimeoutMs = 3_000;

/** Ignores failures: the job also ends by itself at its time limit. */
async function cancelJob(job: Job, { api }: BigqueryProject): Promise<void> {
  const call = { method: 'POST', path: `/jobs/${job.id}/cancel`, parameters: locationOf(job) } as const;
  await api.call(call, AbortSignal.timeout(cancelTimeoutMs)).catch(() => {});
}
