import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { cliPath, reportOf } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { audienceId, emailSync, openScenario } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

/** A copy of the built command without its kernel, beside the command, where its packages are found. */
function copyWithoutKernel(): { program: string } & Disposable {
  const built = dirname(cliPath);
  const copy = mkdtempSync(join(dirname(built), 'dist-without-kernel-'));
  cpSync(built, copy, { recursive: true, filter: (path) => basename(path) !== 'kernel' });
  return { program: join(copy, basename(cliPath)), [Symbol.dispose]: () => rmSync(copy, { recursive: true }) };
}

const oddRows = [
  { email: ' Jane@Example.COM ', phone: '+81 90-1234-5678', ifa: '6D92078A-8246-4BA4-AE5B-76104861E7DC' },
  { email: hashOf('ready@example.com'), phone: '(03) 1234-5678', ifa: '00000000-0000-0000-0000-000000000000' },
  { email: 'two@at@example.com', phone: '12', ifa: 'none' },
  { email: 'ｊａｎｅ＠example.com', phone: '', ifa: '' },
];

// So many that threads take part in the work.
const rows = Array.from({ length: 30_000 }, (_, index) => ({
  email: `person-${index % 29_000}@example.com`,
  phone: `090${String(10_000_000 + (index % 29_000))}`,
  ifa: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
})).concat(oddRows);

test('Without the file of the kernel, a sync holds the same members of every type and counts the same rejects.', async () => {
  using copy = copyWithoutKernel();
  await using scenario = await openScenario();
  const path = scenario.write('people.csv', csvText(rows));
  const syncsTo = (suffix: string) => [
    emailSync({ audienceName: `email ${suffix}` }),
    emailSync({ name: 'phone', audienceName: `phone ${suffix}`, identifierType: 'phone', defaultCountry: 'JP' }),
    emailSync({ name: 'ifa', audienceName: `ifa ${suffix}`, identifierType: 'ifa' }),
  ];
  const configTo = (suffix: string) =>
    scenario.config({ source: { type: 'files', path }, syncs: syncsTo(suffix), state: { directory: suffix } });

  const usual = await scenario.run('sync', configTo('with'));
  const slow = await scenario.run('sync', configTo('without'), { program: copy.program });

  expect([usual.code, slow.code], slow.stderr).toEqual([0, 0]);
  const factsOf = (outcome: typeof usual) =>
    reportOf(outcome).syncs.map(({ counts, rejects }) => ({ counts, rejects }));
  expect(factsOf(slow)).toEqual(factsOf(usual));
  for (const type of ['email', 'phone', 'ifa']) {
    const [fast, same] = ['with', 'without'].map((suffix) =>
      scenario.simulator.members(audienceId(scenario.simulator, `${type} ${suffix}`)),
    );
    expect(same!.size).toBeGreaterThan(29_000);
    expect(same).toEqual(fast);
  }
});
