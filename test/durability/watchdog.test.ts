import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';

async function start(): Promise<ChildProcess> {
  const script = new URL('./hanging-process.ts', import.meta.url);
  const child = fork(script, [], { execArgv: ['--import', 'tsx'], silent: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

test('a process whose database hangs is ended within seconds, with a line in the log', async () => {
  const child = await start();
  const output: string[] = [];
  child.stdout?.on('data', (chunk) => output.push(String(chunk)));
  child.send('hang');
  const [code, signal] = await once(child, 'close');
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGALRM' });
  expect(JSON.parse(output.join(''))).toMatchObject({ level: 60, seconds: 1 });
});

test('an idle process is not ended, and can exit', async () => {
  const child = await start();
  child.send('idle');
  expect(await once(child, 'close')).toEqual([0, null]);
});
