# Builds on a machine with Docker: docker build -t snapshelf . && docker run -e SNAPSHELF_KEY=... -p 3000:3000 -v snapshelf:/data snapshelf
FROM node:24-bookworm AS build
WORKDIR /app
# "-O3 -march=x86-64-v3" makes HNSW some 1.2 times faster; any x86 server since about 2015 can run it.
ARG HNSW_CXXFLAGS="-O3"
COPY . .
# Builds as well: the script "prepare" runs after the install.
RUN CXXFLAGS="${HNSW_CXXFLAGS}" npm ci && npm prune --omit=dev --ignore-scripts
# Clients of engines behind URLs, found in the folder above: --build-arg CLIENTS="weaviate-client@~3.12 pg"
ARG CLIENTS=""
RUN mkdir -p /clients/node_modules \
  && if [ -n "${CLIENTS}" ]; then npm install --prefix /clients --no-save --ignore-scripts ${CLIENTS}; fi
# onnxruntime-node brings the binaries of every platform, 288 MB: the image needs its own alone.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 && find . -mindepth 2 -maxdepth 2 -type d \
  ! -path "$(node -p '`./${process.platform}/${process.arch}`')" -exec rm -r {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /clients/node_modules /node_modules
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/bundles dist/bundles
COPY src/demo/photographs src/demo/photographs
COPY models models
# The command "snapshelf", also beside the running server: docker exec NAME snapshelf index /photos --collection shop
RUN chmod +x dist/src/cli/main.js && ln -s /app/dist/src/cli/main.js /usr/local/bin/snapshelf \
  && mkdir /data && chown node:node /data
ENV SNAPSHELF_DATA=/data SNAPSHELF_HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --start-period=60s \
  CMD node -e "fetch('http://127.0.0.1:3000/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
# It serves others than itself, so it starts with a key (-e SNAPSHELF_KEY=...), with keys in /data, or with --no-auth.
# exec form: SIGTERM reaches node, which lets what is in flight finish.
ENTRYPOINT ["node", "/app/dist/src/cli/main.js"]
CMD ["serve"]
