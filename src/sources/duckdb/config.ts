import { z } from 'zod';
import { checkSelected, selectedFields } from '../selected.ts';

export const duckdbSource = z
  .strictObject({
    type: z.literal('duckdb').meta({ title: 'Type', description: 'DuckDB, in this process.' }),
    database: z.string().min(1).optional().meta({
      title: 'Database',
      description: 'Path of a DuckDB database file, opened read-only. Without it, the query reads files.',
    }),
    ...selectedFields,
  })
  .superRefine(checkSelected)
  .meta({ title: 'DuckDB', description: 'A SELECT over a DuckDB database or files, or a table.' });

export type DuckdbSourceConfig = z.output<typeof duckdbSource>;
