"""`python -m deploy.pin`: writes the images of docker-compose.yml with their digests into .env.

A tag can be moved to another image, a digest cannot. The digest is asked of the registry that the
image comes from: https://distribution.github.io/distribution/spec/api/ (pulling a manifest).
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path(__file__).parents[1]
_COMPOSE: Final = _ROOT / "docker-compose.yml"
_DEFAULT: Final = re.compile(r"\$\{(\w+_IMAGE):-([^}]+)\}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')
_WITHIN_S: Final = 30
_HUB: Final = "docker.io"
_HUB_REGISTRY: Final = "registry-1.docker.io"
# A list of images per machine first: its digest holds for all of them.
_ACCEPT: Final = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        *("oci.image.index.v1", "docker.distribution.manifest.list.v2"),
        *("oci.image.manifest.v1", "docker.distribution.manifest.v2"),
    )
)


class PinError(Exception):
    """An image has no digest to be had; the message says which and why."""


class Image(NamedTuple):
    """A reference in parts.

    >>> Image.of("docker.io/apache/kafka:4.4.0")
    Image(registry='docker.io', name='apache/kafka', tag='4.4.0')
    >>> Image.of("127.0.0.1:5000/python:3.11-slim@sha256:" + "0" * 64).tag
    '3.11-slim'
    """

    registry: str
    name: str
    tag: str

    @classmethod
    def of(cls, reference: str) -> "Image":
        """Raises PinError unless registry, name and tag are all written out."""
        place, _, _ = reference.partition("@")
        path, colon, tag = place.rpartition(":")
        registry, slash, name = path.partition("/")
        if not (colon and slash and tag and "/" not in tag):
            raise PinError(f"got image {reference}; expected registry/name:tag")
        return cls(registry, name, tag)

    def __str__(self) -> str:
        return f"{self.registry}/{self.name}:{self.tag}"


def offered(compose: str, env: str) -> dict[str, str]:
    """Variable → image: what .env says, else the default of docker-compose.yml.

    >>> offered("image: ${KAFKA_IMAGE:-docker.io/apache/kafka:4.4.0}", "# KAFKA_IMAGE=other/kafka:1")
    {'KAFKA_IMAGE': 'docker.io/apache/kafka:4.4.0'}
    >>> offered("image: ${KAFKA_IMAGE:-docker.io/apache/kafka:4.4.0}", "KAFKA_IMAGE=other/kafka:1")
    {'KAFKA_IMAGE': 'other/kafka:1'}
    """
    said = dict(re.findall(r"^(\w+_IMAGE)=(\S+)", env, re.MULTILINE))
    return {name: said.get(name, default) for name, default in _DEFAULT.findall(compose)}


def filled(env: str, images: dict[str, str]) -> str:
    r"""The text of .env with these images: in the lines that set them, else in those commented out.

    >>> filled("A=1\n# B_IMAGE=b:1\n", {"B_IMAGE": "b:1@sha256:0", "C_IMAGE": "c:1@sha256:1"})
    'A=1\nB_IMAGE=b:1@sha256:0\nC_IMAGE=c:1@sha256:1\n'
    """
    for name, image in images.items():
        line = f"{name}={image}"
        for before in ("", "# *"):
            pattern = re.compile(rf"^{before}{name}=.*$", re.MULTILINE)
            env, replaced = pattern.subn(line, env)
            if replaced:
                break
        else:
            env = f"{env.rstrip()}\n{line}\n".lstrip()
    return env


def digest(image: Image) -> str:
    """What its tag stands for just now. Raises PinError."""
    host = _HUB_REGISTRY if image.registry == _HUB else image.registry
    # As Docker does: a registry on this machine is asked in the clear.
    scheme = "http" if host.split(":")[0] in ("127.0.0.1", "localhost") else "https"
    url = f"{scheme}://{host}/v2/{image.name}/manifests/{image.tag}"
    try:
        said = _head(url, {})
    except urllib.error.HTTPError as refused:
        with refused:
            challenge = refused.headers.get("WWW-Authenticate", "")
        if refused.code != 401 or not challenge.startswith("Bearer "):
            raise PinError(f"{image}: {url} answers {refused.code} {refused.reason}") from None
        said = _with_token(image, url, challenge)
    except (urllib.error.URLError, OSError) as error:
        raise PinError(f"{image}: {url} cannot be reached: {error}") from None
    if not _DIGEST.fullmatch(said):
        raise PinError(f"{image}: {url} gives no digest, but {said!r}")
    return said


def _with_token(image: Image, url: str, challenge: str) -> str:
    """Anonymous, as the registry wants it. Raises PinError."""
    asked = dict(_CHALLENGE.findall(challenge))
    query = {"service": asked.get("service", ""), "scope": f"repository:{image.name}:pull"}
    try:
        realm = f"{asked['realm']}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(realm, timeout=_WITHIN_S) as answer:  # noqa: S310  the registry's own
            given = json.load(answer)
        return _head(
            url, {"Authorization": f"Bearer {given.get('token') or given['access_token']}"}
        )
    except (urllib.error.URLError, OSError, KeyError, ValueError) as error:
        raise PinError(f"{image}: {url} lets nobody read it: {error}") from None


def _head(url: str, headers: dict[str, str]) -> str:
    asked = urllib.request.Request(url, method="HEAD", headers={"Accept": _ACCEPT, **headers})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=_WITHIN_S) as answer:  # noqa: S310
        return str(answer.headers.get("Docker-Content-Digest", ""))


def main() -> int:
    """Exit status: 0 all pinned, 69 a registry is away or refuses; then nothing is written."""
    parser = argparse.ArgumentParser(prog="python -m deploy.pin", description=__doc__)
    parser.add_argument("env", nargs="?", type=Path, default=_ROOT / ".env", help="default: .env")
    path: Path = parser.parse_args().env
    if not path.exists():
        parser.error(f"{path} is not there; expected a copy of .env.example")
    env = path.read_text(encoding="utf-8")
    try:
        images = {
            name: f"{image}@{digest(image)}"
            for name, reference in offered(_COMPOSE.read_text(encoding="utf-8"), env).items()
            for image in (Image.of(reference),)
        }
    except PinError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 69
    path.write_text(filled(env, images), encoding="utf-8")
    print("\n".join(f"{name}={image}" for name, image in images.items()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
