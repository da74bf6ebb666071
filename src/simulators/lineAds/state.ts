import { describeJob, formatCreated, isUnfinished, type Job, type JobType, type UploadJob } from './jobs.ts';

/** A custom audience as the LINE Ads API reference describes it: `id` and the size are strings. */
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
  /** Makes the job WORKING for so much longer. */
  extraMs?: number | undefined;
  /** Keeps the job out of the list for so long; `Infinity`: for ever. */
  unlistedMs?: number | undefined;
}

export interface SeedJob {
  name: string;
  /** DIFF_ADD unless given. */
  type?: JobType;
  /** From now; 0 unless given: the job has ended already. `Infinity`: it never ends. */
  finishesInMs?: number;
  failedType?: string;
  audienceCount?: number;
  /** What takes effect when the job finishes; the audience's members as they are unless given. */
  members?: Iterable<string>;
}

export interface Seed {
  name: string;
  /** UPLOAD, HASHED_EMAIL_UPLOAD, HASHED_PHONE_NUMBER_UPLOAD, or any other that shares LINE's list. */
  functionType: string;
  /** READY unless given. */
  status?: string;
  members?: Iterable<string>;
  jobs?: readonly SeedJob[];
}

/** What the account holds. Before anything is told, jobs that ended by now have taken effect. Functions throw for unknown ids. */
export interface Account {
  has(id: string): boolean;
  audience(id: string): SimulatedAudience;
  /** Oldest first. */
  audiences(): SimulatedAudience[];
  members(id: string): ReadonlySet<string>;
  /** Newest first, at most 50. */
  jobs(id: string): UploadJob[];
  /** Names are not unique: each call makes an audience more. Returns its id. */
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
  // [open] what a first job that fails does to the audience: here it stays IN_PROGRESS until one finishes.
  if (job.failedType !== null) return;
  if (audience.status === 'IN_PROGRESS') audience.status = 'READY';
  if (job.isLost) return;
  if (job.type === 'DIFF_REPLACE' || audience.members.size === 0) audience.members = lines;
  else for (const line of lines) audience.members.add(line);
}

/** Lets the jobs that ended by now take effect, in the order in which they ended. */
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
