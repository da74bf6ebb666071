import { createInterface } from 'node:readline/promises';
import { connectorSpec } from '../config/spec.ts';
import { SyncError, systemErrorCode } from '../errors.ts';
import { explainValue, formatExplanation } from '../identifiers/explain.ts';
import { type PhoneFormat, phoneFormats } from '../identifiers/phoneFormats.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import { type HashExpression, hashExpression } from '../warehouseSql/hashExpression.ts';
import { readInputText } from './inputText.ts';
import { isTerminal, type OutputFlags, print } from './output.ts';
import type { Stopping } from './stopping.ts';

/*
 * The commands that need no configuration.
 */

export interface ExplainFlags {
  type: IdentifyRules['identifierType'];
  country?: string;
  hashed: IdentifyRules['hashed'];
}

export async function explain(values: string[], { type, country, hashed }: ExplainFlags): Promise<number> {
  const rules: IdentifyRules = { identifierType: type, hashed, defaultCountry: country, phoneFormats };
  const lines = values.length === 1 && values[0] === '-' ? createInterface({ input: process.stdin }) : values;
  for await (const value of lines) print(formatExplanation(explainValue(rules, value)));
  return 0;
}

export interface SqlFlags {
  dialect: HashExpression['dialect'];
  type: HashExpression['identifierType'];
  column: string;
  country?: string;
  phoneFormat: PhoneFormat;
  hashed: HashExpression['hashed'];
  raw?: boolean;
}

export async function printSql({
  dialect,
  type,
  column,
  country,
  phoneFormat,
  hashed,
  raw,
}: SqlFlags): Promise<number> {
  print(
    hashExpression({
      dialect,
      identifierType: type,
      column,
      hashed,
      defaultCountry: country,
      phoneFormats: [phoneFormat],
      otherwise: raw === true ? 'raw' : 'marker',
    }),
  );
  return 0;
}

export async function printSpec(): Promise<number> {
  process.stdout.write(connectorSpec());
  return 0;
}

export interface SimulateFlags extends OutputFlags {
  port: number;
  faults?: string;
}

export async function simulate({ port, faults, quiet }: SimulateFlags, stopping: Stopping): Promise<number> {
  const { startSimulator } = await import('../simulators/lineAds/simulator.ts');
  const { loadFaults } = await import('../simulators/lineAds/faults.ts');
  const input = { name: 'the faults', option: '--faults', path: faults ?? '' };
  const initialFaults = faults === undefined ? [] : loadFaults(await readInputText(input, stopping.signal));
  const simulator = await startSimulator({ port, faults: initialFaults }).catch((error: unknown) => {
    throw systemErrorCode(error) === undefined ? error : portNotFree(port, error);
  });
  print(JSON.stringify({ url: simulator.url, ...simulator.connection }));
  if (isTerminal && quiet !== true)
    process.stderr.write(
      'The simulated LINE Ads API is running. Use the values above as connection, with url as baseUrl. Press Ctrl-C to stop it.\n',
    );
  stopping.isHandled = true;
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    else stopping.signal.addEventListener('abort', () => resolve());
  });
  await simulator.close();
  return 0;
}

function portNotFree(port: number, error: unknown): SyncError {
  const hint = 'Give another port with --port, or 0 for any free port.';
  return new SyncError('usage', `Cannot listen on port ${port} (${systemErrorCode(error)}).`, hint);
}
