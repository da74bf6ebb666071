import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/simulators/lineAds/faults.ts';
import { mysqlUrl, postgresUrl } from '../sources/databases.ts';
import { type CliOutcome, runCli, waitUntil } from './cliProcess.ts';
import { filesIn, keptMembers } from './leftovers.ts';
import { findMarks, type Marks, makeMarks, needlesOf } from './marks.ts';
import { openScenario, type Scenario, uploadsTo } from './scenario.ts';
import { csvText } from './sourceFiles.ts';

/*
 * Marked people and secrets go in by every door; nothing that the command prints, leaves on disk or passes to the
 * processes that it starts may hold them, raw or hashed.
 */

const logged = ['--log-level', 'trace'];

function syncsOf() {
  return [
    { name: 'email', audienceName: 'Mails', identifierType: 'email', mode: 'add' },
    { name: 'phone', audienceName: 'Phones', identifierType: 'phone', mode: 'mirror', defaultCountry: 'JP' },
    { name: 'ifa', audienceName: 'Devices', identifierType: 'ifa', mode: 'add' },
  ];
}

function configOf(scenario: Scenario, source: object, parts: Record<string, object> = {}): Record<string, unknown> {
  return scenario.config({ source, syncs: syncsOf(), guards: { maxRejected: 1 }, ...parts });
}

function fileConfig(scenario: Scenario, name: string, content: string | Buffer): object {
  return configOf(scenario, { type: 'files', path: scenario.write(name, content) });
}

/** The marked person, spoilt in every way that is rejected, and in some that are not. */
function people({ email, phone, ifa }: Marks): string {
  const [local, domain] = email.split('@');
  const emails = [
    email,
    email.toUpperCase(),
    ` ${email}`,
    `${local} @${domain}`,
    `${local}(at)${domain}`,
    `${email}@${domain}`,
    `${email}\n`,
    `é${email}`,
  ];
  const phones = [
    phone,
    phone.replaceAll('-', ''),
    `+81 ${phone.slice(1)}`,
    `${phone} ext 1`,
    `tel ${phone}`,
    `${phone}${phone}`,
    `${phone}\n1`,
    `+999${phone}`,
  ];
  const ifas = [
    ifa,
    ifa.toUpperCase(),
    ` ${ifa} `,
    ifa.replaceAll('-', ''),
    `{${ifa}}`,
    `${ifa}0`,
    `${ifa}\n0`,
    `${ifa}?`,
  ];
  return csvText(emails.map((text, index) => ({ email: text, phone: phones[index] ?? '', idfa: ifas[index] ?? '' })));
}

interface Case {
  title: string;
  faults?: Fault[];
  command?: string;
  arrange(scenario: Scenario, marks: Marks): object | string;
  code: number;
}

const runs: Case[] = [
  {
    title: 'a sync that succeeds',
    arrange: (scenario, marks) => fileConfig(scenario, 'people.csv', people(marks)),
    code: 0,
  },
  {
    title: 'a preview',
    command: 'preview',
    arrange: (scenario, marks) => fileConfig(scenario, 'people.csv', people(marks)),
    code: 0,
  },
  {
    title: 'a sync that LINE refuses, quoting people',
    faults: [],
    arrange(scenario, marks) {
      for (const reason of [marks.email, createHash('sha256').update(marks.email).digest('hex'), marks.ifa])
        scenario.simulator.addFault({ effect: 'answer', on: 'upload', status: 400, reason });
      return fileConfig(scenario, 'people.csv', people(marks));
    },
    code: 1,
  },
  {
    title: 'a sync whose jobs fail after a lost answer',
    faults: [
      { effect: 'dropAfter', on: 'upload' },
      { effect: 'jobFails', times: 3 },
    ],
    arrange: (scenario, marks) => fileConfig(scenario, 'people.csv', people(marks)),
    code: 1,
  },
];

const withHistory: Case[] = [
  {
    title: 'a sync that lists its rejects',
    arrange: (scenario, marks) =>
      configOf(
        scenario,
        { type: 'files', path: scenario.write('people.csv', people(marks)) },
        { rejects: { path: 'tmp/rejects.jsonl' } },
      ),
    code: 0,
  },
  {
    title: 'a mirror that would remove too many',
    arrange(scenario, marks) {
      const { simulator } = scenario;
      const job = { name: 'others.txt', type: 'DIFF_REPLACE', audienceCount: 9_000 } as const;
      simulator.seedAudience({ name: 'Phones', functionType: 'HASHED_PHONE_NUMBER_UPLOAD', jobs: [job] });
      return fileConfig(scenario, 'people.csv', people(marks));
    },
    code: 65,
  },
];

const sources: Case[] = [
  {
    title: 'a malformed line of CSV',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(scenario, 'people.csv', `email,phone,idfa\n${email},${phone},${ifa}\n${email},${phone}\n`),
    code: 66,
  },
  {
    title: 'a quote that is never closed',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(scenario, 'people.csv', `email,phone,idfa\n"${email},${phone},${ifa}\n${email},${phone},${ifa}\n`),
    code: 66,
  },
  {
    title: 'CSV without a header',
    arrange: (scenario, { email, phone, ifa }) => fileConfig(scenario, 'people.csv', `${email},${phone},${ifa}\n`),
    code: 66,
  },
  {
    title: 'Latin-1 text',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(
        scenario,
        'people.csv',
        Buffer.from(`email,phone,idfa\n${email},${phone},${ifa}\n\xe9${email},\xe9${phone},\xe9${ifa}\n`, 'latin1'),
      ),
    code: 66,
  },
  {
    title: 'JSON garbage',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(
        scenario,
        'people.jsonl',
        `${JSON.stringify({ email, phone, idfa: ifa })}\n{"email":"${email}" "${phone}"\n`,
      ),
    code: 66,
  },
  {
    title: 'JSON whose keys are people',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(scenario, 'people.jsonl', `${JSON.stringify({ [email]: 1, [phone]: 2, [ifa]: 3 })}\n`),
    code: 66,
  },
  {
    title: 'Parquet that is none',
    arrange: (scenario, { email, phone, ifa }) =>
      fileConfig(scenario, 'people.parquet', `PAR1${email}${phone}${ifa}PAR1`),
    code: 66,
  },
  {
    title: 'a failing cast in a query',
    arrange(scenario, { email, phone, ifa }) {
      const values = `(VALUES ('${email}', '${phone}', '${ifa}')) AS t(email, phone, idfa)`;
      const query = `SELECT email::INT AS email, phone::DATE AS phone, (idfa || CASE WHEN random() < 2 THEN idfa END)::UUID AS idfa FROM ${values}`;
      return configOf(scenario, { type: 'duckdb', query });
    },
    code: 66,
  },
  {
    title: 'an error() in a query',
    arrange: (scenario, { email, phone, ifa }) =>
      configOf(scenario, {
        type: 'duckdb',
        query: `SELECT error('${email}') AS email, error('${phone}') AS phone, error('${ifa}') AS idfa`,
      }),
    code: 66,
  },
  {
    title: 'a query that is not SQL',
    arrange: (scenario, { email, phone, ifa }) =>
      configOf(scenario, { type: 'duckdb', query: `SELECT '${email}' email, '${phone}' phone, '${ifa}' idfa FROMM "` }),
    code: 66,
  },
  {
    title: 'a query that names people as columns and tables',
    arrange: (scenario, { email, phone, ifa }) =>
      configOf(scenario, { type: 'duckdb', query: `SELECT "${email}", "${phone}" AS phone FROM "${ifa}"` }),
    code: 66,
  },
  {
    title: 'a query that is no SELECT',
    arrange: (scenario, { email, phone, ifa }) =>
      configOf(scenario, {
        type: 'duckdb',
        query: `COPY (SELECT '${email}', '${phone}') TO '${scenario.folder}/${ifa}'`,
      }),
    code: 66,
  },
  {
    title: 'check of a file without a header',
    command: 'check',
    arrange: (scenario, { email, phone, ifa }) => fileConfig(scenario, 'people.csv', `${email},${phone},${ifa}\n`),
    code: 66,
  },
];

/** The marked person as a row that both servers understand. */
function rowOf({ email, phone, ifa }: Marks): string {
  return `SELECT '${email}' AS email, '${phone}' AS phone, '${ifa}' AS idfa`;
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = encodeURIComponent(password);
  return changed.href;
}

const warehouses: Case[] = [
  ...(['postgres', 'mysql'] as const).flatMap((type): Case[] => {
    const url = type === 'postgres' ? postgresUrl : mysqlUrl;
    const cast = type === 'postgres' ? 'CAST(email AS int)' : "extractvalue(1, concat('~', email))";
    return [
      {
        title: `a ${type} query`,
        arrange: (scenario, marks) => configOf(scenario, { type, url, query: rowOf(marks) }),
        code: 0,
      },
      {
        title: `a ${type} query that stumbles over a person`,
        arrange: (scenario, marks) =>
          configOf(scenario, {
            type,
            url,
            query: `SELECT ${cast} AS email, phone, idfa FROM (${rowOf(marks)} UNION ALL ${rowOf(marks)}) t`,
          }),
        code: 66,
      },
      {
        title: `a ${type} query that is not SQL`,
        arrange: (scenario, marks) => configOf(scenario, { type, url, query: `${rowOf(marks)} FROMM "` }),
        code: 66,
      },
      {
        title: `a ${type} table named like a person`,
        arrange: (scenario, { email }) => configOf(scenario, { type, url, query: `SELECT * FROM "${email}"` }),
        code: 66,
      },
      {
        title: `a ${type} condition that names a person`,
        arrange: (scenario, { email, phone }) =>
          configOf(scenario, { type, url, table: 'information_schema.tables', where: `"${email}" = '${phone}' AND` }),
        code: 66,
      },
      {
        title: `a ${type} login that is wrong, its password in the configuration`,
        arrange: (scenario, { secretKey, ifa }) =>
          configOf(scenario, { type, url: withPassword(`${type}://nobody@127.0.0.1/test`, secretKey), table: ifa }),
        code: 66,
      },
      {
        title: `a ${type} URL that is none, with a password`,
        arrange: (scenario, { secretKey }) =>
          configOf(scenario, { type, url: `${type}//nobody:${secretKey}@127.0.0.1`, table: 't', tls: secretKey }),
        code: 78,
      },
    ];
  }),
  {
    title: 'a suppression list',
    arrange: (scenario, marks) =>
      configOf(
        scenario,
        { type: 'postgres', url: postgresUrl, query: rowOf(marks) },
        {
          suppress: [
            { source: { type: 'postgres', url: postgresUrl, query: rowOf(marks) }, identifierType: 'email' },
            { source: { type: 'mysql', url: mysqlUrl, query: `SELECT '${marks.ifa}!' AS ifa` }, identifierType: 'ifa' },
          ],
        },
      ),
    code: 65,
  },
];

function withConnection(scenario: Scenario, connection: object): object {
  return configOf(scenario, { type: 'files', path: 'people.csv' }, { connection });
}

const secrets: Case[] = [
  {
    title: 'secrets written into the configuration that LINE does not know',
    arrange(scenario, marks) {
      scenario.write('people.csv', people(marks));
      return withConnection(scenario, { accessKey: marks.accessKey, secretKey: marks.secretKey });
    },
    code: 77,
  },
  {
    title: 'secrets from environment and file that LINE does not know',
    arrange(scenario, marks) {
      scenario.write('people.csv', people(marks));
      scenario.write('secret', `${marks.secretKey}\n`);
      return withConnection(scenario, { accessKey: '${MARKED_KEY}', secretKey: '${file:secret}' });
    },
    code: 77,
  },
  {
    title: 'secrets beside a syntax error',
    arrange: (_scenario, { accessKey, secretKey }) =>
      `{"connection": {"accessKey": "${accessKey}", "secretKey": "${secretKey}" "baseUrl"`,
    code: 78,
  },
  {
    title: 'a secret without quotes',
    arrange: (_scenario, { secretKey }) => `{"connection": {"secretKey": ${secretKey}}}`,
    code: 78,
  },
  {
    title: 'secrets of the wrong type',
    arrange: (scenario, { accessKey, secretKey }) =>
      withConnection(scenario, { accessKey: [accessKey], secretKey: { value: secretKey } }),
    code: 78,
  },
  {
    title: 'secrets under misspelt and misplaced keys',
    arrange: (scenario, { accessKey, secretKey }) => ({
      ...withConnection(scenario, { accesKey: accessKey, secretkey: secretKey, secret: { secretKey } }),
      secretKey,
      accessKey: [accessKey],
    }),
    code: 78,
  },
  {
    title: 'secrets where the account and the base URL belong',
    arrange: (scenario, { accessKey, secretKey }) =>
      withConnection(scenario, {
        adAccountId: accessKey,
        baseUrl: `https://user:${encodeURIComponent(secretKey)}@ads.line.me`,
      }),
    code: 78,
  },
  {
    title: 'secrets where another setting belongs',
    arrange: (scenario, { accessKey, secretKey }) =>
      withConnection(scenario, { signature: secretKey, baseUrl: accessKey }),
    code: 78,
  },
  {
    title: 'a secret where the whole connection belongs',
    arrange: (scenario, { secretKey }) => ({ ...withConnection(scenario, {}), connection: secretKey }),
    code: 78,
  },
  {
    title: 'secrets by reference where they do not belong',
    arrange: (scenario, { secretKey }) => {
      scenario.write('secret', secretKey);
      return withConnection(scenario, {
        adAccountId: '${MARKED_KEY}',
        signature: '${file:secret}',
        baseUrl: 'x${file:secret}',
      });
    },
    code: 78,
  },
];

/** A `mkfifo` that takes down its arguments before it does its work. */
function listenToArguments({ folder }: Scenario): { PATH: string } {
  const bin = `${folder}/bin`;
  mkdirSync(bin);
  writeFileSync(
    `${bin}/mkfifo`,
    `#!/bin/sh\nprintf '%s\\n' "$@" >> '${folder}/arguments'\nPATH="\${PATH#*:}" exec mkfifo "$@"\n`,
  );
  chmodSync(`${bin}/mkfifo`, 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

/** Where marks came to light: in what was printed, in files and their names, and in arguments. */
function leaksOf(marks: Marks, { folder }: Scenario, outcome: CliOutcome): string[] {
  const argumentsFile = `${folder}/arguments`;
  const places: [string, string | Buffer][] = [
    ['stdout', outcome.stdout],
    ['stderr', outcome.stderr],
    ['names of files', readdirSync(folder, { recursive: true }).join('\n')],
    ['arguments', existsSync(argumentsFile) ? readFileSync(argumentsFile) : ''],
    ...['.line-ads-sync', 'tmp'].flatMap((name) =>
      filesIn(`${folder}/${name}`)
        .filter((path) => !keptMembers.test(path))
        .map((path): [string, Buffer] => [path, readFileSync(path)]),
    ),
  ];
  return places.flatMap(([place, content]) => findMarks(marks, content).map((mark) => `${mark} in ${place}`));
}

describe.concurrent('no person and no secret comes to light', () => {
  test.for([...runs, ...withHistory, ...sources, ...warehouses, ...secrets])(
    'from $title',
    async ({ faults = [], command = 'sync', arrange, code }) => {
      const marks = makeMarks();
      await using scenario = await openScenario({ faults });
      const env = { ...listenToArguments(scenario), MARKED_KEY: marks.accessKey };
      const outcome = await scenario.run(command, arrange(scenario, marks), { args: logged, env });
      expect(outcome.code, `${outcome.stdout}\n${outcome.stderr}`).toBe(code);
      expect(leaksOf(marks, scenario, outcome)).toEqual([]);
      for (const path of filesIn(`${scenario.folder}/.line-ads-sync`)) expect(statSync(path).mode & 0o777).toBe(0o600);
    },
  );

  test('from a run that is killed: what it leaves is for nobody else to read', async () => {
    const marks = makeMarks();
    await using scenario = await openScenario({ faults: [{ effect: 'delay', on: 'upload', ms: 60_000, times: 9 }] });
    const env = listenToArguments(scenario);
    const { email, phone, ifa } = marks;
    // JSON lines are read through a named pipe.
    const content = `${JSON.stringify({ email, phone, idfa: ifa })}\n`;
    const outcome = await scenario.run('sync', fileConfig(scenario, 'people.jsonl', content), {
      args: logged,
      env,
      async during(cli) {
        await waitUntil(() => uploadsTo(scenario.simulator).length > 0, 'an upload was sent');
        cli.kill('SIGKILL');
      },
    });
    expect(outcome.signal).toBe('SIGKILL');
    expect(
      findMarks(marks, outcome.stdout + outcome.stderr + readFileSync(`${scenario.folder}/arguments`, 'utf8')),
    ).toEqual([]);
    expect(readFileSync(`${scenario.folder}/arguments`, 'utf8')).toContain('rows-1');
    expect(filesIn(`${scenario.folder}/tmp`)).toEqual([]);
  });
});

describe('a mark that does come to light is found', () => {
  test('in what explain prints, which shows every form and hash', async () => {
    const marks = makeMarks();
    await using scenario = await openScenario();
    const explain = async (type: string, value: string) =>
      (await runCli(['explain', '--type', type, '--country', 'JP', value], { cwd: scenario.folder })).stdout;
    const printed = await Promise.all([
      explain('email', marks.email),
      explain('phone', marks.phone),
      explain('ifa', marks.ifa),
    ]);
    const found = findMarks(marks, printed.join(''));
    expect(found).toEqual(
      expect.arrayContaining(['local part of the e-mail', 'hash 0', 'hash 2', 'hash 3', 'hash 4', 'ifa']),
    );
    expect(found).toContain('digits of the phone');
  });

  test('wherever it is planted, raw, in capitals or hashed', () => {
    const marks = makeMarks();
    for (const { name, text } of needlesOf(marks)) {
      expect(findMarks(marks, `{"level":10,"msg":"${text.toUpperCase()}"}`)).toContain(name);
      expect(findMarks(makeMarks(), text)).toEqual([]);
    }
    const digest = createHash('sha256').update(marks.email).digest();
    expect(findMarks(marks, Buffer.concat([Buffer.alloc(7), digest, Buffer.alloc(9)]))).toEqual(['hash 0']);
  });

  test('in each place that is searched', async () => {
    const marks = makeMarks();
    await using scenario = await openScenario();
    const workFolder = join('.line-ads-sync', 'work');
    const files = [join(workFolder, 'members'), join('tmp', 'spill'), join('tmp', marks.ifa)];
    mkdirSync(join(scenario.folder, workFolder), { recursive: true });
    for (const name of ['arguments', ...files]) scenario.write(name, marks.email);
    const outcome = { code: 0, signal: null, stdout: marks.phone, stderr: marks.secretKey };
    const leaks = leaksOf(marks, scenario, outcome).map((leak) => leak.replace(scenario.folder, ''));
    expect(leaks).toEqual(expect.arrayContaining(['phone in stdout', 'secretKey in stderr', 'ifa in names of files']));
    for (const place of ['arguments', ...files.map((file) => `/${file}`)])
      expect(leaks).toContain(`local part of the e-mail in ${place}`);
  });
});
