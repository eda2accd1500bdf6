"""SQL that makes a reader of the boards on a ClickHouse server: views only, its counties only.

Statements are made here, not run: who makes users is mostly an administrator, not the product.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sinks import views
from sinks.statements import statements
from sinks.views import quoted

ROLE: Final = "huishang_reader"
PUBLIC_ROLE: Final = "huishang_public"
_PUBLIC: Final = "public_"
# Grafana's datasource changes limits of its own queries, which readonly = 1 would refuse.
_PROFILE: Final = (
    "readonly = 2, max_execution_time = 30 MIN 1 MAX 60, max_memory_usage = 4000000000 MAX "
    "8000000000, max_result_rows = 1000000 MAX 2000000, result_overflow_mode = 'throw' CONST"
)


class Reader(NamedTuple):
    """cities: codes or prefixes of what it may see; empty: everything.

    password_sha256: hex. public: only what may be published.
    """

    user: str
    password_sha256: str
    cities: Sequence[str] = ()
    database: str = "default"
    cluster: str = ""
    public: bool = False


def readable(*, public: bool = False) -> dict[str, bool]:
    """The views that a reader may read, and whether they have a county.

    >>> readable(public=True)
    {'public_weeks': True, 'public_week_totals': True}
    """
    found: dict[str, bool] = {}
    for _, text in views.shipped():
        for statement in statements(text):
            head, _, name = statement.partition("\n")[0].rpartition(" ")
            if head.endswith("VIEW") and (name.startswith(_PUBLIC) or not public):
                found[name] = "{place columns}" in statement
    return found


def granted(reader: Reader) -> Iterator[str]:
    """Statements, in order; each may be repeated.

    >>> reader = Reader("grafana_zhangye", "00" * 32, ["6207"], public=True)
    >>> [one.split(" ON ")[0] for one in granted(reader)][:3]
    ['CREATE ROLE IF NOT EXISTS huishang_public', 'GRANT SELECT', 'GRANT SELECT']
    """
    role = PUBLIC_ROLE if reader.public else ROLE
    on = f" ON CLUSTER {reader.cluster}" if reader.cluster else ""
    names = readable(public=reader.public)
    yield f"CREATE ROLE IF NOT EXISTS {role}{on}"
    for name in names:
        yield f"GRANT{on} SELECT ON {reader.database}.{name} TO {role}"
    for name in ("county", "category"):
        yield f"GRANT{on} SELECT, dictGet ON {reader.database}.{name} TO {role}"
    yield f"CREATE SETTINGS PROFILE IF NOT EXISTS {role}{on} SETTINGS {_PROFILE}"
    password = f"IDENTIFIED WITH sha256_hash BY {quoted(reader.password_sha256)}"
    yield (
        f"CREATE USER IF NOT EXISTS {reader.user}{on} {password} SETTINGS PROFILE {quoted(role)}"
    )
    yield f"ALTER USER {reader.user}{on} {password}"
    yield f"GRANT{on} {role} TO {reader.user}"
    yield f"ALTER USER {reader.user}{on} DEFAULT ROLE {role}"
    for name, has_county in names.items():
        if has_county:
            yield (
                f"CREATE ROW POLICY OR REPLACE {reader.user}{on} ON {reader.database}.{name} "
                f"FOR SELECT USING {seen(reader.cities)} TO {reader.user}"
            )


def seen(cities: Sequence[str]) -> str:
    """Which rows.

    >>> seen(["620700", "620402"]), seen([])
    ("startsWith(county, '6207') OR startsWith(county, '620402')", '1')
    """
    prefixes = [city[:4] if len(city) == 6 and city.endswith("00") else city for city in cities]
    return " OR ".join(f"startsWith(county, {quoted(prefix)})" for prefix in prefixes) or "1"
