import type { Deliverable, DeliveryOptions, DeliveryProgress, DeliveryRecord } from '../../src/delivery/deliverable.ts';
import { createDelivery } from '../../src/delivery/deliverPlan.ts';
import type { Capabilities } from '../../src/destinations/destination.ts';
import { SyncError } from '../../src/errors.ts';
import { planUploads } from '../../src/planning/plan.ts';
import { startBatch } from '../../src/report/batches.ts';
import type { PlanAction } from '../../src/report/report.ts';
import { createFakeClock } from '../setup/clientSetup.ts';
import { createFakeDestination, type FakeOptions, type Fate } from '../setup/fakeDestination.ts';
import { configOf } from '../setup/memberSetup.ts';
import type { Platform } from '../setup/platforms.ts';

/** The lines that plans send. */
export const lines = Array.from({ length: 200 }, (_, index) => `line-${index}`.padEnd(64, '-'));

async function* readLines(start: number, end: number) {
  for (const line of lines.slice(start, end)) yield Buffer.from(`${line}\n`);
}

export interface DeliverySetup extends Pick<FakeOptions, 'processingMs' | 'others'> {
  /** By default mirror on a platform that can replace, else add. */
  mode?: 'add' | 'mirror';
  /** By default as the mode does without a snapshot. */
  action?: PlanAction;
  batches?: number;
  /** Fates by index of the batch; "accept" by default. */
  fates?: readonly (Fate | undefined)[];
  /** Time until the upload of a batch is listed, by index. */
  hiddenMs?: Record<number, number>;
  /** Time until the upload of a batch is finished, by index. */
  slowMs?: Record<number, number>;
  /** Labels of uploads that the audience has beforehand, unfinished for `processingMs`. */
  earlier?: readonly string[];
  isNew?: boolean;
  capabilities?: Partial<Capabilities>;
  jobs?: object;
  signal?: AbortSignal;
  /** The state in which an earlier run left the plan. */
  resumed?: Partial<Deliverable>;
}

/** The index of the batch with this label. */
export function indexOf(platform: Platform, label: string): number {
  return Array.from({ length: 100 }, (_, index) => labelOf(platform, index)).indexOf(label);
}

/** The label of a batch. */
export function labelOf(platform: Platform, index: number): string {
  return platform.labelOf(`run-people-${index}`);
}

/** Sets up the delivery of a plan to a destination. The audience exists unless it is new. */
export function setUpDelivery(platform: Platform, setup: DeliverySetup = {}) {
  const { mode = platform.capabilities.canReplace ? 'mirror' : 'add', batches = 1, isNew = false } = setup;
  const clock = createFakeClock();
  const destination = createFakeDestination(platform, clock, {
    ...setup,
    fateOf: (label) => setup.fates?.[indexOf(platform, label)] ?? 'accept',
    processingMsOf: (label) => setup.slowMs?.[indexOf(platform, label)],
    listedAfterMs: (label) => setup.hiddenMs?.[indexOf(platform, label)],
  });
  const audience = isNew ? undefined : destination.addAudience();
  for (const label of setup.earlier ?? []) destination.addUpload(label);
  const config = configOf({ identifierType: 'email', mode });
  const planned = planUploads({
    runId: 'run',
    sync: config.syncs[0]!,
    audience,
    action: setup.action ?? (isNew ? 'create' : mode === 'mirror' ? 'replace' : 'add'),
    digests: { snapshot: null, members: '' },
    lines: { count: 2 * batches, lineBytes: 65 },
    destination,
  });
  const plan: Deliverable = {
    batches: planned.batches.map(startBatch),
    audienceId: audience?.id ?? null,
    audienceCreated: false,
    uploadsBefore: null,
    uploadsListed: [],
    unplanned: [],
    ...setup.resumed,
  };
  const { record, written } = createRecord();
  const progress: DeliveryProgress[] = [];
  const options: DeliveryOptions = {
    destination,
    identifierType: 'email',
    audienceName: 'Buyers',
    toleratesAdds: mode === 'add',
    readLines,
    jobs: { ...config.jobs, pollMinMs: 1000, pollMaxMs: 4000, settleMs: 10, timeoutMs: 100_000, ...setup.jobs },
    record,
    clock,
    signal: setup.signal ?? new AbortController().signal,
    onProgress: (done) => progress.push(done),
  };
  const { sent } = destination;
  const indexes = () => sent.map(({ label }) => indexOf(platform, label));
  const polls = () => destination.requests.filter((request) => request === 'uploads').length;
  const delivery = createDelivery(plan, options);
  return { destination, sent, indexes, polls, clock, delivery, plan, progress, written, options };
}

/** A record that writes down one line for each step. */
function createRecord(): { record: DeliveryRecord; written: string[] } {
  const written: string[] = [];
  const write = async (...steps: string[]) => void written.push(...steps);
  const record: DeliveryRecord = {
    noteUploadsBefore: (ids) => write(`before ${ids.join(' ')}`),
    noteIntent: ({ planned: { index } }) => write(`intent ${index}`),
    noteAnswer: ({ planned: { index }, fate }) => write(`${fate} ${index}`),
    noteUploads: (changed) =>
      write(
        ...(changed.length === 0
          ? ['listed']
          : changed.map(({ planned, upload }) => `${upload?.state} ${planned.index}`)),
      ),
  };
  return { record, written };
}

export async function errorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`);
  return error;
}
