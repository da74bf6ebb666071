import { z } from 'zod';
import { namePattern, nameRule } from '../configFields.ts';
import {
  type BatchConfig,
  type connection,
  isPresentable,
  keyAliases,
  type LimitsConfig,
  type LineAdsConfig,
  lineAdsAccountId,
  lineAdsDestination,
  secretFields,
} from './lineAds/config.ts';

/*
 * The destinations of a configuration: `connection`, and further ones by name.
 */

/** The name of the destination that `connection` configures. */
export const connectionName = 'connection';

const destinationName = z
  .string()
  .regex(namePattern, nameRule)
  .refine((name) => name !== connectionName, 'is reserved for the connection object');

const destination = z.discriminatedUnion('type', [lineAdsDestination]);

export const destinations = z.record(destinationName, destination).default({}).meta({
  title: 'Destinations',
  description: 'Further accounts by name. A sync selects one with its field destination.',
});

/** Fields that hold a secret. */
export const secretDestinationFields: readonly string[] = secretFields;

/** Keys of other tools, by the field that they stand for. */
export const destinationKeyAliases: Readonly<Record<string, readonly string[]>> = keyAliases;

/** Tells whether messages may show the value of a field. A secret in its place is not shown. */
export function isPresentableField(field: string, value: unknown): boolean {
  return typeof value === 'string' && isPresentable(field, value);
}

/** A destination as it is written, without the settings that it shares. */
export type WrittenDestination = z.output<typeof destination>;

/** The settings of one destination. */
export type DestinationConfig = LineAdsConfig;

/** The part of a configuration that is about destinations. */
export interface DestinationsConfig {
  connection?: z.output<typeof connection> | undefined;
  destinations: Readonly<Record<string, WrittenDestination>>;
  /** The settings of every destination that has none of its own. */
  batch: BatchConfig;
  limits: LimitsConfig;
}

type Written = Pick<DestinationsConfig, 'connection' | 'destinations'>;

/** Returns the names of all destinations, in the order of the configuration. */
export function destinationNames(config: Written): string[] {
  return [...(config.connection === undefined ? [] : [connectionName]), ...Object.keys(config.destinations)];
}

/** Returns the path of a destination in the configuration. */
export function settingsPathOf(name: string): string {
  return name === connectionName ? connectionName : `destinations.${name}`;
}

export function writtenDestination(config: Written, name: string): WrittenDestination | undefined {
  if (name === connectionName) return config.connection;
  return Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined;
}

/** Returns the settings of one destination. The schema has checked that it is configured. */
export function destinationConfigOf(config: DestinationsConfig, name: string): DestinationConfig {
  const written = writtenDestination(config, name);
  if (written === undefined) throw new Error('a destination that is not configured passed the schema');
  return { ...written, batch: written.batch ?? config.batch, limits: written.limits ?? config.limits };
}

/** Returns platform and account, as the journal records them. */
export function accountIdOf(destination: WrittenDestination): string {
  switch (destination.type) {
    case 'line_ads':
      return lineAdsAccountId(destination);
  }
}

/** Tells whether two destinations are one account, whose limits would then be used twice. */
export function isSameAccount(a: WrittenDestination, b: WrittenDestination): boolean {
  return accountIdOf(a) === accountIdOf(b) && originOf(a) === originOf(b);
}

function originOf({ baseUrl }: WrittenDestination): string {
  return URL.parse(baseUrl)?.origin ?? baseUrl;
}
