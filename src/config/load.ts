import { type ParseText, textProblem, tooDeep } from './configText.ts';
import { describeIssue } from './describeIssue.ts';
import { parseJsonText } from './jsonText.ts';
import { invalidConfig } from './problems.ts';
import { type Json, resolveReferences, type Surroundings } from './references.ts';
import { type Config, configSchema } from './schema.ts';
import { hiddenPaths, inlineSecrets } from './secrets.ts';

export interface LoadedConfig {
  config: Config;
  /** Facts that do not stop a run, such as a secret in the file itself. */
  warnings: readonly { code: string; message: string }[];
}

/**
 * Returns the configuration of a text, with references resolved, defaults filled in and everything checked. Throws
 * `config.invalid` with all problems at once. A value that came by reference, or may be a secret, is never shown.
 */
export function loadConfig(
  text: string,
  surroundings: Surroundings,
  parseText: ParseText = parseJsonText,
): LoadedConfig {
  const written = parse(text.replace(/^\uFEFF/, ''), parseText);
  const { value, referenced, problems } = resolveReferences(written, surroundings);
  const result = configSchema.safeParse(value);
  const checked = { config: value, hidden: new Set([...referenced, ...hiddenPaths(written)]) };
  const unresolved = new Set(problems.map(({ path }) => path));
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => describeIssue(issue, checked));
  const all = [...problems, ...issues.filter(({ path }) => !unresolved.has(path))];
  if (!result.success || all.length > 0) throw invalidConfig(all);
  return { config: result.data, warnings: inlineSecrets(written).map(inlineSecretWarning) };
}

function parse(text: string, parseText: ParseText): Json {
  const problem = textProblem(text);
  if (problem !== undefined) throw invalidConfig([problem]);
  const parsed = parseWithinStack(text, parseText);
  if ('problems' in parsed) throw invalidConfig(parsed.problems);
  return parsed.value;
}

/** The parsers are recursive, so that very deep nesting exhausts the stack. */
function parseWithinStack(text: string, parseText: ParseText) {
  try {
    return parseText(text);
  } catch (error) {
    if (error instanceof RangeError) return { problems: [tooDeep] };
    throw error;
  }
}

function inlineSecretWarning(path: string) {
  return {
    code: 'inline_secret',
    message: `${path} is written into the configuration; give it as \${NAME} (environment) or \${file:PATH} (mounted secret) instead.`,
  };
}
