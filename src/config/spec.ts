import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { identifierTypes } from '../identifiers/rules.ts';
import { configSchema, lineLimits, modes } from './schema.ts';

/** Version of this package. */
export function readVersion(): string {
  return packageJson.version;
}

/** What an orchestrator needs to know of this connector; `connector.json` is this text. */
export function connectorSpec(): string {
  const { connection, source, syncs, ...settings } = configSchema.shape;
  const spec = {
    name: 'line-ads-sync',
    title: 'LINE Ads custom audiences',
    description: 'Keeps LINE Ads custom audiences in step with a data warehouse.',
    version: readVersion(),
    documentation: 'README.md',
    supportedModes: modes,
    identifierTypes,
    limits: {
      maxRecordsPerBatch: lineLimits.maxRecords,
      maxBytesPerBatch: lineLimits.maxBytes,
      requestsPerSecond: lineLimits.requestsPerSecond,
      concurrentReplaces: lineLimits.concurrentReplaces,
    },
    commands: ['spec', 'check', 'preview', 'sync', 'resume', 'status', 'audiences', 'explain', 'sql', 'simulate'],
    connectionSpecification: jsonSchema(connection),
    sourceSpecification: jsonSchema(source),
    syncSpecification: jsonSchema(syncs.element),
    settingsSpecification: jsonSchema(z.strictObject(settings)),
    configSpecification: jsonSchema(configSchema),
  };
  return `${JSON.stringify(spec, undefined, 2)}\n`;
}

function jsonSchema(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input' });
}
