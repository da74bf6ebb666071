import { SyncError } from '../errors.ts';

/*
 * The problems of a configuration, and the error that lists them.
 */

/** A problem that has a remedy of its own, and the name that its hint needs. */
export interface Remedy {
  kind: 'set' | 'provide' | 'lookUp' | 'rename' | 'edit' | 'save' | 'fill';
  /** An environment variable, a file or a section of docs/config.md. */
  name?: string;
}

/** One problem. No text of it holds a secret. */
export interface Problem {
  /** "syncs[0].columns", "line 3, column 12", or "" for the whole configuration. */
  path: string;
  /** The predicate of a sentence about the path, without its period. */
  message: string;
  remedy?: Remedy;
}

/** Returns the error that lists all problems, one on each line. */
export function invalidConfig(problems: readonly Problem[]): SyncError {
  const [first] = problems;
  const isWhole = problems.length === 1 && first?.path === '';
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map(lineOf);
  const message = isWhole ? lines.join('') : [`The configuration has ${count}:`, ...lines].join('\n');
  return new SyncError('config.invalid', message, hintFor(problems));
}

function lineOf({ path, message }: Problem): string {
  const subject = path === '' ? 'The configuration ' : `${path}: `;
  return `${subject}${message.replace(/\.$/, '')}.`.replace(/\p{Cc}+/gu, ' ');
}

const hints: Readonly<Record<Remedy['kind'], (names: string) => string>> = {
  rename: () => 'Rename the file so that it ends in .yaml, or write the configuration as JSON.',
  fill: () => 'Give a configuration; docs/config.md holds examples to start from.',
  save: () => 'Save the file as UTF-8.',
  edit: () => 'Correct the text at that place.',
  set: (names) =>
    `Set ${names} in the environment of this process: with -e in docker run, or with env and secretKeyRef in a Kubernetes pod.`,
  provide: (names) =>
    `Provide ${names} as a readable file that is not empty, such as a mounted Docker or Kubernetes secret.`,
  lookUp: (names) => `Look up the fields under ${names} in docs/config.md; \`line-ads-sync spec\` prints them all.`,
};

function hintFor(problems: readonly Problem[]): string {
  const found = (Object.keys(hints) as Remedy['kind'][]).flatMap((kind) => {
    const names = problems.flatMap(({ remedy }) => (remedy?.kind === kind ? [remedy.name ?? ''] : []));
    return names.length === 0 ? [] : [hints[kind]([...new Set(names)].join(', '))];
  });
  return found.length === 0 ? 'Correct the values listed above, then run again.' : found.join(' ');
}
