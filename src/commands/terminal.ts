import { MultiBar, type SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pretty from 'pino-pretty';
import type { Progress, Step } from '../report/progress.ts';
import type { RunReport, SyncReport } from '../report/report.ts';
import type { StatusReport } from '../run/status.ts';

/** Creates a log of readable lines on stderr. */
export function createReadableLog() {
  return pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' });
}

/** Shows the progress of each sync as a bar. */
export function createProgressBars(stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar(
    { stream, format: formatBar, hideCursor: true, linewrap: false, clearOnComplete: false, gracefulExit: false },
    undefined as never,
  );
  const barBySync = new Map<string, SingleBar>();
  const barOf = (sync: string) => {
    const bar = barBySync.get(sync) ?? bars.create(1, 0, { sync, step: { stage: '' } });
    barBySync.set(sync, bar);
    return bar;
  };
  return {
    show(sync, step) {
      const bar = barOf(sync);
      bar.setTotal(step.total ?? 0);
      bar.update(step.total === undefined ? 0 : (step.done ?? 0), { sync, step });
    },
    end(sync, report) {
      const bar = barOf(sync);
      bar.update({ sync, step: { stage: report.status } satisfies Step });
      bar.stop();
    },
    close: () => bars.stop(),
  };
}

const barWidth = 24;

function formatBar(_options: unknown, _params: unknown, { sync, step }: { sync: string; step: Step }): string {
  const name = sync.slice(0, 24).padEnd(24);
  if (step.total === undefined || step.total === 0) return `${name} ${step.stage} ${countText(step)}`.trimEnd();
  const filled = Math.round((barWidth * (step.done ?? 0)) / step.total);
  return `${name} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${step.stage} ${countText(step)}`;
}

function countText({ done, total, unit }: Step): string {
  if (done === undefined) return '';
  const count = done.toLocaleString('en');
  return `${total === undefined ? count : `${count}/${total.toLocaleString('en')}`} ${unit ?? ''}`;
}

/** Formats the result of a run as a table, with its errors and warnings. */
export function formatClosingTable(report: RunReport): string {
  const table = new Table({
    head: [
      'sync',
      'status',
      'plan',
      'values',
      'rejected',
      'duplicates',
      'suppressed',
      'members',
      'lines sent',
      'LINE holds',
    ],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { name, status, plan, counts, remote } of report.syncs) {
    const numbers = [
      counts.values,
      counts.rejected,
      counts.duplicates,
      counts.suppressed,
      counts.members,
      counts.uploaded,
    ];
    table.push([name, status, plan?.action ?? '-', ...numbers.map((number) => number.toLocaleString('en')), remote]);
  }
  const parts = report.syncs.length === 0 ? [] : [table.toString()];
  return [...parts, ...problemsOf(report)].join('\n');
}

/** Formats the report of `status` as tables. */
export function formatStatusTables({ runs, syncs }: StatusReport): string {
  const style = { head: [], border: [] };
  const runTable = new Table({ head: ['run', 'command', 'status', 'started', 'finished', 'syncs'], style });
  for (const { runId, command, status, startedAt, finishedAt, syncs: reports } of runs)
    runTable.push([
      runId,
      command,
      status,
      startedAt,
      finishedAt ?? '-',
      reports.map((sync) => `${sync.name}: ${sync.status}`).join('\n'),
    ]);
  const syncTable = new Table({ head: ['sync', 'left to do', 'members at LINE', 'as of', 'audience', 'jobs'], style });
  for (const { name, unfinished, snapshot, remote } of syncs)
    syncTable.push([
      name,
      unfinished === null
        ? '-'
        : `${unfinished.batches.total - unfinished.batches.accepted} uploads, ${unfinished.batches.total - unfinished.batches.finished} jobs`,
      snapshot === null ? '-' : snapshot.members.toLocaleString('en'),
      snapshot === null ? '-' : `${snapshot.takenAt}${snapshot.isCurrent ? '' : ' (changed since)'}`,
      remote === undefined ? '-' : (remote.audience?.status ?? 'none'),
      remote === undefined ? '-' : remote.jobs.map(({ id, status }) => `${id} ${status}`).join('\n'),
    ]);
  return `${runTable.toString()}\n${syncTable.toString()}`;
}

function problemsOf(report: RunReport): string[] {
  const own = report.error === null ? [] : [describeProblem('run', report.error)];
  return [...own, ...report.syncs.flatMap(problemsOfSync)];
}

function problemsOfSync({ name, error, warnings }: SyncReport): string[] {
  const warned = warnings.map(({ message }) => `${name}: warning: ${message}`);
  return error === null ? warned : [...warned, describeProblem(name, error)];
}

function describeProblem(name: string, error: { code: string; message: string; hint: string }): string {
  return `${name}: ${error.message}\n  → ${error.hint}  [${error.code}]`;
}
