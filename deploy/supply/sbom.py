"""The bill of materials of the image, as CycloneDX 1.6: what is installed, and what is carried.

Debian's packages and Python itself come with the base image, which has a bill of its own.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from deploy.supply.carried import CARRIED, Carried
from deploy.supply.licences import BUNDLED, READ, licence, needed
from deploy.supply.locks import FOLDER, ROOT, Pin, locked

_LICENCES: Final = LicenseFactory()


def python() -> str:
    """The version of Python in the image, such as "3.11": that of the Dockerfile's base."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^ARG BASE=\S*python:(\d+\.\d+)", text, re.MULTILINE)
    if not found:
        raise LookupError("deploy/Dockerfile names no Python as its BASE")
    return found[1]


def sbom(at: datetime | None = None) -> str:
    """The bill as JSON; the same bytes for the same locks, version and time.

    at: when the release was made; without it the bill has no time.
    Raises Unlicensed; PackageNotFoundError where what runs is not installed.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    root = Component(
        name=project["name"],
        version=project["version"],
        description=project["description"],
        type=ComponentType.APPLICATION,
        licenses=[_LICENCES.make_with_id(project["license"])],
        purl=PackageURL("generic", name=project["name"], version=project["version"]),
        bom_ref=f"{project['name']}@{project['version']}",
    )
    installed = {pin.name: _installed(pin) for pin in locked("runtime") if pin.on(python())}
    carried = [_carried(one) for one in CARRIED if one.served]
    bom = Bom(components=[*installed.values(), *carried])
    bom.metadata.component = root
    direct = {canonicalize_name(given.name) for given in needed(project["name"])}
    bom.register_dependency(root, [*(installed[name] for name in sorted(direct)), *carried])
    for name, component in installed.items():
        names = {canonicalize_name(given.name) for given in needed(name)}
        bom.register_dependency(
            component, [installed[one] for one in sorted(names & set(installed))]
        )
    lock = (FOLDER / "runtime.txt").read_text(encoding="utf-8")
    bom.serial_number = uuid5(NAMESPACE_URL, f"{root.purl}\n{at}\n{lock}")
    bom.metadata.timestamp = at  # type: ignore[assignment]  # left out when None
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def unlike(bill: str, installed: Iterable[str]) -> list[str]:
    """What only one of the two has, as "name==version": a bill, and what is installed in an image."""
    read = json.loads(bill)
    listed = {
        f"{one['name']}=={one['version']}"
        for one in (*read["components"], read["metadata"]["component"])
        if one["type"] != ComponentType.DATA.value and not one["purl"].startswith("pkg:npm/")
    }
    found = {
        f"{canonicalize_name(name)}=={version}"
        for name, _, version in (one.partition("==") for one in installed)
    }
    return sorted(listed ^ found)


def _installed(pin: Pin) -> Component:
    purl = PackageURL("pypi", name=pin.name, version=pin.version)
    said = LicenseAcknowledgement.CONCLUDED if pin.name in READ else LicenseAcknowledgement.DECLARED
    return Component(
        name=pin.name,
        version=pin.version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[_LICENCES.make_from_string(licence(pin.name), license_acknowledgement=said)],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(pin.page),
                comment="one of these files, by platform",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes],
            )
        ],
        components=[
            Component(
                name=library,
                bom_ref=f"{purl}#{library}",
                licenses=[
                    _LICENCES.make_from_string(
                        spdx, license_acknowledgement=LicenseAcknowledgement.CONCLUDED
                    )
                ],
            )
            for library, spdx in BUNDLED.get(pin.name, {}).items()
        ],
    )


def _carried(one: Carried) -> Component:
    return Component(
        name=one.name,
        version=one.version,
        type=ComponentType.DATA if one.changed else ComponentType.LIBRARY,
        description=one.changed or None,
        purl=PackageURL.from_string(one.purl),
        bom_ref=one.purl,
        licenses=[_LICENCES.make_with_id(one.licence)],
        external_references=[
            ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(one.page))
        ],
        components=[
            Component(
                name=file,
                type=ComponentType.FILE,
                bom_ref=file,
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )
            for file, digest in one.hashes().items()
        ],
    )
