import { specifiedRules, ValuesOfCorrectTypeRule } from 'graphql';
import { QuietValuesRule } from './document-errors.ts';

const CACHED_DOCUMENTS = 1000;
const CACHED_DOCUMENT_LENGTH = 8 * 1024;

/** The rules that documents are validated by. */
export const RULES = [...specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule), QuietValuesRule];

/**
 * Remembers what came of reading short documents, since reading one takes longer than answering it; the oldest makes
 * room. A thousand of the longest would fill the memory of a small machine.
 */
export function createDocumentCache<T>() {
  const kept = new Map<string, T>();
  return {
    get: (document: string) => kept.get(document),
    set(document: string, outcome: T) {
      if (document.length > CACHED_DOCUMENT_LENGTH) return;
      if (kept.size >= CACHED_DOCUMENTS) kept.delete(kept.keys().next().value as string);
      kept.set(document, outcome);
    },
  };
}
