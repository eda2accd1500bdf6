"""Counties of GB/T 2260: by code, by grid code, by name.

Data: codes and names of 2026 (civil affairs ministry); positions and the 2020
census population where known. Four cities without counties (Dongguan,
Zhongshan, Danzhou, Jiayuguan) stand for themselves.
"""

import csv
from collections import defaultdict
from importlib.resources import files
from typing import NamedTuple, NewType

CountyCode = NewType("CountyCode", str)


class County(NamedTuple):
    """One county. Position in degrees; None where the census file has none."""

    code: CountyCode
    name: str
    city: str
    province: str
    longitude: float | None
    latitude: float | None
    population_2020: int | None


def _load() -> dict[str, County]:
    with (files("streams") / "data" / "counties.csv").open(encoding="utf-8") as lines:
        return {
            CountyCode(row["code"]): County(
                CountyCode(row["code"]),
                row["name"],
                row["city"],
                row["province"],
                float(row["longitude"]) if row["longitude"] else None,
                float(row["latitude"]) if row["latitude"] else None,
                int(row["population_2020"]) if row["population_2020"] else None,
            )
            for row in csv.DictReader(lines)
        }


COUNTIES = _load()


def _index_names() -> dict[str, list[CountyCode]]:
    """Every way a county is written: 县, 市县, 省县, 省市县."""
    names: defaultdict[str, set[CountyCode]] = defaultdict(set)
    for county in COUNTIES.values():
        for prefix in ("", county.city, county.province, county.province + county.city):
            names[prefix + county.name].add(county.code)
    return {name: sorted(codes) for name, codes in names.items()}


_BY_NAME = _index_names()


def named(name: str) -> list[CountyCode]:
    """Codes of all counties that go by this name; more than one is ambiguous.

    >>> named("甘州区"), named("甘肃省张掖市甘州区")
    (['620702'], ['620702'])
    >>> len(named("鼓楼区"))
    4
    """
    return _BY_NAME.get("".join(name.split()), [])


def in_city(city_code: str) -> list[CountyCode]:
    """Counties of a city, by the first four digits of the code.

    >>> in_city("6207")
    ['620702', '620721', '620722', '620723', '620724', '620725']
    """
    return sorted(county.code for county in COUNTIES.values() if county.code.startswith(city_code))


# Codes of the cities that counties are of, as digests of cities have them.
CITIES = frozenset(f"{code[:4]}00" for code in COUNTIES)


def place_name(code: str) -> str:
    """Of a county or a city; empty where the code is neither's.

    >>> place_name("620702"), place_name("620700"), place_name("990000")
    ('甘州区', '张掖市', '')
    """
    if county := COUNTIES.get(CountyCode(code)):
        return county.name
    counties = in_city(code[:4]) if code.endswith("00") else []
    return COUNTIES[CountyCode(counties[0])].city if counties else ""
