import { afterEach, beforeEach } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { carryOut, type DeliveryEnd } from '../../src/delivery/carryOut.ts';
import type { DeliveryRun } from '../../src/delivery/deliveryRun.ts';
import { recordPlan } from '../../src/delivery/recordPlan.ts';
import { kinds } from '../../src/identifiers/kinds.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { claimStateDirectory } from '../../src/journal/local/stateDirectory.ts';
import { openJournal } from '../../src/journal/openJournal.ts';
import type { RecordedPlan } from '../../src/journal/plans.ts';
import { syncKeyOf } from '../../src/journal/settings.ts';
import type { SealedSet } from '../../src/members/memberSet.ts';
import { makePlan, type PreparedPlan } from '../../src/planning/makePlan.ts';
import type { PlanningRun } from '../../src/planning/planningRun.ts';
import type { DesiredMembers } from '../../src/reading/readDesired.ts';
import type { Step } from '../../src/report/progress.ts';
import { startSyncReport } from '../../src/report/report.ts';
import { createFakeClock, type FakeClock } from './clientSetup.ts';
import { createFakeDestination, type FakeDestination, type FakeOptions } from './fakeDestination.ts';
import { configOf, useMembers } from './memberSetup.ts';
import { withReplace } from './platforms.ts';

/** The run of one sync, with all that planning and delivery use. */
export type RunHere = PlanningRun & DeliveryRun;

export interface RunChanges extends Partial<Omit<RunHere, 'sync' | 'config'>> {
  sync?: object;
  settings?: Partial<Pick<Config, 'state' | 'plan' | 'guards' | 'jobs'>>;
}

/** A destination over plain data, and the runs of a sync to it. */
export interface SyncSetup {
  clock: FakeClock;
  destination: FakeDestination;
  journal: Journal;
  steps: Step[];
  /** Starts a run of the sync, which finds its audience if it exists. */
  start(changes?: RunChanges): Promise<RunHere>;
  /** Desired members by small numbers, as if they were read from a source. */
  desire(members: readonly number[], changes?: Partial<DesiredMembers>): Promise<DesiredMembers>;
  setOf(members: readonly number[]): Promise<SealedSet>;
  /** Plans and records a plan. Nothing is sent. */
  plan(run: RunHere, desired: DesiredMembers): Promise<{ prepared: PreparedPlan; recorded: RecordedPlan }>;
  /** Plans, records and delivers. */
  sync(members: readonly number[], changes?: RunChanges): Promise<DeliveryEnd & { prepared: PreparedPlan }>;
}

/** Syncs of e-mail addresses on a real journal. Worker threads and folders are freed after the last test of a file. */
export function useSyncs(): { setUp(options?: FakeOptions): SyncSetup } {
  const members = useMembers();
  let journal: Journal;
  let runs = 0;

  beforeEach(async () => {
    runs = 0;
    const directory = members.makeFolder();
    claimStateDirectory(directory);
    journal = await openJournal(directory, 'write');
  });
  afterEach(() => journal[Symbol.asyncDispose]());

  function setUp(options: FakeOptions = {}): SyncSetup {
    const clock = createFakeClock();
    const destination = createFakeDestination(withReplace, clock, options);
    const steps: Step[] = [];
    const setOf = (numbers: readonly number[]) =>
      members.setOf(
        numbers.map((number) => Buffer.alloc(kinds.email.keyBytes, number)),
        kinds.email,
      );

    async function start({ sync: set, settings, ...changes }: RunChanges = {}): Promise<RunHere> {
      const config = { ...configOf({ identifierType: 'email', audienceName: 'Buyers', ...set }), ...settings };
      const sync = config.syncs[0]!;
      const [audience] = await destination.audiences.refresh();
      return {
        runId: `20260115T12000${runs++}Z-0badcafe`,
        command: 'sync',
        key: syncKeyOf(config, sync),
        isFull: false,
        approved: [],
        workers: members.workers,
        progress: { show: (_, step) => void steps.push(step), end() {}, close() {} },
        signal: new AbortController().signal,
        wait: true,
        isToRestart: false,
        ...{ config, sync, audience, destination, journal, clock },
        ...changes,
      };
    }

    async function desire(numbers: readonly number[], changes: Partial<DesiredMembers> = {}): Promise<DesiredMembers> {
      const set = await setOf(numbers);
      const { count } = set;
      return {
        members: set,
        lines: set,
        counts: { rows: count, empty: 0, values: count, rejected: 0, duplicates: 0, suppressed: 0, members: count },
        rejects: {},
        rejectExamples: [],
        national: { sampled: 0, doubtful: 0 },
        columns: ['email'],
        suppressionLists: [],
        cursor: undefined,
        directory: members.makeFolder(),
        ...changes,
      };
    }

    async function plan(run: RunHere, desired: DesiredMembers) {
      await journal.beginRun({ runId: run.runId, command: run.command, startedMs: clock.now() });
      const prepared = await makePlan(run, desired);
      return { prepared, recorded: await recordPlan(run, prepared, startSyncReport(run.sync)) };
    }

    async function sync(numbers: readonly number[], changes: RunChanges = {}) {
      const run = await start(changes);
      const { prepared, recorded } = await plan(run, await desire(numbers));
      return { ...(await carryOut(run, recorded, run.wait)), prepared };
    }

    return { clock, destination, journal, steps, start, desire, setOf, plan, sync };
  }

  return { setUp };
}
