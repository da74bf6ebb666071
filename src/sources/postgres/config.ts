import { z } from 'zod';
import { checkedText, secret } from '../../configFields.ts';
import { checkSelected, selectedFields } from '../selected.ts';
import { timeoutFields, tlsFields } from '../servers/config.ts';
import { connectionUrlProblem } from '../servers/connectionUrl.ts';

export const postgresSource = z
  .strictObject({
    type: z.literal('postgres').meta({ title: 'Type', description: 'PostgreSQL, AlloyDB, Aurora or Redshift.' }),
    url: checkedText((text) => connectionUrlProblem(text, 'postgres')).meta({
      title: 'URL',
      description:
        'postgres://user:password@host:5432/database. Give the password as ${NAME}; references are percent-encoded. The known parameters are sslmode and host (a folder of sockets).',
      ...secret,
    }),
    ...selectedFields,
    transfer: z.enum(['auto', 'copy', 'cursor']).default('auto').meta({
      title: 'Transfer',
      description:
        'copy: COPY TO STDOUT, the fastest. cursor: FETCH, for servers that refuse COPY. auto: cursor for Redshift, copy otherwise.',
    }),
    ...tlsFields,
    ...timeoutFields,
  })
  .superRefine(checkSelected)
  .meta({ title: 'PostgreSQL', description: 'PostgreSQL and databases with its protocol.' });

export type PostgresSourceConfig = z.output<typeof postgresSource>;
