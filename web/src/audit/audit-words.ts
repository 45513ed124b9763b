/** A dotted action such as `token.scopes_added` in words: "Token scopes added". */
export function actionInWords(action: string): string {
  const words = action.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function valueInWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueInWords).join(', ');
  if (typeof value === 'object' && value !== null) return detailInWords(value);
  return String(value);
}

/** What an audit row tells besides, as "name: CI; access: SCOPED". */
export function detailInWords(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return '';
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${valueInWords(value)}`)
    .join('; ');
}
