FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
# Types are checked before: the image holds neither tests nor the benchmark.
RUN node tools/bundle.ts

FROM node:24-bookworm-slim AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
# Packages that read warehouses and are not in the base install, such as "@google-cloud/bigquery@9.3.0 snowflake-sdk@3.3.0".
ARG DRIVERS=""
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && if [ -n "$DRIVERS" ]; then npm install --save-prod --omit=dev --ignore-scripts --no-audit --no-fund $DRIVERS; fi \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="line-ads-sync" \
  org.opencontainers.image.description="Keeps LINE Ads custom audiences in step with a data warehouse" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
ENV NODE_ENV=production
COPY --from=production /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json connector.json /app/
RUN install --directory --owner=node --group=node --mode=0700 /state
USER 1000:1000
# The state directory is .line-ads-sync in here unless the configuration says otherwise.
WORKDIR /state
VOLUME /state
ENTRYPOINT ["node", "/app/dist/cli.js"]
