"""Cases as they cross inside: updates on their way to tally, and as rows for the store."""

from typing import Final

from msgspec import Struct


class CaseStep(Struct, array_like=True, gc=False):
    """One accepted case update, as its contract (CaseUpdate) has it.

    merged_into: the case that goes on in its place. contacted_s, solved,
    satisfaction: of the call back; contacted_s is 0 when there was none.
    """

    identity: int
    origin: int
    county: str
    case_id: str
    version: int
    status: str
    level: int
    reported_s: int
    owner_org: str = ""
    deadline_s: int = 0
    offset: int = -1
    merged_into: str = ""
    deadline_class: str = ""
    contacted_s: int = 0
    solved: bool = False
    satisfaction: int = 0
    plan: bool = False
    action: bool = False
    whistle_step: str = ""


class CaseRow(Struct, array_like=True, gc=False):
    """A case as it stands.

    case_version, status, level, updated_s, merged_into: of the update that stands, which is
    that of the highest version. owner_org, deadline_s, deadline_class, whistle_step: as last
    said. due_s: when it is to be closed by the limit that holds; 0 if none does. closed_s: 0
    while it is open. stars: 5 … 0. flagged: updates out of the usual way. reopened: how often.
    """

    county: str
    case_id: str
    case_version: int
    status: str
    level: int
    updated_s: int
    owner_org: str = ""
    deadline_s: int = 0
    merged_into: str = ""
    found_s: int = 0
    closed_s: int = 0
    due_s: int = 0
    deadline_class: str = ""
    stars: int = 5
    flagged: int = 0
    reopened: int = 0
    whistle_step: str = ""


class CaseStepRow(Struct, array_like=True, frozen=True, gc=False):
    """One update of a case, and what is thought of it. step: a hash of all it says."""

    county: str
    case_id: str
    case_version: int
    step: int
    status: str
    level: int
    reported_s: int
    owner_org: str
    verdict: str
    stars: int


# What is counted of cases per day, in the order of CaseDayRow.measures.
MEASURES: Final = (
    "found",
    "closed",
    "resolved",
    "verified",
    "reopened",
    "found_closed",
    "found_resolved",
    "found_verified",
    "due",
    "on_time",
    "response_due",
    "responded",
    "called_back",
    "solved",
    "satisfied",
)


class CaseDayRow(Struct, array_like=True, gc=False):
    """Cases of a county, level and owner on one day. day: local, days since 1970."""

    county: str
    level: int
    owner_org: str
    day: int
    measures: list[int]
