# The homeserver: compiled in one stage, run in another without compilers, as a user without rights.
FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json tsconfig.src.json ./
COPY scripts ./scripts
COPY src ./src
RUN npx tsc -b tsconfig.src.json && node scripts/assets.mjs && npm prune --omit=dev --ignore-scripts

FROM node:26-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
# What glibc frees goes back to the system: docs/production.md, "Memory".
ENV MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=4194304
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# New volumes take over the owner of what they are mounted on.
RUN mkdir -p /data /keys && chown node:node /data /keys && chmod 700 /data /keys
USER node
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=32", "dist/main.js"]
