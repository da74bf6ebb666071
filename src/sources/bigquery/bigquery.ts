import type { Dispatcher } from 'undici';
import { notOneSelect } from '../oneSelect.ts';
import { rowsToChunk } from '../rows.ts';
import { type Relation, type Selection, selectFrom } from '../select.ts';
import { fromSelected, selectedRows } from '../selected.ts';
import { loadDriver } from '../servers/drivers.ts';
import { createHttpConnections } from '../servers/http.ts';
import { createSession } from '../servers/session.ts';
import type { Chunk, Source, WantedColumns } from '../source.ts';
import { type BigqueryApi, createBigqueryApi } from './api.ts';
import type { BigquerySourceConfig } from './config.ts';
import { bigqueryHints } from './errors.ts';
import { createAmbientAuth, createServiceAccountAuth } from './googleAuth.ts';
import { type GoogleCredentials, googleCredentials, noCredentials } from './googleCredentials.ts';
import { readKeyFile } from './keyFile.ts';
import { type BigqueryProject, pagesOf, queryOf } from './query.ts';
import { type BigqueryField, bigquerySql, bigqueryType, quoteBigqueryName } from './sql.ts';

/**
 * Opens a BigQuery source. A dry run gives the kind and the columns of the statement; a query job is then read page by
 * page. Google's client gives the credentials only: its own calls cannot be aborted, and make an object of each row.
 */
export async function openBigquery(
  config: BigquerySourceConfig,
  wanted: WantedColumns,
  signal: AbortSignal,
): Promise<Source> {
  const { select, ...names } = selectedRows(config);
  const server = config.projectId === undefined ? 'BigQuery' : `BigQuery, project ${config.projectId}`;
  const url = new URL(config.apiEndpoint ?? 'https://bigquery.googleapis.com');
  const connections = createHttpConnections();
  const stopping = new AbortController();
  const session = createSession({
    asked: { ...names, server, hints: bigqueryHints },
    signal,
    destroy: () => stopping.abort(),
  });
  const end = () => {
    stopping.abort();
    return connections.destroy();
  };
  try {
    return await session.during(async () => {
      const api = await connect(config, url, connections, stopping.signal);
      const project: BigqueryProject = { api, config, session, stopping: stopping.signal };
      const relation = { label: names.label, from: fromSelected(select), columns: await describe(select, project) };
      session.connected();
      const selection = selectFrom(relation, wanted, bigquerySql);
      return {
        columns: selection.columns,
        choices: selection.choices,
        cursor: await greatestCursor(selection, project),
        chunks: (reading) => session.parts(reading, chunksOf(selection, project)),
        [Symbol.asyncDispose]: end,
      };
    });
  } catch (error) {
    await end();
    throw error;
  }
}

async function connect(
  config: BigquerySourceConfig,
  url: URL,
  connections: Dispatcher,
  signal: AbortSignal,
): Promise<BigqueryApi> {
  const credentials = await credentialsOf(config, url, connections, signal);
  const projectId = config.projectId ?? (await credentials.projectId());
  return createBigqueryApi({ endpoint: url.href.replace(/\/$/, ''), projectId, credentials, connections });
}

async function credentialsOf(
  { keyFile, projectId }: BigquerySourceConfig,
  url: URL,
  connections: Dispatcher,
  signal: AbortSignal,
): Promise<GoogleCredentials> {
  await loadDriver('@google-cloud/bigquery');
  if (keyFile !== undefined)
    return googleCredentials(createServiceAccountAuth(readKeyFile(keyFile), connections), 'no token', signal);
  if (url.protocol === 'http:') return noCredentials();
  return googleCredentials(createAmbientAuth(projectId, connections), 'no credentials in the environment', signal);
}

interface DryRun {
  statistics?: { query?: { statementType?: string; schema?: { fields?: BigqueryField[] } } };
}

/** Describes the columns by a dry run, which is free and finds missing tables and permissions. */
async function describe(select: string, { api, config, stopping }: BigqueryProject): Promise<Relation['columns']> {
  const { projectId } = api;
  const body = {
    jobReference: { projectId, location: config.location },
    configuration: { dryRun: true, query: queryOf(select, config) },
  };
  const { statistics } = (await api.call({ method: 'POST', path: '/jobs', body }, stopping)) as DryRun;
  const { statementType, schema } = statistics?.query ?? {};
  if (statementType !== 'SELECT') throw notOneSelect();
  return (schema?.fields ?? []).map((field) => ({
    name: field.name,
    type: bigqueryType(field),
    sql: `source_rows.${quoteBigqueryName(field.name)}`,
  }));
}

async function greatestCursor({ cursorStatement }: Selection, project: BigqueryProject): Promise<string | null> {
  if (cursorStatement === undefined) return null;
  for await (const [row] of pagesOf(cursorStatement, project)) return row?.[0] || null;
  return null;
}

async function* chunksOf({ statement, isList, hasKey }: Selection, project: BigqueryProject): AsyncGenerator<Chunk> {
  for await (const rows of pagesOf(statement, project)) yield rowsToChunk(rows, { isList, hasKey });
}
