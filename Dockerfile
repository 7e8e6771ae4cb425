# gemini-image with sharp and exiftool, run as a user who owns nothing but /data:
#   docker build -t gemini-image .
#   docker run --rm -e GEMINI_API_KEY -v "$PWD:/data" -u "$(id -u):$(id -g)" gemini-image describe photo.jpg

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --ignore-scripts
RUN npm pack --pack-destination /tmp

FROM node:22-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libimage-exiftool-perl \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/gemini-image-*.tgz /tmp/
RUN npm install --global /tmp/gemini-image-*.tgz \
 && npm cache clean --force \
 && rm /tmp/gemini-image-*.tgz \
 && mkdir --mode=0777 /data
ENV NODE_ENV=production
USER node
WORKDIR /data
ENTRYPOINT ["gemini-image"]
CMD ["--help"]
