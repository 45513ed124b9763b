/** Runs the server and the console side by side, each reloading when its files change. Ends both when either ends. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

// Both need to know the port.
if (existsSync('.env')) process.loadEnvFile('.env');

const COMMANDS = [
  ['tsx', 'watch', '--clear-screen=false', 'src/main.ts'],
  ['vite', '--clearScreen', 'false'],
] as const;

const children = COMMANDS.map(([command, ...args]) =>
  spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' }),
);

function stop(): void {
  for (const child of children) child.kill('SIGTERM');
}

for (const child of children) {
  child.once('exit', (code) => {
    process.exitCode ??= code ?? 0;
    stop();
  });
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
