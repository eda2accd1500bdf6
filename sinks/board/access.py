"""Seats at the board: a post, what it may do, which counties it sees; and the file that says so.

Without a file whoever reaches the board sits in the duty room: then it is served to this
machine alone. With one, a token or a trusted proxy says who asks. Tokens are random, so
their plain SHA-256 tells nobody what they are; the file holds nothing else of them.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from sinks import secret_yaml
from streams.errors import UserError

Role = Literal["reader", "duty", "admin"]
Post = Annotated[str, Meta(min_length=1, max_length=64)]
Prefix = Annotated[str, Meta(pattern=r"^[0-9]{2,6}$(?!\n)")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Scope = tuple[str, ...]  # prefixes of county codes; none: all

DUTY_ROOM: Final = "值班室"
COOKIE: Final = "huishang_token"
_BEARER: Final = "bearer "


class Token(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever has the token whose SHA-256 this is. counties: codes or prefixes; none: all."""

    post: Post
    role: Role
    sha256: Sha256
    counties: tuple[Prefix, ...] = ()


class User(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the proxy calls `user`."""

    user: Annotated[str, Meta(min_length=1, max_length=128)]
    post: Post
    role: Role
    counties: tuple[Prefix, ...] = ()


class Proxy(Struct, frozen=True, forbid_unknown_fields=True):
    """A proxy that signs people in. addresses: where it asks from; others are not believed.

    header: in which it names the user; it must take it off what comes from outside.
    """

    addresses: Annotated[tuple[str, ...], Meta(min_length=1)]
    header: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,63}$(?!\n)")]
    users: Annotated[tuple[User, ...], Meta(min_length=1)]


class Access(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. At least one token or a proxy."""

    tokens: tuple[Token, ...] = ()
    proxy: Proxy | None = None


class Seat(NamedTuple):
    """Who asks. credential: tells sessions apart, and is shown nowhere."""

    post: str
    role: Role
    counties: Scope
    credential: str
    anonymous: bool = False

    @property
    def can_act(self) -> bool:
        return self.role != "reader"


def anonymous(peer: str) -> Seat:
    """Whoever reaches a board that has no access file."""
    return Seat(DUTY_ROOM, "admin", (), f"anonymous {peer}", anonymous=True)


def load(path: Path) -> Access:
    """Read and check an access file. Raises UserError saying where and what was expected."""
    access = secret_yaml.read(path, Access, "access", "docs/board.md")
    _check(access, path)
    return access


def _check(access: Access, path: Path) -> None:
    """What a schema cannot say. Raises UserError."""
    if not access.tokens and access.proxy is None:
        raise UserError(f"{path} lets nobody in; `huishang board token` makes an entry for tokens")
    hashes = [token.sha256 for token in access.tokens]
    if len(set(hashes)) < len(hashes):
        raise UserError(f"{path}: a token is there twice; make one for each post")
    for address in access.proxy.addresses if access.proxy else ():
        try:
            ip_network(address)
        except ValueError:
            raise UserError(
                f"{path}: proxy: {address!r} is no address; expected 10.0.0.7 or 10.0.0.0/24"
            ) from None
    users = [user.user for user in access.proxy.users] if access.proxy else []
    if len(set(users)) < len(users):
        raise UserError(f"{path}: proxy: a user is there twice")


def scope_of(counties: tuple[str, ...]) -> Scope:
    """Prefixes out of codes: a city's code stands for its counties, a province's likewise.

    >>> scope_of(("620702", "620800", "630000", "64"))
    ('620702', '6208', '63', '64')
    """
    return tuple(
        code.removesuffix("00").removesuffix("00") if len(code) == 6 else code for code in counties
    )


def admitted(
    access: Access, peer: str, headers: Mapping[str, str], cookies: Mapping[str, str]
) -> Seat | None:
    """Who asks, or None.

    headers: by name, in any case (as aiohttp has them). A wrong token is refused, whatever
    else the request says.
    """
    given = headers.get("Authorization", "")
    if given:
        return (
            by_token(access, given[len(_BEARER) :]) if given.lower().startswith(_BEARER) else None
        )
    if token := cookies.get(COOKIE):
        return by_token(access, token)
    proxy = access.proxy
    if proxy and from_proxy(access, peer):
        named = headers.get(proxy.header, "")
        user = next((user for user in proxy.users if user.user == named), None)
        if user:
            return Seat(user.post, user.role, scope_of(user.counties), f"user {user.user}")
    return None


def by_token(access: Access, token: str) -> Seat | None:
    """Whose token it is. All are compared, each in constant time."""
    digest = sha256(token.strip().encode()).hexdigest()
    found = None
    for one in access.tokens:
        if hmac.compare_digest(one.sha256, digest):
            found = Seat(one.post, one.role, scope_of(one.counties), f"token {digest}")
    return found


def from_proxy(access: Access, peer: str) -> bool:
    """Whether a request comes from the trusted proxy."""
    if access.proxy is None:
        return False
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(one) for one in access.proxy.addresses)
