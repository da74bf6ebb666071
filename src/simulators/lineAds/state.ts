import { describeJob, formatCreated, isUnfinished, type Job, type JobType, type UploadJob } from './jobs.ts';

/** A custom audience as LINE lists it (docs/line-ads-api.md, "Audiences"). `id` and size are strings. */
export interface SimulatedAudience {
  id: string;
  name: string;
  functionType: string;
  status: string;
  failedType: string | null;
  estimatedAudienceSize: string;
  created: string;
}

export interface NewJob {
  name: string;
  type: JobType;
  lines: Set<string>;
  lineCount: number;
  /** Makes the job end FAILED. */
  failedType?: string | undefined;
  /** Time by which the job is WORKING longer. */
  extraMs?: number | undefined;
  /** Time during which the job is not listed; may be infinite. */
  unlistedMs?: number | undefined;
}

export interface SeedJob {
  name: string;
  /** DIFF_ADD by default. */
  type?: JobType;
  /** Counts from now. By default 0: the job has ended already. May be infinite. */
  finishesInMs?: number;
  failedType?: string;
  audienceCount?: number;
  /** The members that take effect when the job finishes; by default those of the audience. */
  members?: Iterable<string>;
}

export interface Seed {
  name: string;
  /** UPLOAD, HASHED_EMAIL_UPLOAD, HASHED_PHONE_NUMBER_UPLOAD, or any other that shares LINE's list. */
  functionType: string;
  /** READY by default. */
  status?: string;
  members?: Iterable<string>;
  jobs?: readonly SeedJob[];
}

/** The audiences of the account. Jobs that have ended take effect before any answer. Functions throw for unknown ids. */
export interface Account {
  has(id: string): boolean;
  audience(id: string): SimulatedAudience;
  /** Oldest first. */
  audiences(): SimulatedAudience[];
  members(id: string): ReadonlySet<string>;
  /** Newest first, at most 50. */
  jobs(id: string): UploadJob[];
  /** Creates an audience and returns its id. Names are not unique. */
  create(name: string, functionType: string): string;
  seed(seed: Seed): string;
  rename(id: string, name: string): void;
  remove(id: string): void;
  addJob(id: string, job: NewJob): Job;
}

export interface JobTimes {
  queuedMs: number;
  workingMs: number;
}

interface HeldAudience {
  id: string;
  name: string;
  functionType: string;
  status: string;
  createdMs: number;
  members: Set<string>;
  jobs: Job[];
}

const firstAudienceId = 5_343_822_743_474;
const maxListedJobs = 50;

function describeSize(audience: HeldAudience): string {
  if (audience.status === 'IN_PROGRESS') return '-';
  return audience.members.size <= 100 ? '100 or fewer' : String(audience.members.size);
}

function describeAudience(audience: HeldAudience): SimulatedAudience {
  const { id, name, functionType, status } = audience;
  const created = formatCreated(audience.createdMs);
  return { id, name, functionType, status, failedType: null, estimatedAudienceSize: describeSize(audience), created };
}

function finish(audience: HeldAudience, job: Job, lines: Set<string>) {
  job.lines = undefined;
  // [open] The effect of a failed first job on the audience. Here it stays IN_PROGRESS until a job finishes.
  if (job.failedType !== null) return;
  if (audience.status === 'IN_PROGRESS') audience.status = 'READY';
  if (job.isLost) return;
  if (job.type === 'DIFF_REPLACE' || audience.members.size === 0) audience.members = lines;
  else for (const line of lines) audience.members.add(line);
}

/** Applies the jobs that have ended, in the order in which they ended. */
function settle(audience: HeldAudience, nowMs: number) {
  const due = audience.jobs.filter((job) => job.lines !== undefined && !isUnfinished(job, nowMs));
  due.sort((a, b) => a.endsAtMs - b.endsAtMs || a.id - b.id);
  for (const job of due) if (job.lines !== undefined) finish(audience, job, job.lines);
}

function seededJob(seed: SeedJob, id: number, audience: HeldAudience, nowMs: number): Job {
  const lines = new Set(seed.members ?? audience.members);
  return {
    id,
    audienceId: audience.id,
    name: seed.name,
    type: seed.type ?? 'DIFF_ADD',
    createdMs: nowMs,
    workingFromMs: nowMs,
    endsAtMs: nowMs + (seed.finishesInMs ?? 0),
    listedFromMs: nowMs,
    failedType: seed.failedType ?? null,
    lineCount: seed.audienceCount ?? lines.size,
    isLost: false,
    lines,
  };
}

export function createAccount(now: () => number, jobTimes: JobTimes): Account {
  const held = new Map<string, HeldAudience>();
  let nextAudienceId = firstAudienceId;
  let nextJobId = 1;

  function find(id: string): HeldAudience {
    const audience = held.get(id);
    if (audience === undefined) throw new Error('The simulator holds no such audience.');
    settle(audience, now());
    return audience;
  }

  function open(name: string, functionType: string, status: string): HeldAudience {
    const id = String(nextAudienceId);
    nextAudienceId += 1;
    const audience = { id, name, functionType, status, createdMs: now(), members: new Set<string>(), jobs: [] };
    held.set(id, audience);
    return audience;
  }

  function newJobId(): number {
    nextJobId += 1;
    return nextJobId - 1;
  }

  return {
    has: (id) => held.has(id),
    audience: (id) => describeAudience(find(id)),
    audiences: () => [...held.keys()].map((id) => describeAudience(find(id))),
    members: (id) => find(id).members,
    jobs: (id) => {
      const nowMs = now();
      return find(id)
        .jobs.filter(({ listedFromMs }) => listedFromMs <= nowMs)
        .slice(-maxListedJobs)
        .reverse()
        .map((job) => describeJob(job, nowMs));
    },
    create: (name, functionType) => open(name, functionType, 'IN_PROGRESS').id,
    seed(seed) {
      const audience = open(seed.name, seed.functionType, seed.status ?? 'READY');
      audience.members = new Set(seed.members ?? []);
      audience.jobs = (seed.jobs ?? []).map((job) => seededJob(job, newJobId(), audience, now()));
      return audience.id;
    },
    rename: (id, name) => {
      find(id).name = name;
    },
    remove: (id) => {
      held.delete(find(id).id);
    },
    addJob(id, { name, type, lines, lineCount, failedType, extraMs, unlistedMs }) {
      const createdMs = now();
      const audience = find(id);
      const hasOpenReplace = audience.jobs.some((job) => job.type === 'DIFF_REPLACE' && isUnfinished(job, createdMs));
      const workingFromMs = createdMs + jobTimes.queuedMs;
      const job: Job = {
        id: newJobId(),
        audienceId: id,
        name,
        type,
        createdMs,
        workingFromMs,
        endsAtMs: workingFromMs + jobTimes.workingMs + (extraMs ?? 0),
        listedFromMs: createdMs + (unlistedMs ?? 0),
        failedType: failedType ?? null,
        lineCount,
        isLost: type === 'DIFF_ADD' && hasOpenReplace,
        lines,
      };
      audience.jobs.push(job);
      return job;
    },
  };
}
