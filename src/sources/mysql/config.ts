import { z } from 'zod';
import { checkedText, secret } from '../../configFields.ts';
import { checkSelected, selectedFields } from '../selected.ts';
import { timeoutFields, tlsFields } from '../servers/config.ts';
import { connectionUrlProblem } from '../servers/connectionUrl.ts';

export const mysqlSource = z
  .strictObject({
    type: z.literal('mysql').meta({ title: 'Type', description: 'MySQL, MariaDB or Aurora.' }),
    url: checkedText((text) => connectionUrlProblem(text, 'mysql')).meta({
      title: 'URL',
      description:
        'mysql://user:password@host:3306/database. Give the password as ${NAME}; references are percent-encoded. The known parameters are ssl-mode and socketPath.',
      ...secret,
    }),
    ...selectedFields,
    ...tlsFields,
    ...timeoutFields,
  })
  .superRefine(checkSelected)
  .meta({ title: 'MySQL', description: 'MySQL and MariaDB.' });

export type MysqlSourceConfig = z.output<typeof mysqlSource>;
