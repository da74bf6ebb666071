import { z } from 'zod';
import { encodings } from './encodings.ts';

const csv = z
  .strictObject({
    header: z
      .boolean()
      .default(true)
      .meta({ title: 'Header', description: 'Whether the first line names the columns.' }),
    columns: z.array(z.string().min(1)).min(1).optional().meta({
      title: 'Column names',
      description: 'The columns in order, for files without a header (needed when header is false).',
    }),
    delimiter: z
      .string()
      .length(1)
      .optional()
      .meta({ title: 'Delimiter', description: 'One character; guessed when absent.' }),
    quote: z
      .string()
      .max(1)
      .optional()
      .meta({ title: 'Quote', description: 'One character, or "" for none; guessed when absent.' }),
    encoding: z.enum(encodings).default('utf-8').meta({
      title: 'Encoding',
      description:
        'How the text is written: shift_jis is that of Windows (cp932), utf-16 goes by its byte order mark. A byte that is wrong in it is an error.',
    }),
  })
  .superRefine((value, context) => {
    if (!value.header && value.columns === undefined)
      context.addIssue({ code: 'custom', path: ['columns'], message: 'is needed when header is false' });
    if (value.header && value.columns !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['columns'],
        message: 'goes with header: false; a header names the columns itself',
      });
    for (const sign of ['delimiter', 'quote'] as const)
      if (/[\r\n]/.test(value[sign] ?? ''))
        context.addIssue({ code: 'custom', path: [sign], message: 'must not be a line break' });
    if (/[^\0-\x7f]/.test(value.quote ?? ''))
      context.addIssue({ code: 'custom', path: ['quote'], message: 'must be an ASCII character' });
    if (value.delimiter !== undefined && value.delimiter === (value.quote ?? '"'))
      context.addIssue({ code: 'custom', path: ['delimiter'], message: 'must not be the quote' });
  })
  .meta({ title: 'CSV', description: 'How CSV files are written, where it cannot be told from the file.' });

export const filesSource = z
  .strictObject({
    type: z.literal('files').meta({ title: 'Type', description: 'Files on a local or mounted disk.' }),
    path: z.string().min(1).meta({
      title: 'Path',
      description:
        'A path or glob of .parquet, .csv, .tsv, .json, .jsonl or .ndjson files, the text ones also .gz or .zst. All that match are read as one.',
    }),
    csv: csv.optional(),
  })
  .meta({ title: 'Files', description: 'Parquet, CSV or JSON lines files.' });

export const stdinSource = z
  .strictObject({
    type: z.literal('stdin').meta({ title: 'Type', description: 'Standard input, read once a run.' }),
    format: z.enum(['jsonl', 'csv']).meta({ title: 'Format', description: 'JSON lines, or CSV.' }),
    csv: csv.optional(),
  })
  .superRefine((value, context) => {
    if (value.format !== 'csv' && value.csv !== undefined)
      context.addIssue({ code: 'custom', path: ['csv'], message: 'goes with format: csv' });
  })
  .meta({ title: 'Standard input', description: 'JSON lines or CSV from another program.' });

export type FilesSourceConfig = z.output<typeof filesSource>;
export type StdinSourceConfig = z.output<typeof stdinSource>;
export type CsvConfig = z.output<typeof csv>;
