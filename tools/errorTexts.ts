import type { ErrorCode, ExitCode } from '../src/errors.ts';

/** Texts of the manual: the meaning of each exit code, and the next step of an orchestrator. */
export const exitCodeTexts: Record<ExitCode, { when: string; next: string }> = {
  0: {
    when: 'Succeeded, nothing to do, or planned. Also pending, if `--detach` or `jobs.wait: false` asked for it.',
    next: 'Continue.',
  },
  64: { when: 'The command line is wrong.', next: 'Fix the command.' },
  70: { when: 'An internal error of line-ads-sync.', next: 'Run again once, and report it.' },
  73: {
    when: 'The state directory, the disk or a process limit failed, or the result could not be written.',
    next: 'Fix the cause.',
  },
  78: {
    when: 'The configuration is wrong, or its audience cannot be used.',
    next: 'Fix the configuration.',
  },
  77: {
    when: 'LINE refused the credentials, or a permission is missing.',
    next: 'Fix the keys; a retry does not help.',
  },
  66: { when: 'The source could not be read.', next: 'Fix the source.' },
  65: {
    when: 'Refused by a guard, or the source holds no valid identifier. Nothing was sent.',
    next: 'Inspect the source.',
  },
  1: { when: 'LINE refused an upload permanently, or an upload job failed.', next: 'Read the report.' },
  69: { when: 'LINE never answered, or its TLS certificate is not trusted.', next: 'Retry later.' },
  75: {
    when: 'Not finished: jobs are still running, LINE is busy, a proxy blocks, the run was stopped, or another run uses the state directory.',
    next: 'Retry later.',
  },
};

/** Texts of the manual: the meaning of each error code, and its remedy. */
export const errorTexts: Record<ErrorCode, string> = {
  internal: 'An internal error. Report it with its message, which contains no data. Running again is safe.',
  'process.limit':
    'The system gives the process too little address space, threads, open files or memory. The message names the limit and the amount left. See [process limits](scale.md#process-limits).',
  'process.no_mkfifo': 'The program `mkfifo` is missing. Add coreutils or busybox to the image.',
  'state.not_ours':
    'The state directory, or a file in the place of one of ours, was made by another program. Nothing is written there. Use another directory.',
  'state.not_readable': 'The state directory exists but cannot be read. Run as its owner.',
  'state.not_writable':
    'The state directory, or a result, cannot be written. Mount a volume, or use another directory.',
  'state.disk_full': 'The disk has no space for working files. See [disk](scale.md#disk).',
  'state.corrupt':
    'The journal is damaged and is not overwritten. Move the state directory away; the next run sends the whole set once.',
  'state.too_new': 'A newer version wrote the journal. Run that version, or use another state directory.',
  'config.invalid':
    'The configuration, or the faults file, has problems; all are listed with their paths. Or the environment names a proxy that cannot be used or requires a login.',
  'audience.not_found': '`audienceId` is not among the audiences of the account.',
  'audience.wrong_type': 'The audience holds another identifier type. An audience cannot change its type.',
  'audience.unusable': 'The audience is EXPIRED or FAILED at LINE. Delete it in the Ad Manager, or use another one.',
  'audience.ambiguous':
    'Several audiences have this name and type (listed in the message, newest first), LINE says that the name is taken, or two syncs use the same audience. Set `audienceId`.',
  'auth.failed':
    'LINE answered 401: the keys do not belong together, were rotated, or the clock of this machine is wrong.',
  'auth.not_permitted':
    'LINE answered 403 with its list of errors: the API user lacks the permission. Uploads need Data Provider.',
  'auth.account_not_found': 'LINE does not know `adAccountId`, or it does not belong to this API user.',
  'source.not_found':
    'No file matches `source.path`, or a database, schema, table or file of the source does not exist.',
  'source.column_missing':
    'A column is missing, occurs twice, or has a type that cannot hold identifiers. The message lists the columns.',
  'source.no_header': 'The first line of a CSV file contains data. Set `"header": false` and list the columns.',
  'source.malformed': 'A file is damaged, or is not strict CSV, JSON or Parquet. The line is named if it is known.',
  'source.encoding':
    'A text file is not UTF-8, or a CSV file is not in its `csv.encoding`. The message names the line and, if possible, the likely encoding.',
  'source.not_select': 'The query is not a single SELECT. It was not run.',
  'source.query_failed':
    "DuckDB or the server refused the query or failed during it. The position, if known, counts in the configured query or condition. The engine's message is not shown, because it quotes data: run the query in the engine's own shell.",
  'source.unreachable':
    'The server of the source cannot be reached, or accepts no further connections. The cause may be its name or port, a firewall or proxy, or a TLS certificate that is not trusted.',
  'source.login_failed':
    'The server refused the login: user, password or key, the database of the login, the address of this machine, or a login without TLS.',
  'source.not_permitted': 'The user may not read the table or a column. Grant SELECT.',
  'source.timeout': 'The query took longer than `statementTimeoutMs`, or than the server allows.',
  'source.interrupted':
    'The source was interrupted: the connection broke, or was silent for `idleTimeoutMs`. Nothing was sent.',
  'source.driver_missing': 'The driver package for this source is not installed; the hint shows the command.',
  'source.unreadable': 'A file cannot be opened: permission, a lock, or an unknown file name ending.',
  'identifiers.none': 'The source has values, but none is valid. Most likely the column or the type is wrong.',
  'guard.empty_mirror': 'The source of a mirror holds no value. Inspect the source; see [modes](modes.md).',
  'guard.min_members': 'The source has fewer members than `guards.minMembers`.',
  'guard.max_rejected': 'The share of rejected values exceeds `guards.maxRejected`.',
  'guard.max_doubtful':
    'The share of phone numbers without a country code that are not valid in their assumed country exceeds `guards.maxDoubtful`. Most likely `countryColumn` is missing, or `defaultCountry` is wrong.',
  'guard.max_shrink':
    'A mirror would remove a larger share than `guards.maxShrink`. Inspect the source; `--approve` allows the plan.',
  'audience.appeared':
    'An audience of this name and type was created by others during the run. Nothing was sent. Run again: the next run finds it.',
  'audience.changed':
    'The audience received uploads that this sync did not plan, from others or late ones of its own. Run again: the whole set is sent.',
  'upload.refused': 'LINE refused the upload permanently. The message contains its reason.',
  'job.failed': 'LINE accepted an upload, and its job FAILED. Run again. If it fails again, ask LINE, with the job id.',
  'line.unreachable':
    'No request was ever answered, or at any time the TLS connection was not trusted. Check DNS, firewall, proxy and certificates (`NODE_EXTRA_CA_CERTS`).',
  'line.rate_limited': 'LINE kept answering 429. Check for other programs that use this API user.',
  'line.replace_refused':
    'LINE kept answering 429 to a REPLACE. Check for other programs that replace audiences of this account.',
  'line.retries_exhausted': 'LINE or the network failed in every attempt.',
  'line.blocked':
    "Something other than LINE answered: a proxy, a firewall or a login page (a 403 without LINE's JSON, or a proxy that refused the connection). Allow LINE's host there; see [proxies and TLS](operating.md#proxies-and-tls).",
  'line.bad_answer':
    'An answer differs from the documentation: a redirect, another audience than that of the upload, or a list that never becomes stable. Check `baseUrl` and any proxy. After another audience, the next run sends the whole set.',
  'jobs.timeout': 'Jobs were unfinished after `jobs.timeoutMs`. LINE continues to work on them.',
  'run.interrupted': 'SIGTERM, SIGINT or SIGHUP stopped the run.',
  'state.locked': 'Another run is using this state directory.',
  usage: 'The command or a flag is unknown, or `--only` names a sync that does not exist.',
};
