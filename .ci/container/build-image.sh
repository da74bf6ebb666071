#!/usr/bin/env bash
# Builds the Dockerfile with no Docker engine and leaves the image in a local store (root, Debian).
#   build-image.sh CONTEXT IMAGE BUILDAH_STORE_OPTION... [-- BUILD_OPTION...]
set -euo pipefail
context=${1:?context folder} image=${2:?name of the image}
store=() options=() is_store=true
for option in "${@:3}"; do
  if [[ $option == -- ]]; then is_store=false; elif $is_store; then store+=("$option"); else options+=("$option"); fi
done
here=$(cd "$(dirname "$0")" && pwd)
base=docker.io/library/node:24-bookworm-slim

reaches_registry() {
  [[ $(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' https://registry-1.docker.io/v2/) == 401 ]]
}

if ! buildah "${store[@]}" inspect --type image "$base" >/dev/null 2>&1; then
  if reaches_registry; then
    buildah "${store[@]}" pull --quiet "$base" >/dev/null
  else
    echo "no container registry in reach: making a stand-in for $base" >&2
    "$here/base-image.sh" "$base" "${store[@]}"
  fi
fi

# The host's certificates and npm configuration serve the RUN steps only; they are not stored in the image.
volumes=(--volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro)
npmrc=$(npm config get globalconfig 2>/dev/null || true)
if [[ -f $npmrc ]]; then volumes+=(--volume "$npmrc:/usr/local/etc/npmrc:ro"); fi
buildah "${store[@]}" build --isolation chroot --network host --pull=never --format docker \
  "${volumes[@]}" "${options[@]}" --tag "$image" "$context"
