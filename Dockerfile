# Builds on a machine with Docker: docker build -t snapshelf . && docker run -p 3000:3000 -v snapshelf:/data snapshelf
FROM node:24-bookworm AS build
WORKDIR /app
# x86-64-v3 (AVX2) halves the time of an HNSW distance; any x86 server since about 2015 has it. Empty for others.
ARG HNSW_CXXFLAGS="-O3"
COPY package.json package-lock.json .npmrc ./
RUN CXXFLAGS="${HNSW_CXXFLAGS}" npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY test test
COPY benchmark benchmark
COPY examples examples
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/src dist/src
COPY models models
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --start-period=60s \
  CMD node -e "fetch('http://127.0.0.1:3000/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
# exec form: SIGTERM reaches node, which lets what is in flight finish.
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve", "--data", "/data", "--host", "0.0.0.0"]
