import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the server listens while both are being worked on. */
const SERVER = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

export default defineConfig({
  root: 'web',
  plugins: [react()],
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    // The console's Content-Security-Policy knows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { proxy: { '/graphql': SERVER } },
});
