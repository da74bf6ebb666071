import { describe, test } from 'vitest';
import { reportOf } from './cliProcess.ts';
import { hashOf } from './customers.ts';
import { audienceId, openScenario, uploadsTo } from './scenario.ts';

const email = { name: 'email', audienceName: 'Emails', identifierType: 'email', mode: 'mirror' };
const phone = {
  name: 'phone',
  audienceName: 'Phones',
  identifierType: 'phone',
  mode: 'mirror',
  phoneFormats: ['e164'],
};

describe.concurrent('standard input', () => {
  test.for<[string, object, string | Buffer]>([
    ['JSON lines', { format: 'jsonl' }, '{"email":"a@example.com","phone":"+819012345678"}\n{"email":null}\n'],
    ['CSV', { format: 'csv' }, '\ufeffEmail,phone\r\na@example.com,+819012345678\r\n'],
    [
      'CSV without a header',
      { format: 'csv', csv: { header: false, columns: ['phone', 'email'], delimiter: ';' } },
      '+819012345678;a@example.com',
    ],
  ])('is read as %s, once for all syncs', async ([, source, stdin], { expect }) => {
    await using scenario = await openScenario();
    const config = scenario.config({ source: { type: 'stdin', ...source }, syncs: [email, phone] });
    const outcome = await scenario.run('sync', config, { stdin });
    expect(outcome.code, outcome.stderr).toBe(0);
    const { simulator } = scenario;
    expect([...simulator.members(audienceId(simulator, 'Emails'))]).toEqual([hashOf('a@example.com')]);
    expect([...simulator.members(audienceId(simulator, 'Phones'))]).toEqual([hashOf('+819012345678')]);
  });

  test.for<[string, object, string | Buffer, string]>([
    ['nothing where a header should be', { format: 'csv' }, '', 'source.malformed'],
    ['Latin-1', { format: 'csv' }, Buffer.from('email\nj\xfcrgen@example.com\n', 'latin1'), 'source.encoding'],
    ['half a JSON object', { format: 'jsonl' }, '{"email":"a@example.com"}\n{"email":"b@exam', 'source.malformed'],
    ['another column', { format: 'csv' }, 'mail\na@example.com\n', 'source.column_missing'],
  ])('with %s ends with 66, and nothing is sent', async ([, source, stdin, code], { expect }) => {
    await using scenario = await openScenario();
    const config = scenario.config({ source: { type: 'stdin', ...source }, syncs: [email] });
    const outcome = await scenario.run('sync', config, { stdin });
    expect([outcome.code, reportOf(outcome).syncs[0]?.error?.code]).toEqual([66, code]);
    expect(uploadsTo(scenario.simulator)).toEqual([]);
    expect(outcome.stdout + outcome.stderr).not.toContain('@exam');
  });

  test('is not touched by check', async ({ expect }) => {
    await using scenario = await openScenario();
    const config = scenario.config({ source: { type: 'stdin', format: 'csv' }, syncs: [email] });
    const outcome = await scenario.run('check', config, { stdin: 'email\n' });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('source of email: Only preview and sync read standard input');
  });

  test('cannot be the configuration as well', async ({ expect }) => {
    await using scenario = await openScenario();
    const config = scenario.config({ source: { type: 'stdin', format: 'csv' }, syncs: [email] });
    const outcome = await scenario.run('sync', config, { args: ['--config', '-'], stdin: JSON.stringify(config) });
    expect(outcome.code).toBe(78);
    expect(outcome.stdout).toContain('--config');
  });
});
