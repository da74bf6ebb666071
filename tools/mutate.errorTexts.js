import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Leaves out faults in message and hint of an error: `new SyncError(code, message, hint)` and `explanation(…)`. */
const errorTexts = {
  shouldIgnore(path) {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    for (let part = path; part.parentPath && !part.isStatement(); part = part.parentPath)
      if (part.listKey === 'arguments' && part.key > 0 && /^(SyncError|explanation)$/.test(part.parent.callee.name))
        return 'Texts of errors have tests of their own.';
    return undefined;
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'errorTexts', errorTexts)];
