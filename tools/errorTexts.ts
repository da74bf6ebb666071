import type { ErrorCode, ExitCode } from '../src/errors.ts';

/** For the README: when a run ends with an exit code, and what the orchestrator should do then. */
export const exitCodeTexts: Record<ExitCode, { when: string; next: string }> = {
  0: { when: 'Done, nothing to do, or planned; also pending where that was asked for.', next: 'Go on.' },
  64: { when: 'The command line is wrong.', next: 'Mend it.' },
  70: { when: 'A fault of ours.', next: 'Run again once; report it.' },
  73: {
    when: 'The state directory, the disk, a limit of the process, or a result that could not be written.',
    next: 'Fix it.',
  },
  78: { when: 'The configuration, or the audience that it names.', next: 'Mend it.' },
  77: { when: 'Credentials or permission.', next: 'Mend them; repeating does not help.' },
  66: { when: 'The source could not be read.', next: 'Mend it.' },
  65: { when: 'Refused: what was read must not be sent.', next: 'Look at the source; nothing was sent.' },
  1: { when: 'LINE refused an upload for good, or a job failed.', next: 'Look at the report.' },
  69: { when: 'LINE never answered, or its TLS cannot be trusted.', next: 'Run again later.' },
  75: {
    when: 'Not finished: jobs still run, LINE is busy, a proxy is in the way, stopped, or another run has the state.',
    next: 'Run again later.',
  },
};

/** For the README: what each error code says, and what to do. */
export const errorTexts: Record<ErrorCode, string> = {
  internal: 'A fault of line-ads-sync. Report it with its message, which holds no data; running again is safe.',
  'process.limit':
    'The system gives the process too little address space, threads, open files or memory. The message names which, and what is left.',
  'process.no_mkfifo': 'The program `mkfifo` is missing. Add coreutils or busybox to the image.',
  'state.not_ours':
    'The state directory, or a file in the place of one of ours, was made by something else. Nothing is written there; give another place.',
  'state.not_readable': 'The state directory is there and cannot be read. Run as the user that it belongs to.',
  'state.not_writable': 'The state directory cannot be written to. Mount a volume there, or give another directory.',
  'state.disk_full': 'No space is left for working files. See "Memory and disk".',
  'state.corrupt':
    'The journal is damaged. Nothing is guessed over: move the state directory away, and the whole set is sent once.',
  'state.too_new': 'A newer version wrote the journal. Run that, or give this one a state directory of its own.',
  'config.invalid':
    'The configuration (or the faults file) has problems, all listed, each with its path; or the environment names a proxy that cannot be used, or that demands a login.',
  'audience.not_found': '`audienceId` is not among the audiences of the account.',
  'audience.wrong_type': 'The audience holds another identifier type. An audience cannot change its type.',
  'audience.unusable': 'The audience is EXPIRED or FAILED at LINE. Delete it in the Ad Manager, or use another.',
  'audience.ambiguous':
    'Several audiences have that name and type (the message lists them, newest first), LINE says the name is taken, or two syncs meet in one audience. Set `audienceId`.',
  'auth.failed': 'LINE answered 401: the keys do not belong together or were rotated, or this clock is wrong.',
  'auth.not_permitted':
    'LINE answered 403, with its list of errors: the API user lacks the permission. Uploads need Data Provider.',
  'auth.account_not_found': 'LINE does not know `adAccountId`, or it does not belong to this API user.',
  'source.not_found': 'No file matches `source.path`, or a database, table or file that the source names is not there.',
  'source.column_missing':
    'A column is not there, is there twice, or has a type that holds no identifiers. The message lists what is there.',
  'source.no_header': 'The first line of a CSV file is somebody\'s data. Say `"header": false` and name the columns.',
  'source.malformed': 'A file is damaged or not strictly CSV, JSON or Parquet. The line is named where it is known.',
  'source.encoding':
    'A text file is not UTF-8, or a CSV file not in its `csv.encoding`. The line and, if it can be told, the likely encoding are named.',
  'source.not_select': 'The query is not one SELECT. It was not run.',
  'source.query_failed':
    "DuckDB or the server refused the query or failed in it. Their texts quote data, so try it in the engine's own shell.",
  'source.unreachable':
    'The server of the source was not reached: name, port, firewall, or a TLS certificate that cannot be trusted.',
  'source.login_failed': 'The server did not let the user in: user, password or key.',
  'source.not_permitted': 'The user may not read the table or a column. Grant SELECT.',
  'source.timeout': 'The query took longer than `statementTimeoutMs`, or than the server allows.',
  'source.interrupted':
    'The source stopped in the middle: the connection broke, or was silent for `idleTimeoutMs`. Nothing was sent.',
  'source.driver_missing': 'The package that reads this kind of source is not installed; the hint has the command.',
  'source.unreadable': 'A file cannot be opened: permission, a lock, or an unknown ending.',
  'identifiers.none': 'There are values, and not one is valid: most likely the wrong column or type.',
  'guard.empty_mirror': 'A mirror of a source without any value. Look at the source first; see "Modes".',
  'guard.min_members': 'Fewer members than `guards.minMembers`.',
  'guard.max_rejected': 'A larger share of the values was rejected than `guards.maxRejected` allows.',
  'guard.max_doubtful':
    'A larger share of the phone numbers without a country code is not valid in the country they were read in than `guards.maxDoubtful` allows: most likely `countryColumn` is missing, or `defaultCountry` is wrong.',
  'guard.max_shrink':
    'A mirror would remove more than `guards.maxShrink` allows. Look at the source; `--approve` lets the plan through.',
  'audience.appeared':
    'Somebody made an audience of that name and type during the run. Nothing was sent; run again, it is then found.',
  'audience.changed':
    'The audience got uploads that this sync did not plan, from others or late ones of our own. Run again: the whole set is sent.',
  'upload.refused': "LINE refused the upload for good; its reason is in the message. What it means is LINE's to say.",
  'job.failed': 'LINE took an upload and its job FAILED. Run again; if it fails again, ask LINE with the job id.',
  'line.unreachable':
    'No request was ever answered, or the TLS connection cannot be trusted (at any time of the run). Check DNS, firewall, proxy, certificates (`NODE_EXTRA_CA_CERTS`).',
  'line.rate_limited': 'LINE kept answering 429. See what else uses this API user.',
  'line.replace_refused': 'LINE kept answering 429 to a REPLACE. See what else replaces audiences of this account.',
  'line.retries_exhausted': 'LINE or the network failed again and again.',
  'line.blocked':
    'Something other than LINE answered: a proxy, a firewall or a login page (a 403 without LINE\'s JSON, or a proxy that refused the connection). Allow LINE\'s host there; see "Proxies and TLS".',
  'line.bad_answer':
    'An answer was not what LINE documents: a redirect, another audience than the upload was for, or a list that never holds still. Check `baseUrl` and any proxy. After another audience, the next run sends the whole set.',
  'jobs.timeout': 'Jobs were unfinished after `jobs.timeoutMs`. LINE goes on working on them.',
  'run.interrupted': 'SIGTERM, SIGINT or SIGHUP stopped the run.',
  'state.locked': 'Another run is at work on this state directory.',
  usage: 'An unknown command or flag, or a name given to `--only` that no sync has.',
};
