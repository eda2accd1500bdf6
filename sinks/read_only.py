"""Which SQL others may run on the embedded store: one statement, reading, of our own tables.

The second of two locks. The first is the engine's readonly = 1, which refuses
writes, settings and table functions that reach out. This one refuses what that
leaves open in an embedded engine (INTO OUTFILE, file(), system tables that show
what others run) and says clearly why. The statement is rendered anew from its
tokens, so what was checked is what runs: a comment that two lexers would see
differently never reaches the engine.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from streams.errors import HuishangError

LENGTH_LIMIT: Final = 256 * 1024  # characters of one statement


class Refused(HuishangError):
    """A statement that may not run here; the message says which rule it breaks."""


class Token(NamedTuple):
    """kind: word, quoted (an identifier in quotes), string, number or sign.

    text: as written. spaced: something stood between it and the token before.
    name: without quotes, for words and quoted identifiers.
    """

    kind: str
    text: str
    spaced: bool
    name: str = ""

    @property
    def lower(self) -> str:
        return self.name.lower() if self.kind == "word" else ""


_LEXEMES: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|\#[\ !][^\n]*)
    | (?P<block>/\*)
    | (?P<string>'(?:[^'\\]|\\.|'')*+'|\$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>`(?:[^`\\]|\\.|``)*+`|"(?:[^"\\]|\\.|"")*+")
    | (?P<number>(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>->|::|\|\||<=>|<=|>=|<>|!=|==|[-+*/%()\[\]{},.;:?=<>@|])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGES: Final = re.compile(r"/\*|\*/")
_ESCAPED: Final = re.compile(r"\\(.)|(``|\"\")", re.DOTALL)
_FIRST_WORD: Final = re.compile(r"\s*([A-Za-z]+)")
_PLAIN_NAME: Final = re.compile(r"^\w+$")

_HEADS: Final = frozenset({"select", "with", "show", "describe", "desc", "exists", "explain", "("})
_EXPECTED: Final = "expected SELECT, SHOW, DESCRIBE, EXISTS or EXPLAIN"
# Word after SHOW → what may follow; empty: anything.
_SHOW: Final[Mapping[str, frozenset[str]]] = {
    "create": frozenset({"table", "view", "database"}),
    "full": frozenset({"tables", "columns"}),
    **dict.fromkeys(
        ("tables", "databases", "columns", "index", "indexes", "keys", "functions"), frozenset()
    ),
}
_EXPLAIN: Final = frozenset({"ast", "syntax", "query", "tree", "plan", "pipeline", "estimate"})

# Table functions that make rows out of nothing or out of the query itself. All others reach
# files, networks, processes or tables whose names the check does not see.
_TABLE_FUNCTIONS: Final = frozenset(
    {"numbers", "numbers_mt", "zeros", "zeros_mt", "generateseries", "generate_series"}
    | {"values", "view", "null", "format"}
)
# Functions that read files or certificates, load libraries, call models or show a request.
_FUNCTIONS: Final = frozenset(
    {"file", "catboostevaluate", "evalmlmethod", "showcertificate", "getclienthttpheader"}
    | {"addresstoline", "addresstosymbol", "addresstolinewithinlines", "reversednsquery"}
    | {"currentrequesturl", "getserversetting", "getmacro", "chdb", "fuzzquery"}
)
_MODEL_FUNCTION: Final = re.compile(r"^ai[A-Z]\w*$|^AI[A-Z]\w*$")

# Tables of the engine about what is in the store, and what drivers ask for when they connect.
_SYSTEM_TABLES: Final = frozenset(
    {"one", "numbers", "numbers_mt", "zeros", "tables", "columns", "databases", "settings"}
    | {"functions", "formats", "data_type_families", "table_engines", "table_functions"}
    | {"collations", "time_zones", "keywords", "completions", "build_options", "contributors"}
    | {"licenses", "parts", "parts_columns", "data_skipping_indices", "constraints", "views"}
    | {"metrics", "events", "asynchronous_metrics", "errors", "mutations", "merges"}
)
_AFTER_THESE_A_TABLE: Final = frozenset(
    {"from", "join", "table", "exists", "describe", "desc", "in", "view", "database"}
)


def checked(sql: str, table_functions: frozenset[str]) -> str:
    """The statement as it may run, without comments.

    table_functions: lower-case names of all the engine has, of system.table_functions.
    Raises Refused with the reason.
    """
    # Said before the rest is read: behind an INSERT there may be rows instead of SQL.
    if (head := _FIRST_WORD.match(sql)) and head.group(1).lower() not in _HEADS:
        raise Refused(f"got {head.group(1)}; {_EXPECTED}")
    tokens = tokenized(sql)
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens:
        raise Refused("got an empty statement; expected a SELECT")
    if any(token.text == ";" for token in tokens):
        raise Refused("got several statements; expected one")
    _check_head(tokens)
    _check_outfile(tokens)
    for place in range(len(tokens)):
        _check_call(tokens, place, table_functions)
        _check_system(tokens, place)
        _check_table_name(tokens, place)
        _check_parameter(tokens, place)
    return rendered(tokens)


def tokenized(sql: str) -> list[Token]:
    """Tokens of a statement in ClickHouse's grammar, comments and spaces left out.

    >>> [token.text for token in tokenized("SELECT 'a;--' /* ; */ FROM `t`")]
    ['SELECT', "'a;--'", 'FROM', '`t`']
    """
    if len(sql) > LENGTH_LIMIT:
        raise Refused(f"got {len(sql)} characters; expected {LENGTH_LIMIT} at most")
    tokens: list[Token] = []
    place, spaced = 0, False
    while place < len(sql):
        match = _LEXEMES.match(sql, place)
        if match is None:
            raise Refused(
                f"got {sql[place]!r} at position {place + 1}, outside quotes or in quotes left "
                "open; put names other than a-z, 0-9 and _ into `…`"
            )
        # Of named groups, lastgroup is the outer one that closed last.
        kind, text = str(match.lastgroup), match.group()
        place = _end_of_block(sql, match.end()) if kind == "block" else match.end()
        if kind in ("space", "comment", "block"):
            spaced = True
            continue
        names = {"word": text, "quoted": _unquoted(text)}
        tokens.append(Token(kind, text, spaced, names.get(kind, "")))
        spaced = False
    return tokens


def rendered(tokens: Sequence[Token]) -> str:
    """The statement, one space wherever spaces or comments stood.

    >>> rendered(tokenized("SELECT  a.b/* c */FROM t -- d"))
    'SELECT a.b FROM t'
    """
    return "".join((" " if token.spaced else "") + token.text for token in tokens).strip()


def _end_of_block(sql: str, place: int) -> int:
    """Block comments nest, as in the engine; one left open hides the rest."""
    depth = 1
    while depth:
        edge = _BLOCK_EDGES.search(sql, place)
        if edge is None:
            raise Refused("got a comment left open; expected */")
        depth += 1 if edge.group() == "/*" else -1
        place = edge.end()
    return place


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(lambda found: found.group(1) or found.group(2)[0], text[1:-1])


def _check_head(tokens: Sequence[Token]) -> None:
    head = tokens[0].lower or tokens[0].text
    second = tokens[1].lower if len(tokens) > 1 else ""
    if head not in _HEADS:
        raise Refused(f"got {tokens[0].text}; {_EXPECTED}")
    if head == "show" and second not in _SHOW:
        raise Refused(f"got SHOW {second.upper()}; expected SHOW TABLES, COLUMNS, CREATE TABLE …")
    third = tokens[2].lower if len(tokens) > 2 else ""
    if head == "show" and third not in (_SHOW[second] or {third}):
        raise Refused(f"got SHOW {second.upper()} {third.upper()}; it is not for readers")
    if head == "explain":
        _check_explain(tokens)
    if head == "(" and not any(token.lower in ("select", "with") for token in tokens):
        raise Refused("got brackets without SELECT; expected a SELECT")


def _check_explain(tokens: Sequence[Token]) -> None:
    """EXPLAIN, what of, options as name = value, then a SELECT."""
    rest = tokens[1:]
    while rest and rest[0].lower in _EXPLAIN:
        rest = rest[1:]
    while len(rest) > 3 and rest[1].text == "=":
        rest = rest[4:] if rest[3].text == "," else rest[3:]
    if not rest or (rest[0].lower or rest[0].text) not in ("select", "with", "("):
        raise Refused("got EXPLAIN of something else; expected EXPLAIN … SELECT")


def _check_outfile(tokens: Sequence[Token]) -> None:
    words = [token.lower for token in tokens]
    if "outfile" in words or "infile" in words:
        raise Refused("got OUTFILE or INFILE; results are only sent back over HTTP")


def _check_call(tokens: Sequence[Token], place: int, table_functions: frozenset[str]) -> None:
    token = tokens[place]
    called = place + 1 < len(tokens) and tokens[place + 1].text == "("
    if not called or token.kind not in ("word", "quoted"):
        return
    name = token.name.lower()
    reaches_out = name in table_functions and name not in _TABLE_FUNCTIONS
    if reaches_out or name in _FUNCTIONS or _MODEL_FUNCTION.match(token.name):
        raise Refused(f"got {token.name}(…); it reaches outside the store's own tables")


def _check_system(tokens: Sequence[Token], place: int) -> None:
    token = tokens[place]
    if token.name.lower() != "system" or token.kind not in ("word", "quoted"):
        return
    dotted = place + 2 < len(tokens) and tokens[place + 1].text == "."
    if dotted and tokens[place + 2].name.lower() not in _SYSTEM_TABLES:
        raise Refused(f"got system.{tokens[place + 2].name}; it may show what others do or own")


def _check_table_name(tokens: Sequence[Token], place: int) -> None:
    """An embedded engine takes a table it does not know for a file of that name."""
    token = tokens[place]
    before = tokens[place - 1] if place else token
    if before.lower not in _AFTER_THESE_A_TABLE and before.text != ".":
        return
    if token.kind == "quoted" and not _PLAIN_NAME.match(token.name):
        raise Refused(f"got {token.text}; expected a table's name")
    if token.kind == "string" and before.lower in _AFTER_THESE_A_TABLE - {"in"}:
        raise Refused(f"got {token.text}; expected a table's name, not a string")


def _check_parameter(tokens: Sequence[Token], place: int) -> None:
    """{name:Identifier} would let a parameter name what this check never saw."""
    if tokens[place].text == "{" and any(
        token.lower == "identifier" for token in tokens[place : place + 4]
    ):
        raise Refused("got a parameter of type Identifier; write names into the statement")
