import { z } from 'zod';
import { checkedText, secret } from '../../configFields.ts';
import { checkSelected, selectedFields } from '../selected.ts';
import { timeoutFields } from '../servers/config.ts';
import { httpUrlProblem } from '../servers/connectionUrl.ts';

export const snowflakeSource = z
  .strictObject({
    type: z.literal('snowflake').meta({ title: 'Type', description: 'Snowflake.' }),
    account: z
      .string()
      .regex(/^[\w.-]+$/, 'must be an account identifier, such as myorg-account1')
      .meta({ title: 'Account', description: 'Account identifier, such as myorg-account1.' }),
    username: z
      .string()
      .min(1)
      .optional()
      .meta({ title: 'User', description: 'Name of the user. Required with privateKey.' }),
    privateKey: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'Private key',
        description:
          'PEM text of the private key of the user. Give it as ${file:PATH}. Either privateKey or oauthToken is required.',
        ...secret,
      }),
    privateKeyPassphrase: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'Passphrase',
        description: 'Passphrase of an encrypted private key.',
        ...secret,
      }),
    oauthToken: z
      .string()
      .min(1)
      .optional()
      .meta({
        title: 'OAuth token',
        description: 'Access token of an external identity provider.',
        ...secret,
      }),
    warehouse: z.string().min(1).optional().meta({ title: 'Warehouse', description: "Default: the user's default." }),
    database: z.string().min(1).optional().meta({ title: 'Database', description: "Default: the user's default." }),
    schema: z.string().min(1).optional().meta({ title: 'Schema', description: "Default: the user's default." }),
    role: z.string().min(1).optional().meta({ title: 'Role', description: "Default: the user's default." }),
    accessUrl: checkedText(httpUrlProblem).optional().meta({
      title: 'Access URL',
      description: 'URL for private links. Default: https://<account>.snowflakecomputing.com.',
    }),
    ...selectedFields,
    ...timeoutFields,
  })
  .superRefine((value, context) => {
    checkSelected(value, context);
    if ((value.privateKey === undefined) === (value.oauthToken === undefined))
      context.addIssue({ code: 'custom', path: ['privateKey'], message: 'is required, or oauthToken, but not both' });
    if (value.privateKey !== undefined && value.username === undefined)
      context.addIssue({ code: 'custom', path: ['username'], message: 'is required with privateKey' });
  })
  .meta({ title: 'Snowflake', description: 'Snowflake. Requires the package snowflake-sdk.' });

export type SnowflakeSourceConfig = z.output<typeof snowflakeSource>;
