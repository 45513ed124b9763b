/** Returns the median and the 99th percentile of latencies, in their unit; sorts them in place. 0 without latencies. */
export function summarise(latencies: number[]): { p50: number; p99: number } {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
