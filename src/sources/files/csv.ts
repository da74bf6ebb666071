import { findColumns, findNamedColumn } from '../columns.ts';
import type { Chunk, Source, WantedColumns } from '../source.ts';
import { changedMeanwhile, readFileBytes } from './compression.ts';
import type { CsvConfig } from './config.ts';
import { createCsvBlock, maxRecordBytes } from './csvBlock.ts';
import { type CsvHeader, readCsvHeader } from './csvHeader.ts';
import { createRecordReader } from './csvRecords.ts';
import { NotDecodable, toUtf8 } from './decode.ts';
import { encodingFault } from './encodingFault.ts';

interface CsvFile {
  file: string;
  /** Its name in messages. */
  label: string;
  config: CsvConfig;
}

/** Positions among the columns of the file. */
interface Positions {
  columns: readonly number[];
  key: number | undefined;
}

/** About how many bytes of lines make a chunk: it goes to another thread, which pays only with many rows. */
const chunkBytes = 2 * 1024 * 1024;

/**
 * Opens a CSV file, which is read strictly: the columns, delimiter, quote and line end of the first record hold for every
 * record, and every byte must be in the configured encoding.
 */
export async function openCsv(file: string, config: CsvConfig, wanted: WantedColumns): Promise<Source> {
  const csv = { file, label: `the file ${file}`, config };
  const header = await readHeader(csv);
  const { names } = header;
  const find = (name: string | undefined, setting: string) =>
    name === undefined ? undefined : findOne(csv, names, name, setting);
  const found = wanted.choices.map((choice) => ({
    identifiers: findColumns(names, choice, csv.label),
    country: find(choice.country, 'syncs[].countryColumn'),
  }));
  const columns = [...new Set(found.flatMap(({ identifiers, country = [] }) => identifiers.concat(country)))];
  const key = find(wanted.key, 'rejects.keyColumn');
  const placeOf = (position: number) => columns.indexOf(position);
  return {
    columns: columns.map((position) => names[position]!),
    choices: found.map(({ identifiers, country }) => ({
      identifiers: identifiers.map(placeOf),
      country: country === undefined ? undefined : placeOf(country),
    })),
    cursor: null,
    chunks: (signal) => readChunks(csv, header, { columns, key }, signal),
    [Symbol.asyncDispose]: async () => {},
  };
}

function findOne({ label }: CsvFile, names: readonly string[], name: string, setting: string): number {
  return findNamedColumn({ label, columns: names.map((name) => ({ name })) }, name, setting);
}

async function readHeader({ file, label, config }: CsvFile): Promise<CsvHeader> {
  const parts = toUtf8(readFileBytes(file), config.encoding);
  try {
    return await readCsvHeader(createCsvBlock(parts), label, config);
  } catch (error) {
    throw await explain(error, file, config);
  } finally {
    await parts.return(undefined);
  }
}

async function* readChunks(
  { file, label, config }: CsvFile,
  expected: CsvHeader,
  { columns, key }: Positions,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const read = [...new Set(key === undefined ? columns : [...columns, key])];
  const parts = toUtf8(readFileBytes(file), config.encoding);
  try {
    const block = createCsvBlock(parts);
    const header = await readCsvHeader(block, label, config);
    if (JSON.stringify(header) !== JSON.stringify(expected)) throw changedMeanwhile(file);
    const records = createRecordReader(header.form, read, header.firstLine);
    block.drop(header.bytes);
    for (;;) {
      signal.throwIfAborted();
      await block.fill();
      const isWhole = block.drop(records.read(block.bytes, block.length, block.isLast));
      if (!isWhole) throw records.malformed(`the record is longer than ${maxRecordBytes / 2 ** 20} MiB`);
      if (records.bytesRead() < chunkBytes && !block.isLast) continue;
      const lines = records.take();
      yield {
        columns: columns.map((position) => ({ lines: lines[read.indexOf(position)]! })),
        ...(key !== undefined && { key: lines[read.indexOf(key)]! }),
      };
      if (block.isLast) return;
    }
  } catch (error) {
    throw await explain(error, file, config);
  } finally {
    await parts.return(undefined);
  }
}

/** Finds the line of a wrong byte, of which the decoder does not tell the place. */
async function explain(error: unknown, file: string, { encoding }: CsvConfig): Promise<unknown> {
  return error instanceof NotDecodable ? encodingFault(file, { encoding, isConfigurable: true }) : error;
}
