"""`make pin` asks a registry for digests as Docker's protocol wants it, and writes them into .env."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from deploy import pin
from deploy.pin import Image, PinError, digest
from tests.stores import serving

DIGEST = "sha256:" + "ab" * 32
KAFKA = "apache/kafka"


def registry() -> web.Application:
    """Of one image, 4.4.0, for those with a token; `open` is for everybody."""

    async def manifest(request: web.Request) -> web.Response:
        name, tag = request.match_info["name"], request.match_info["tag"]
        if name == "silent":
            return web.Response()
        if name == KAFKA and request.headers.get("Authorization") != "Bearer geheim":
            realm = f"{request.url.origin()}/token"
            challenge = f'Bearer realm="{realm}",service="registry.test"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        if (
            tag != "4.4.0"
            or "application/vnd.oci.image.index.v1+json" not in request.headers["Accept"]
        ):
            return web.Response(status=404)
        return web.Response(headers={"Docker-Content-Digest": DIGEST})

    async def token(request: web.Request) -> web.Response:
        asked = {"service": "registry.test", "scope": f"repository:{KAFKA}:pull"}
        return web.json_response({"token": "geheim" if dict(request.query) == asked else "wrong"})

    app = web.Application()
    app.add_routes([web.head("/v2/{name:.+}/manifests/{tag}", manifest), web.get("/token", token)])
    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(registry) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("name", [KAFKA, "open"])
def test_a_tag_becomes_a_digest_with_a_token_and_without(address: str, name: str) -> None:
    assert digest(Image(address, name, "4.4.0")) == DIGEST


@pytest.mark.parametrize(
    ("name", "tag", "said"),
    [(KAFKA, "9.9", "lets nobody read it"), ("open", "9.9", "404"), ("silent", "1", "no digest")],
)
def test_what_has_no_digest_is_said(address: str, name: str, tag: str, said: str) -> None:
    with pytest.raises(PinError, match=said):
        digest(Image(address, name, tag))


def test_an_image_without_a_tag_is_refused() -> None:
    for reference in ("kafka", "docker.io/apache/kafka", "127.0.0.1:5000/kafka"):
        with pytest.raises(PinError, match="registry/name:tag"):
            Image.of(reference)


def test_all_images_are_written_into_env_or_none(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = tmp_path / ".env"
    example = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
    compose = (Path(__file__).parents[2] / "docker-compose.yml").read_text(encoding="utf-8")
    names = list(pin.offered(compose, ""))
    here = "".join(f"{name}={address}/open:4.4.0\n" for name in names)
    env.write_text(example + here, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["deploy.pin", str(env)])
    for _ in range(2):  # what is pinned can be pinned again
        assert pin.main() == 0
        pinned = pin.offered(compose, env.read_text(encoding="utf-8"))
        assert pinned == dict.fromkeys(names, f"{address}/open:4.4.0@{DIGEST}")
    before = env.read_text(encoding="utf-8").replace(f"{address}/open:4.4.0@", f"{address}/open:5@")
    env.write_text(before, encoding="utf-8")
    assert pin.main() == 69
    assert env.read_text(encoding="utf-8") == before
