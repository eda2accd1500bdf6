"""The duty board's page as files: nothing inline, nothing from outside, every word in both languages."""

import re
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "sinks" / "board" / "page"
VENDORED: Final = PAGE / "vendor"
OURS: Final = sorted(
    path for path in PAGE.rglob("*") if path.is_file() and VENDORED not in path.parents
)
SCRIPTS: Final = [path for path in OURS if path.suffix == ".js"]
WORDS: Final = (PAGE / "words.js").read_text(encoding="utf-8")
# Keys that are made of a name and what follows it: level_1, status_firing …
MADE: Final = (
    *("level_", "status_", "state_", "muted_", "outcome_", "theme_", "log_", "rule_", "unit_"),
    *("is_", "key_", "_help"),
)


class Elements(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.inline += data.strip()


@pytest.fixture(scope="module")
def index() -> Elements:
    elements = Elements()
    elements.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    return elements


def words() -> dict[str, tuple[str, str]]:
    entry = re.compile(r'^  (\w+): \["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\],$', re.MULTILINE)
    return {key: (zh, en) for key, zh, en in entry.findall(WORDS)}


def asked_for() -> Iterator[str]:
    """Keys that the scripts name as they are."""
    for path in SCRIPTS:
        yield from re.findall(r'\bt\(\s*"(\w+)"', path.read_text(encoding="utf-8"))


def test_the_page_has_nothing_inline(index: Elements) -> None:
    assert index.inline == ""
    for tag, attrs in index.found:
        assert "style" not in attrs, tag
        assert not [name for name in attrs if name.startswith("on")], tag


def test_every_file_the_page_names_is_there(index: Elements) -> None:
    named = [attrs.get("src") or attrs.get("href") for _, attrs in index.found]
    files = [name for name in named if name and name.startswith("/page/")]
    assert len(files) >= 7
    for name in files:
        assert (PAGE / name.removeprefix("/page/")).is_file(), name
    for script in SCRIPTS:
        for name in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            assert (PAGE / name).is_file(), f"{script.name} imports {name}"


def test_nothing_comes_from_outside() -> None:
    for path in OURS:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[\w-]+\.\w|@import|url\(", text), path.name
        assert "innerHTML" not in text, path.name
        assert "eval(" not in text, path.name


def test_every_word_is_there_in_both_languages() -> None:
    known = words()
    assert len(known) > 150
    assert len(known) == len(re.findall(r"^  \w+: \[", WORDS, re.MULTILINE))
    assert sorted(set(asked_for()) - set(known)) == []
    for key, (zh, en) in known.items():
        assert zh, key
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en)), key


def test_no_word_is_left_over() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in OURS if path.name != "words.js")
    left = [
        key
        for key in words()
        if not key.startswith(MADE)
        and not key.endswith(MADE)
        and not re.search(rf'["\s{{]{key}["\s:]', text)
    ]
    assert left == []


def test_scripts_keep_to_the_length_of_files() -> None:
    for path in OURS:
        if path.suffix in (".js", ".css", ".html"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.name


def test_what_is_vendored_is_what_was_noted() -> None:
    """Change a vendored file, and its sum in the decision goes with it."""
    note = (ROOT / "docs" / "decisions" / "0018-board-page.md").read_text(encoding="utf-8")
    for path in sorted(VENDORED.iterdir()):
        assert sha256(path.read_bytes()).hexdigest() in note, path.name
