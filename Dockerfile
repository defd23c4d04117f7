# Two stages: the compiler and the development packages stay in the first, the second holds what runs.
FROM node:22-bookworm-slim AS build
WORKDIR /app
# The dependencies come before the sources, so that a change of code does not install them again.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY migrations ./migrations
COPY src ./src
COPY wsdl ./wsdl
RUN npm run build && rm dist/.tsbuildinfo && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY wsdl ./wsdl
# The process owns its data folder and nothing else: the program's files stay root's.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
# Live, not ready: a container is not to be replaced because its database is away for a moment. Over TLS where that is
# set; the certificate is for the name outside, and it is its own process that is asked.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const { PORT, TLS_CERT_FILE } = process.env; require(TLS_CERT_FILE ? 'https' : 'http').get({ host: '127.0.0.1', port: PORT, path: '/health/live', rejectUnauthorized: false }, r => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Other verbs of the command line take the place of `serve`: docker run IMAGE migrate
ENTRYPOINT ["node", "--enable-source-maps", "dist/src/main.js"]
CMD ["serve"]
