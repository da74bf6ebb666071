import { createPrivateKey } from 'node:crypto';
import { SyncError } from '../../errors.ts';
import { clientProxy, portOf } from '../../http/proxies.ts';
import { beginsAsSelect, notOneSelect } from '../oneSelect.ts';
import { rowsToChunk, type TextRow } from '../rows.ts';
import { type Relation, type Selection, selectFrom } from '../select.ts';
import { fromSelected, selectedRows } from '../selected.ts';
import { loadDriver } from '../servers/drivers.ts';
import { createSession, type Session } from '../servers/session.ts';
import { silenceLimitsOf, watchSilence } from '../servers/silence.ts';
import type { Chunk, Source, WantedColumns } from '../source.ts';
import { quoteName } from '../sqlText.ts';
import type { SnowflakeSourceConfig } from './config.ts';
import { snowflakeHints } from './errors.ts';
import { snowflakeSql, snowflakeType } from './sql.ts';
import { type SnowflakeAnswer, type SnowflakeLogin, type SnowflakeThread, startSnowflakeThread } from './thread.ts';

/**
 * Opens a Snowflake source with the driver. A session cannot be made read-only, so a query stands in the place of a
 * table, where the grammar allows nothing but SELECT. A call takes one statement only.
 */
export async function openSnowflake(
  config: SnowflakeSourceConfig,
  wanted: WantedColumns,
  signal: AbortSignal,
): Promise<Source> {
  const { select, ...names } = selectedRows(config);
  if (!beginsAsSelect(select)) throw notOneSelect();
  // Checks that the driver is installed. The thread loads it.
  await loadDriver('snowflake-sdk', async (name) => import.meta.resolve(name));
  const login = { ...loginOf(config), ...proxyOptions(config) };
  const thread = startSnowflakeThread(login, Math.ceil(config.statementTimeoutMs / 1000));
  const session = createSession({
    asked: { ...names, server: `Snowflake account ${config.account}`, hints: snowflakeHints },
    signal,
    destroy: thread.breakOff,
  });
  const account: Account = { thread, session, config };
  try {
    return await session.during(async () => {
      const relation = { label: names.label, from: fromSelected(select), columns: await describe(select, account) };
      session.connected();
      const selection = selectFrom(relation, wanted, snowflakeSql);
      return {
        columns: selection.columns,
        choices: selection.choices,
        cursor: await greatestCursor(selection, account),
        chunks: (reading) => session.parts(reading, chunksOf(selection, account)),
        [Symbol.asyncDispose]: thread.close,
      };
    });
  } catch (error) {
    await thread.close();
    throw error;
  }
}

interface Account {
  thread: SnowflakeThread;
  session: Session;
  config: SnowflakeSourceConfig;
}

function loginOf(config: SnowflakeSourceConfig): SnowflakeLogin {
  const { account, username, oauthToken, warehouse, database, schema, role, accessUrl } = config;
  const given = { account, username, warehouse, database, schema, role, accessUrl: accessUrl?.replace(/\/$/, '') };
  const credentials =
    oauthToken === undefined
      ? { authenticator: 'SNOWFLAKE_JWT', privateKey: privateKeyOf(config) }
      : { authenticator: 'OAUTH', token: oauthToken };
  return Object.fromEntries(
    Object.entries({ ...given, ...credentials }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * Returns the driver's options for the proxy, which also serves the cloud storage of large results. User and password
 * stay percent-encoded, because the driver decodes them.
 */
function proxyOptions({ account, accessUrl }: SnowflakeSourceConfig): SnowflakeLogin {
  const found = clientProxy(new URL(accessUrl ?? `https://${account}.snowflakecomputing.com`), process.env);
  if (found === undefined) return {};
  const { proxy, direct } = found;
  const { protocol, hostname, username, password } = proxy.url;
  return {
    proxyProtocol: protocol,
    proxyHost: hostname,
    proxyPort: portOf(proxy.url),
    ...(username !== '' && { proxyUser: username, proxyPassword: password }),
    ...(direct.length > 0 && { noProxy: direct.join('|') }),
    useConnectionConfigProxyForOCSP: true,
  };
}

/** Returns the key as plain PKCS #8, which the driver takes. */
function privateKeyOf({ privateKey, privateKeyPassphrase: passphrase }: SnowflakeSourceConfig): string {
  try {
    const key = createPrivateKey({ key: privateKey!, ...(passphrase !== undefined && { passphrase }) });
    return (key.export({ type: 'pkcs8', format: 'pem' }) as string).trim();
  } catch {
    // The cause could quote the key.
    throw new SyncError(
      'source.login_failed',
      'The text of source.privateKey is not a private key in PEM, or source.privateKeyPassphrase does not open it.',
      'Give the whole text of the PEM file, preferably as ${file:PATH}, and the passphrase if the key is encrypted.',
    );
  }
}

async function describe(select: string, account: Account): Promise<Relation['columns']> {
  for await (const answer of answersTo(`SELECT * FROM ${fromSelected(select)} LIMIT 0`, account))
    if (answer.kind === 'columns')
      return answer.columns.map((column) => ({
        name: column.name,
        type: snowflakeType(column),
        sql: `source_rows.${quoteName(column.name)}`,
      }));
  return [];
}

async function greatestCursor({ cursorStatement }: Selection, account: Account): Promise<string | null> {
  if (cursorStatement === undefined) return null;
  for await (const [row] of rowsOf(cursorStatement, account)) return row?.[0] || null;
  return null;
}

async function* chunksOf({ statement, isList, hasKey }: Selection, account: Account): AsyncGenerator<Chunk> {
  for await (const rows of rowsOf(statement, account)) yield rowsToChunk(rows, { isList, hasKey });
}

async function* rowsOf(statement: string, account: Account): AsyncGenerator<TextRow[]> {
  for await (const answer of answersTo(statement, account)) if (answer.kind === 'rows') yield answer.rows;
}

function answersTo(statement: string, { thread, session, config }: Account): AsyncGenerator<SnowflakeAnswer> {
  return watchSilence(thread.ask(statement), silenceLimitsOf(config), session.giveUp);
}
