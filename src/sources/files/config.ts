import { z } from 'zod';
import { encodings } from './encodings.ts';

const csv = z
  .strictObject({
    header: z
      .boolean()
      .default(true)
      .meta({ title: 'Header', description: 'True if the first line contains the names of the columns.' }),
    columns: z.array(z.string().min(1)).min(1).optional().meta({
      title: 'Column names',
      description: 'Names of the columns in order, for files without a header. Required if header is false.',
    }),
    delimiter: z
      .string()
      .length(1)
      .optional()
      .meta({ title: 'Delimiter', description: 'One character. Default: detected from the first line.' }),
    quote: z
      .string()
      .max(1)
      .optional()
      .meta({ title: 'Quote', description: 'One character, or "" for none. Default: detected from the first line.' }),
    encoding: z.enum(encodings).default('utf-8').meta({
      title: 'Encoding',
      description:
        'Encoding of the text. shift_jis is that of Windows (cp932); utf-16 uses the byte order mark. Bytes that are invalid in the encoding are an error.',
    }),
  })
  .superRefine((value, context) => {
    if (!value.header && value.columns === undefined)
      context.addIssue({ code: 'custom', path: ['columns'], message: 'is required if header is false' });
    if (value.header && value.columns !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['columns'],
        message: 'is only valid with header: false',
      });
    for (const sign of ['delimiter', 'quote'] as const)
      if (/[\r\n]/.test(value[sign] ?? ''))
        context.addIssue({ code: 'custom', path: [sign], message: 'must not be a line break' });
    if (/[^\0-\x7f]/.test(value.quote ?? ''))
      context.addIssue({ code: 'custom', path: ['quote'], message: 'must be an ASCII character' });
    if (value.delimiter !== undefined && value.delimiter === (value.quote ?? '"'))
      context.addIssue({ code: 'custom', path: ['delimiter'], message: 'must differ from the quote' });
  })
  .meta({ title: 'CSV', description: 'Format of CSV files, if it cannot be detected.' });

export const filesSource = z
  .strictObject({
    type: z.literal('files').meta({ title: 'Type', description: 'Files on a local or mounted disk.' }),
    path: z.string().min(1).meta({
      title: 'Path',
      description:
        'A path or glob of .parquet, .csv, .tsv, .json, .jsonl or .ndjson files. Text formats may end in .gz or .zst. All matching files are read as one source.',
    }),
    csv: csv.optional(),
  })
  .meta({ title: 'Files', description: 'Parquet, CSV or JSON lines files.' });

export const stdinSource = z
  .strictObject({
    type: z.literal('stdin').meta({ title: 'Type', description: 'Standard input, read once per run.' }),
    format: z.enum(['jsonl', 'csv']).meta({ title: 'Format', description: 'JSON lines, or CSV.' }),
    csv: csv.optional(),
  })
  .superRefine((value, context) => {
    if (value.format !== 'csv' && value.csv !== undefined)
      context.addIssue({ code: 'custom', path: ['csv'], message: 'is only valid with format: csv' });
  })
  .meta({ title: 'Standard input', description: 'JSON lines or CSV from another program.' });

export type FilesSourceConfig = z.output<typeof filesSource>;
export type StdinSourceConfig = z.output<typeof stdinSource>;
export type CsvConfig = z.output<typeof csv>;
