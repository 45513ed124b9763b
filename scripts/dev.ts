/** Runs the server and the console, each reloading when its files change. The console's address serves both. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'vite';

// Vite needs PORT to forward requests to the server.
if (existsSync('.env')) process.loadEnvFile('.env');

const vite = await createServer({ clearScreen: false });
await vite.listen();
const address = vite.resolvedUrls?.local[0] ?? '';

// The server prints its public URL, and accepts cookies from that origin only.
const publicUrl = process.env.POSTERN_PUBLIC_URL || new URL(address).origin;
const server = spawn('tsx', ['watch', '--clear-screen=false', 'src/main.ts'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  shell: process.platform === 'win32',
  env: { ...process.env, POSTERN_PUBLIC_URL: publicUrl },
});

server.once('exit', (code) => {
  process.exitCode = code ?? 0;
  void vite.close();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill('SIGTERM'));
