# syntax=docker/dockerfile:1
# check=error=true

# The built files are the same on every architecture, so they are built on that of the builder.
FROM --platform=$BUILDPLATFORM node:22-bookworm@sha256:363e1587494626837fa7f9a23bdb453d13b0ff3c67c705c2805cfc69c2d2fad7 AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/verify/package.json packages/verify/
COPY packages/cli/package.json packages/cli/
RUN npm ci
COPY . .
RUN npm run build

# The full image has the compiler that better-sqlite3 needs if no prebuilt binary fits.
FROM node:22-bookworm@sha256:363e1587494626837fa7f9a23bdb453d13b0ff3c67c705c2805cfc69c2d2fad7 AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/verify/package.json packages/verify/
COPY packages/cli/package.json packages/cli/
RUN npm ci --omit=dev --workspaces=false

FROM node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
# Process 1 ignores signals without a handler, such as the watchdog's SIGALRM, so an init runs as process 1.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN install -d -o node -g node -m 700 /data
ENV NODE_ENV=production HOST=0.0.0.0 DATABASE_URL=file:/data/postern.db
USER node
VOLUME /data
EXPOSE 4000
# Asks at the address of HOST. An address that means all interfaces is asked at the loopback address.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "const { HOST, PORT } = process.env; const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[HOST] || HOST || '127.0.0.1'; fetch(`http://${host.includes(':') ? `[${host}]` : host}:${PORT || 4000}/health`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/src/main.js"]
