"""What is fetched is pinned and hashed; its licences are known and allowed; the bill says what runs."""

import json
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.supply.carried import CARRIED
from deploy.supply.licences import (
    BUNDLED,
    READ,
    Unlicensed,
    bundled,
    declared,
    groups,
    licence,
    permitted,
)
from deploy.supply.locks import ROOT, NotLocked, locked, pins
from deploy.supply.page import FILE, page
from deploy.supply.sbom import python, sbom, unlike
from tests.kubernetes.tools import pinned_version

LOCKS = ("runtime", "dev", "bench")
POMS = sorted(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("pom.xml"))
MODS = sorted((ROOT / "tests").rglob("go.mod"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HASH = "--hash=sha256:" + "0" * 64
# On 3.14 some of what runs is not installed any more, and says no licence.
reads_metadata = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="docs/licences.md is written on Python 3.11 to 3.13"
)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_everything_with_hashes(name: str) -> None:
    assert len(locked(name)) > 40


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"six>=1.17 {HASH}", "not pinned"),
        (f"six {HASH}", "not pinned"),
        (f"six==1.* {HASH}", "not pinned"),
        (f"six==1.17.0,<2 {HASH}", "not pinned"),
        ("six==1.17.0", "no hash"),
        ("six==1.17.0 --hash=md5:" + "0" * 32, "is no package"),
        (f"six @ https://files.example/six.whl {HASH}", "not pinned"),
        ("--index-url https://registry.example/simple", "is no package"),
        ("--find-links wheels", "is no package"),
        ("-r other.txt", "is no package"),
    ],
)
def test_a_loose_line_of_a_lock_file_is_refused(line: str, why: str) -> None:
    with pytest.raises(NotLocked, match=why):
        pins(line)


def test_what_runs_is_of_the_same_version_and_hashes_for_developers() -> None:
    assert set(locked("runtime")) <= set(locked("dev"))


@pytest.mark.parametrize("pom", POMS, ids=lambda pom: str(pom.parent.name))
def test_jars_are_of_exact_versions_and_listed_with_their_hashes(pom: Path) -> None:
    tree = ET.parse(pom)
    versions = [node.text or "" for node in tree.findall(".//{*}version")]
    versions += [node.text or "" for node in tree.findall("./{*}properties/*")]
    exact = re.compile(r"\d[\w.]*|\$\{[\w.]+\}|UTF-8")
    assert [version for version in versions if not exact.fullmatch(version)] == []
    assert not tree.findall(".//{*}repository"), "where from is not said here"
    lines = pom.with_name("jars.sha256").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+\.jar", line) for line in lines)
    for one in tree.findall("./{*}dependencies/{*}dependency"):
        assert any(f"  {one.findtext('{*}artifactId')}-" in line for line in lines)


@pytest.mark.parametrize("mod", MODS, ids=lambda mod: str(mod.parent.name))
def test_go_tools_have_their_hashes(mod: Path) -> None:
    text = mod.read_text(encoding="utf-8")
    sums = mod.with_name("go.sum").read_text(encoding="utf-8")
    assert not re.search(r"^\s*(replace|exclude)\b", text, re.MULTILINE)
    required = re.findall(r"^\s+(\S+\.\S+/\S+) (v\S+)", text, re.MULTILINE)
    assert len(required) > 20
    assert [one for one in required if f"{one[0]} {one[1]} h1:" not in sums] == []


def test_the_version_of_a_tool_is_that_of_the_module() -> None:
    assert pinned_version("sigs.k8s.io/kustomize/kustomize/v5").startswith("v5.")


def test_no_lock_file_says_where_from() -> None:
    files = [ROOT / "requirements" / f"{name}.txt" for name in LOCKS]
    files += [pom.with_name("jars.sha256") for pom in POMS]
    files += [mod.with_name(name) for mod in MODS for name in ("go.mod", "go.sum")]
    for file in files:
        assert not re.search(r"https?:|file:|--(extra-)?index", file.read_text(encoding="utf-8"))


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    said = {canonicalize_name(word) for word in re.findall(r"[A-Za-z][\w-]*", text)}
    extras = PROJECT["optional-dependencies"].values()
    given = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    names = {canonicalize_name(Requirement(line).name) for line in given}
    assert sorted(names - said) == []


@reads_metadata
def test_the_page_of_licences_is_as_the_locks_and_the_packages_say() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `make licences`"


@reads_metadata
def test_every_licence_is_allowed() -> None:
    names = {pin.name for group in groups().values() for pin in group}
    assert {name: licence(name) for name in names if not permitted(licence(name))} == {}
    assert [one.name for one in CARRIED if not permitted(one.licence)] == []


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("Apache-2.0", True),
        ("MIT OR GPL-2.0-or-later", True),
        ("BSD-3-Clause AND 0BSD AND Zlib", True),
        ("MPL-2.0 AND (Apache-2.0 OR AGPL-3.0-only)", True),
        ("MPL-2.0 AND AGPL-3.0-only", False),
        ("GPL-3.0-or-later", False),
        ("LGPL-2.1-only", False),
        ("GPL-3.0-only WITH GCC-exception-3.1", False),
    ],
)
def test_an_expression_is_allowed_as_a_whole(expression: str, may: bool) -> None:
    assert permitted(expression) is may


def test_a_package_without_a_licence_is_refused() -> None:
    with pytest.raises(Unlicensed, match="is not installed here"):
        licence("no-such-package")


def test_a_licence_is_read_by_hand_only_where_the_metadata_does_not_say_it() -> None:
    known = {pin.name for pin in locked("dev")}
    for name in READ:
        assert name in known, f"{name} is no dependency any more"
        try:
            assert declared(name) is None, f"{name} says {declared(name)} itself now"
        except PackageNotFoundError:
            assert not any(pin.on(python()) for pin in locked("dev") if pin.name == name)


@reads_metadata
def test_libraries_that_wheels_bring_along_are_listed() -> None:
    installed = {pin.name for pin in locked("dev") if pin.on(python())}
    found = {name: libraries for name in installed if (libraries := bundled(name))}
    assert {"numpy", "scipy"} <= found.keys()
    assert {name: more for name in found if (more := found[name] - BUNDLED.get(name, {}).keys())} == {}  # fmt: skip
    assert BUNDLED.keys() <= installed


def test_what_is_carried_is_there_and_named() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for one in CARRIED:
        assert all((ROOT / file).is_file() for file in one.files)
        assert any(file in notice or f"{Path(file).parent}/" in notice for file in one.files)
    vendored = {str(path.relative_to(ROOT)) for path in ROOT.glob("sinks/board/page/vendor/*")}
    assert vendored == {file for one in CARRIED if "vendor" in one.files[0] for file in one.files}


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(sbom())
    return made


@reads_metadata
def test_the_bill_of_materials_is_valid_and_the_same_each_time() -> None:
    text = sbom()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text == sbom()
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert json.loads(sbom(at))["metadata"]["timestamp"] == "2026-11-23T00:00:00+00:00"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom(at)) is None


@reads_metadata
def test_the_bill_has_what_the_image_installs_and_nothing_else(bill: dict[str, Any]) -> None:
    listed = {
        component["purl"]: component
        for component in bill["components"]
        if component["purl"].startswith("pkg:pypi/") and component["type"] == "library"
    }
    wanted = {
        f"pkg:pypi/{pin.name}@{pin.version}": pin for pin in locked("runtime") if pin.on("3.11")
    }
    assert listed.keys() == wanted.keys()
    assert "pkg:pypi/colorama@0.4.6" not in listed, "on Windows only"
    for purl, component in listed.items():
        (file,) = component["externalReferences"]
        assert {one["content"] for one in file["hashes"]} == set(wanted[purl].hashes)
        assert component["licenses"]
    (numpy,) = (one for one in listed.values() if one["name"] == "numpy")
    assert "libquadmath" in {one["name"] for one in numpy["components"]}
    others = {one["purl"] for one in bill["components"]} - listed.keys()
    assert others == {one.purl for one in CARRIED if one.served}


@reads_metadata
def test_the_bill_says_what_needs_what_and_nothing_of_this_machine(bill: dict[str, Any]) -> None:
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in bill["dependencies"]}
    direct = needs[bill["metadata"]["component"]["bom-ref"]]
    assert any(ref.startswith("pkg:pypi/faust-streaming@") for ref in direct)
    reached, waiting = set(), [bill["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += needs[ref]
    assert {one["bom-ref"] for one in bill["components"]} <= reached, (
        "listed, but needed by nothing"
    )
    hosts = set(re.findall(r"https?://([^/\"]+)", json.dumps(bill)))
    assert hosts == {"cyclonedx.org", "github.com", "pypi.org"}
    assert str(ROOT) not in json.dumps(bill)


@reads_metadata
def test_an_image_that_is_not_as_its_bill_says_is_found() -> None:
    text = sbom()
    right = [f"{pin.name}=={pin.version}" for pin in locked("runtime") if pin.on("3.11")]
    right = [one.replace("pyyaml", "PyYAML") for one in right] + [f"huishang=={PROJECT['version']}"]
    assert unlike(text, right) == []
    other = [one for one in right if not one.startswith("six==")] + ["pip==26.0"]
    assert [one.partition("==")[0] for one in unlike(text, other)] == ["pip", "six"]


def test_the_image_is_of_a_python_that_is_supported() -> None:
    assert python() == "3.11"
    assert PROJECT["requires-python"] == f">={python()}"
    assert distribution("huishang").version == PROJECT["version"]
