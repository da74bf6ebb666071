import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulators/lineAds/simulator.ts';
import { type CliOptions, type CliOutcome, runCli } from './cliProcess.ts';

/** A simulated LINE and a working folder for the command. Dispose of it with `await using`. */
export interface Scenario extends AsyncDisposable {
  simulator: Simulator;
  /** The working directory of the command. TMPDIR is `tmp` in it; the state directory is `.line-ads-sync` by default. */
  folder: string;
  /** Writes a file into the folder and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  /** Returns a configuration with the simulator's connection and short times. The given parts are merged one level deep. */
  config(parts: ConfigParts): Record<string, unknown>;
  /** Runs a command that takes a configuration: an object, or the text of the file. */
  run(command: string, config: object | string, options?: ScenarioRunOptions): Promise<CliOutcome>;
}

export interface ConfigParts {
  source: object;
  syncs: readonly object[];
  [part: string]: object;
}

export interface ScenarioRunOptions extends Partial<CliOptions> {
  args?: readonly string[];
}

const quickTimes = {
  retry: { maxAttempts: 4, baseMs: 5, maxDelayMs: 20, maxTotalMs: 10_000 },
  jobs: { pollMinMs: 10, pollMaxMs: 100, settleMs: 10, timeoutMs: 120_000 },
};

export async function openScenario(options: SimulatorOptions = {}): Promise<Scenario> {
  const simulator = await startSimulator({ jobs: { queuedMs: 20, workingMs: 40 }, ...options });
  const folder = mkdtempSync(join(tmpdir(), 'line-ads-sync-cli-'));
  mkdirSync(join(folder, 'tmp'));
  const env = { TMPDIR: join(folder, 'tmp'), ACCESS_KEY: simulator.accessKey, SECRET_KEY: simulator.secretKey };
  let configs = 0;

  function write(name: string, content: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  return {
    simulator,
    folder,
    write,
    config: (parts) => mergeParts({ connection: connectionTo(simulator), ...quickTimes }, parts),
    run(command, config, { args = [], ...cliOptions } = {}) {
      configs += 1;
      const path = write(`config-${configs}.json`, typeof config === 'string' ? config : JSON.stringify(config));
      return runCli([command, '--config', path, ...args], {
        cwd: folder,
        ...cliOptions,
        env: { ...env, ...cliOptions.env },
      });
    },
    async [Symbol.asyncDispose]() {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function connectionTo({ url, adAccountId }: Simulator) {
  return { baseUrl: url, adAccountId, accessKey: '${ACCESS_KEY}', secretKey: '${SECRET_KEY}' };
}

function mergeParts(base: Record<string, object>, parts: ConfigParts): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, part] of Object.entries(parts))
    merged[name] = Array.isArray(part) || base[name] === undefined ? part : { ...base[name], ...part };
  return merged;
}

/** Returns a sync of e-mails to a new audience, with the given changes. */
export function emailSync(changes: object = {}): object {
  return { name: 'buyers', audienceName: 'Buyers', identifierType: 'email', mode: 'add', ...changes };
}

/** Returns the uploads that reached the simulator's account, including refused ones. */
export function uploadsTo(simulator: Simulator) {
  return simulator.requests.filter(({ method }) => method === 'POST');
}

/** Returns the id of the only audience of that name. */
export function audienceId(simulator: Simulator, name: string): string {
  const [found, ...more] = simulator.audiences().filter((audience) => audience.name === name);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} or no audiences are named ${name}`);
  return found.id;
}
