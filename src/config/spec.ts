import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { lineLimits } from '../destinations/lineAds/config.ts';
import { identifierTypes } from '../identifiers/rules.ts';
import { sourceSchema } from '../sources/config.ts';
import { configSchema, modes } from './schema.ts';

/** Returns the version of this package. */
export function readVersion(): string {
  return packageJson.version;
}

/** Returns the description of this connector for orchestrators: the text of `connector.json`. */
export function connectorSpec(): string {
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
    ...specifications(),
  };
  return `${JSON.stringify(spec, undefined, 2)}\n`;
}

/**
 * JSON Schemas of the configuration and its parts. Each schema is written once: where another one contains it, a `$ref`
 * names its place in the document. The connection and the source refer to nothing, so that a form can take them alone.
 */
function specifications() {
  const { $schema: _$schema, connection, syncs, source, ...settings } = configSchema.shape;
  const parts = z.registry<{ id: string }>();
  parts.add(connection, { id: 'connectionSpecification' });
  parts.add(sourceSchema, { id: 'sourceSpecification' });
  parts.add(syncs.element, { id: 'syncSpecification' });
  parts.add(z.strictObject(settings), { id: 'settingsSpecification' });
  parts.add(configSchema, { id: 'configSpecification' });
  const { schemas } = z.toJSONSchema(parts, { io: 'input', uri: (id) => `#/${id}` });
  // An `$id` that is a fragment is not valid, and references need none.
  for (const schema of Object.values(schemas)) delete schema.$id;
  const whole = schemas.configSpecification?.properties ?? {};
  for (const name of Object.keys(settings)) whole[name] = { $ref: `#/settingsSpecification/properties/${name}` };
  return schemas;
}
