import { z } from 'zod';
import { checkedText, secret } from '../../configFields.ts';
import { checkSelected, selectedFields } from '../selected.ts';
import { timeoutFields, tlsFields } from '../servers/config.ts';
import { httpUrlProblem } from '../servers/connectionUrl.ts';

export const clickhouseSource = z
  .strictObject({
    type: z.literal('clickhouse').meta({ title: 'Type', description: 'ClickHouse, over HTTP.' }),
    url: checkedText(httpUrlProblem).meta({
      title: 'URL',
      description:
        'https://user:password@host:8443/database. Give the password as ${NAME}. http:// is allowed for loopback addresses only.',
      ...secret,
    }),
    ...selectedFields,
    ca: tlsFields.ca,
    ...timeoutFields,
  })
  .superRefine(checkSelected)
  .meta({ title: 'ClickHouse', description: 'ClickHouse and ClickHouse Cloud.' });

export type ClickhouseSourceConfig = z.output<typeof clickhouseSource>;
