import { z } from 'zod';
import { checkedText } from '../../configFields.ts';
import { checkSelected, selectedFields } from '../selected.ts';
import { timeoutFields } from '../servers/config.ts';
import { httpUrlProblem } from '../servers/connectionUrl.ts';

export const bigquerySource = z
  .strictObject({
    type: z.literal('bigquery').meta({ title: 'Type', description: 'Google BigQuery.' }),
    projectId: z.string().min(1).optional().meta({
      title: 'Project',
      description: 'The project that runs and pays for the query. Default: the project of the credentials.',
    }),
    location: z.string().min(1).optional().meta({
      title: 'Location',
      description: 'Location of the data, such as asia-northeast1. Default: detected by BigQuery.',
    }),
    keyFile: z.string().min(1).optional().meta({
      title: 'Key file',
      description: "Path of a service account's JSON key. Default: the credentials of the environment.",
    }),
    maximumBytesBilled: z
      .string()
      .regex(/^\d{1,18}$/, 'must be digits')
      .optional()
      .meta({ title: 'Maximum bytes billed', description: 'A query that would read more bytes fails.', unit: 'bytes' }),
    apiEndpoint: checkedText(httpUrlProblem).optional().meta({
      title: 'API endpoint',
      description: 'URL for private endpoints. Default: https://bigquery.googleapis.com.',
    }),
    ...selectedFields,
    ...timeoutFields,
  })
  .superRefine(checkSelected)
  .meta({ title: 'BigQuery', description: 'Google BigQuery. Requires the package @google-cloud/bigquery.' });

export type BigquerySourceConfig = z.output<typeof bigquerySource>;
