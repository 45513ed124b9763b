import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The origin must be in POSTERN_ALLOWED_ORIGINS, so the port must not change.
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
});
