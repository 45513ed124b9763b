/** Counts the turns of the event loop that pass until a promise is settled. */
export async function turnsUntil(promise: Promise<unknown>): Promise<number> {
  let settled = false;
  let turns = 0;
  const done = promise.finally(() => {
    settled = true;
  });
  while (!settled) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  await done;
  return turns;
}
