import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Connection, RowStatement } from 'snowflake-sdk';
import { SyncError } from '../../errors.ts';
import type { TextRow } from '../rows.ts';
import { loadDriver } from '../servers/drivers.ts';
import { ServerFailure } from '../servers/errors.ts';
import { snowflakeFault } from './errors.ts';
import type { SnowflakeAnswer, SnowflakeQuestion, SnowflakeStart } from './thread.ts';

/*
 * The program of the thread in `thread.ts`.
 */

const { login, statementTimeoutSeconds, home } = workerData as SnowflakeStart;

// Sets the environment and the home directory of this thread. Otherwise the driver queries metadata servers and AWS for
// our identity, loads a binary, keeps a cache in the home directory, and logs as a file there says.
os.homedir = () => home;
Object.assign(process.env, {
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
  SNOWFLAKE_DISABLE_MINICORE: 'true',
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: 'true',
  SF_OCSP_RESPONSE_CACHE_DIR: home,
});

const rowsInPart = 5_000;

let connection: Connection | undefined;
let isConnected = false;
let statement: RowStatement | undefined;
let parts: AsyncGenerator<SnowflakeAnswer> | undefined;

parentPort!.on('message', (question: SnowflakeQuestion) => {
  if (question.kind === 'stop') void stop();
  else void answer(question);
});

async function answer(question: Exclude<SnowflakeQuestion, { kind: 'stop' }>): Promise<void> {
  try {
    if (question.kind === 'ask') parts = ask(question.statement);
    const next = await parts!.next();
    post(next.done === true ? { kind: 'end' } : next.value);
  } catch (error) {
    post(failure(error));
  }
}

function failure(error: unknown): SnowflakeAnswer {
  if (!(error instanceof SyncError)) return { kind: 'fault', fault: snowflakeFault(error, isConnected) };
  const { code, message, hint } = error;
  return { kind: 'error', code, message, hint };
}

function post(message: SnowflakeAnswer): void {
  parentPort!.postMessage(message);
}

async function* ask(sqlText: string): AsyncGenerator<SnowflakeAnswer> {
  if (!isConnected) await connect();
  isConnected = true;
  statement = await execute(sqlText);
  const columns = statement.getColumns() ?? [];
  yield {
    kind: 'columns',
    columns: columns.map((column) => ({ name: column.getName(), type: column.getType(), scale: column.getScale() })),
  };
  let count = 0;
  for await (const rows of gather(statement.streamRows())) {
    count += rows.length;
    yield { kind: 'rows', rows };
  }
  if (count !== statement.getNumRows()) throw new ServerFailure({ kind: 'interrupted', code: 'rows are missing' });
  statement = undefined;
}

async function connect(): Promise<void> {
  const { default: snowflake } = await loadDriver('snowflake-sdk');
  const silent = () => {};
  snowflake.configure({
    logLevel: 'OFF',
    additionalLogToConsole: false,
    // The login names the proxy.
    useEnvProxy: false,
    customLogger: { error: silent, warn: silent, info: silent, debug: silent, trace: silent },
  });
  connection = snowflake.createConnection({
    ...login,
    application: 'line_ads_sync',
    clientStoreTemporaryCredential: false,
    clientRequestMFAToken: false,
    sfRetryMaxLoginRetries: 2,
  } as unknown as Parameters<typeof snowflake.createConnection>[0]);
  await new Promise<void>((resolve, reject) => {
    connection!.connect((error) => (error ? reject(error) : resolve()));
  });
}

function execute(sqlText: string): Promise<RowStatement> {
  return new Promise((resolve, reject) => {
    statement = connection!.execute({
      sqlText,
      rowMode: 'array',
      streamResult: true,
      parameters: { STATEMENT_TIMEOUT_IN_SECONDS: statementTimeoutSeconds },
      complete: (error, done) => (error ? reject(error) : resolve(done as RowStatement)),
    } as Parameters<Connection['execute']>[0]) as RowStatement;
  });
}

async function* gather(rows: AsyncIterable<unknown>): AsyncGenerator<TextRow[]> {
  let gathered: TextRow[] = [];
  for await (const row of rows) {
    gathered.push(row as TextRow);
    if (gathered.length < rowsInPart) continue;
    yield gathered;
    gathered = [];
  }
  if (gathered.length > 0) yield gathered;
}

/** Cancels and logs out. The thread is terminated soon after, even if this fails. */
async function stop(): Promise<void> {
  await new Promise<void>((resolve) => (statement === undefined ? resolve() : statement.cancel(() => resolve())));
  await new Promise<void>((resolve) => (isConnected ? connection!.destroy(() => resolve()) : resolve()));
  post({ kind: 'stopped' });
}
