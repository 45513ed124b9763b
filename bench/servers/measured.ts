/** Tells the parent process, whenever it asks, how much CPU time this one has used, in microseconds. */
export function reportCpu(port: number): void {
  process.on('message', (message) => {
    if (message !== 'cpu') return;
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, memory: process.memoryUsage().rss });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
}
