/** Returns declarations of operations with their default roles. */
export function declared(...names: readonly string[]): { name: string }[] {
  return names.map((name) => ({ name }));
}
