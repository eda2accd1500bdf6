#!/usr/bin/env bash
# Make a release into dist: image, wheel, bill of materials, and the hashes of the three. Needs Docker.
#   deploy/release.sh VERSION [docker build's own options, such as --build-arg BASE=...]
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?which version? that of pyproject.toml}
shift
grep -qx "version = \"$version\"" pyproject.toml || {
    echo "pyproject.toml has $(grep -m 1 '^version = ' pyproject.toml), not $version" >&2
    exit 1
}
image=huishang:$version
rm -rf dist
mkdir dist

docker build --file deploy/Dockerfile --tag "$image" "$@" .
installed=$(mktemp)
trap 'rm -f "$installed"' EXIT
docker run --rm --network none --entrypoint python3 "$image" -c '
from importlib.metadata import distributions
for one in distributions():
    print(f"{one.name}=={one.version}")
' > "$installed"
.venv/bin/python -m deploy.supply sbom --installed "$installed" --out "dist/huishang-$version.cdx.json"
.venv/bin/python -m hatchling build --target wheel --directory dist
docker save "$image" | gzip --no-name > "dist/huishang-$version.image.tar.gz"
(cd dist && sha256sum -- * > SHA256SUMS)
