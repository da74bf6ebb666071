import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { reportOf, runCli, waitUntil } from './cliProcess.ts';
import { emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* How signals end a run. Exit code 75, and a report unless a second signal comes. */

function configOf(scenario: Scenario, parts: Record<string, object> = {}): Record<string, unknown> {
  const path = scenario.write('people.csv', 'email\na@example.com\nb@example.com\n');
  return scenario.config({ source: { type: 'files', path }, syncs: [emailSync()], ...parts });
}

/** Makes a thread of the command hang in a call of the system for good. */
function hangThread(scenario: Scenario): string[] {
  const path = join(scenario.folder, 'silent');
  execFileSync('mkfifo', [path]);
  const script = `import { open } from 'node:fs'; open(${JSON.stringify(path)}, 'r', () => {});`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

const slowUpload = { faults: [{ effect: 'delay' as const, on: 'upload' as const, ms: 60_000 }] };

describe.concurrent('a signal', () => {
  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends a run that waits for LINE, with the report',
    async (signal, { expect }) => {
      await using scenario = await openScenario({ jobs: { queuedMs: 0, workingMs: 3_600_000 } });
      const outcome = await scenario.run('sync', configOf(scenario), {
        async during(cli) {
          await waitUntil(
            () => scenario.simulator.requests.some(({ path }) => path.endsWith('/upload-job')),
            'jobs were asked for',
          );
          cli.kill(signal);
        },
      });
      expect(outcome).toMatchObject({ code: 75, signal: null });
      expect(reportOf(outcome).syncs[0]?.error).toMatchObject({
        code: 'run.interrupted',
        message: `The run was stopped by ${signal}.`,
      });
    },
  );

  test.for(['sync', 'preview', 'resume', 'check', 'status', 'audiences'])(
    'ends %s while it waits for its configuration from a pipe that nobody writes to',
    async (command, { expect }) => {
      await using scenario = await openScenario();
      const path = join(scenario.folder, 'config');
      execFileSync('mkfifo', [path]);
      const outcome = await runCli([command, '--config', path, '--log-level', 'info'], {
        cwd: scenario.folder,
        nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(tellWhenOpened)}`],
        env: { OPENED: path },
        async during(cli) {
          await waitUntil(() => cli.stderr().includes('opened'), 'the configuration is asked for');
          cli.kill('SIGTERM');
        },
      });
      expect(outcome).toMatchObject({ code: 75, signal: null });
      if (['sync', 'preview', 'resume'].includes(command))
        expect(reportOf(outcome)).toMatchObject({ status: 'pending', error: { code: 'run.interrupted' } });
    },
  );

  /** Looks from inside whether the pipe is open, without a part in it. */
  const tellWhenOpened = `import { readdirSync, readlinkSync, writeSync } from 'node:fs';
    const isOpen = () => readdirSync('/proc/self/fd').some((fd) => { try { return readlinkSync('/proc/self/fd/' + fd) === process.env.OPENED; } catch { return false; } });
    const timer = setInterval(() => { if (isOpen()) { clearInterval(timer); writeSync(2, 'opened'); } }, 5); timer.unref();`;

  test('ends a run although one of its threads hangs', async ({ expect }) => {
    await using scenario = await openScenario(slowUpload);
    const outcome = await scenario.run('sync', configOf(scenario, { shutdown: { graceMs: 0 } }), {
      nodeArgs: hangThread(scenario),
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length === 1, 'an upload was sent');
        cli.kill('SIGTERM');
      },
    });
    expect(outcome).toMatchObject({ code: 75, signal: null });
    expect(reportOf(outcome).syncs[0]).toMatchObject({ status: 'pending', remote: 'unknown' });
  });

  test('that is the second ends a run at once, although one of its threads hangs', async ({ expect }) => {
    await using scenario = await openScenario(slowUpload);
    const outcome = await scenario.run('sync', configOf(scenario), {
      nodeArgs: hangThread(scenario),
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length === 1, 'an upload was sent');
        cli.kill('SIGHUP');
        await waitUntil(() => cli.stderr().includes('Stopping'), 'the first signal was seen');
        cli.kill('SIGTERM');
      },
    });
    expect(outcome).toMatchObject({ code: 75, signal: null, stdout: '' });
  });
});
