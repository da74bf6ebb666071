import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { waitUntil } from './cliProcess.ts';
import { filesIn } from './leftovers.ts';
import { emailSync, openScenario, type Scenario, uploadsTo } from './scenario.ts';

/* Nothing that a run did not make is written over or removed, whatever the state directory holds. */

const commands = ['check', 'preview', 'status', 'sync', 'resume'] as const;

function configOf(scenario: Scenario): Record<string, unknown> {
  return scenario.config({
    source: { type: 'files', path: 'data/members/people.csv' },
    syncs: [emailSync({ mode: 'mirror' })],
    state: { directory: 'data' },
    guards: { maxShrink: 1 },
  });
}

/** A folder of source files that looks like a state directory. */
function writeForeign(folder: string): void {
  for (const name of ['members', 'work/line-ads-sync-run-1']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'members/people.csv'), 'email\na@example.com\n');
  writeFileSync(join(folder, 'members/club.members'), 'club');
  writeFileSync(join(folder, 'work/notes.txt'), 'notes');
  writeFileSync(join(folder, 'work/line-ads-sync-run-1/lock'), '');
}

function digestsOf(folder: string): Map<string, string> {
  return new Map(filesIn(folder).map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]));
}

describe.concurrent('files that are not ours', () => {
  test('make every command refuse their folder as a state directory, and stay as they are', async ({ expect }) => {
    await using scenario = await openScenario();
    const data = join(scenario.folder, 'data');
    writeForeign(data);
    const before = digestsOf(data);
    for (const command of commands) {
      const { code, stdout, stderr } = await scenario.run(command, configOf(scenario));
      expect(code, command).toBe(73);
      expect(stdout + stderr, command).toContain('state.not_ours');
      expect(digestsOf(data)).toEqual(before);
    }
    expect(uploadsTo(scenario.simulator)).toEqual([]);
  });

  test('that came into our state directory later stay as they are, also after a run that was killed', async ({
    expect,
  }) => {
    await using scenario = await openScenario();
    const { simulator, folder } = scenario;
    const data = join(folder, 'data');
    mkdirSync(join(folder, 'first'));
    writeFileSync(join(folder, 'first/people.csv'), 'email\nb@example.com\n');
    const first = scenario.config({
      source: { type: 'files', path: 'first/people.csv' },
      syncs: [emailSync({ mode: 'mirror' })],
      state: { directory: 'data' },
    });
    expect((await scenario.run('sync', first)).code).toBe(0);
    writeForeign(data);
    const foreign = [...digestsOf(data)].filter(([path]) => /people\.csv|club|notes|run-1\//.test(path));
    expect(foreign).toHaveLength(4);
    let hasEnded = false;
    const killed = await scenario.run('sync', configOf(scenario), {
      async during(cli) {
        cli.onEnd(() => {
          hasEnded = true;
        });
        await waitUntil(() => hasEnded || uploadsTo(simulator).length === 2, 'an upload was sent');
        cli.kill('SIGKILL');
      },
    });
    expect(killed.signal, killed.stdout).toBe('SIGKILL');
    for (const command of commands) {
      const outcome = await scenario.run(command, configOf(scenario));
      expect(outcome.code, command + outcome.stderr).toBe(0);
      expect([...digestsOf(data)]).toEqual(expect.arrayContaining(foreign));
    }
  });
});
