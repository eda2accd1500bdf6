"""Where figures turn into findings: disks, clocks, certificates."""

from datetime import datetime
from typing import Final

from cli.doctor.findings import Finding, ok, problem, warning

_GIB: Final = 1 << 30
_CLOCK_WARNING_S: Final = 2.0
_CLOCK_PROBLEM_S: Final = 60.0
_CERTIFICATE_WARNING_DAYS: Final = 30
_NTP: Final = "timedatectl  (on both machines: is the clock synchronised?)"


def disk(check: str, where: str, free_bytes: int, total_bytes: int) -> Finding:
    """A problem below 2 % and 2 GiB, a warning below 10 % and 20 GiB.

    >>> disk("disk", "/data", 1 << 30, 100 << 30).verdict.value
    'problem'
    >>> disk("disk", "/tmp", 60 << 20, 64 << 20).said
    '/tmp: 0.1 of 0.1 GiB free (94 %)'
    """
    share = free_bytes / total_bytes if total_bytes else 1.0
    said = f"{where}: {free_bytes / _GIB:.1f} of {total_bytes / _GIB:.1f} GiB free ({share:.0%})"
    said = said.replace("%)", " %)")
    if share < 0.02 and free_bytes < 2 * _GIB:
        return problem(check, f"{said}; expected 10 %", f"df -h {where}  (then make room)")
    if share < 0.10 and free_bytes < 20 * _GIB:
        return warning(check, f"{said}; expected 10 %", f"df -h {where}  (then make room)")
    return ok(check, said)


def clock(check: str, whose: str, ahead_s: float, unsure_s: float = 0.0) -> Finding:
    """ahead_s: of this machine's clock, negative if behind. unsure_s: half of what asking took.

    >>> clock("clock", "ClickHouse", 0.2, 0.1).said
    'the clocks of ClickHouse and of this machine agree to 0.3 s'
    >>> clock("clock", "ClickHouse", -90.0, 0.1).verdict.value
    'problem'
    """
    certain_s = abs(ahead_s) - unsure_s
    if certain_s <= _CLOCK_WARNING_S:
        most_s = max(abs(ahead_s) + unsure_s, 0.1)
        return ok(check, f"the clocks of {whose} and of this machine agree to {most_s:.1f} s")
    way = "ahead of" if ahead_s > 0 else "behind"
    said = (
        f"the clock of {whose} is {abs(ahead_s):.1f} s {way} this machine's; "
        f"expected {_CLOCK_WARNING_S:g} s at most"
    )
    make = problem if certain_s > _CLOCK_PROBLEM_S else warning
    return make(check, said, _NTP)


def certificate(check: str, whose: str, ends: datetime, now: datetime) -> Finding:
    """A certificate that is trusted now; ends: when it no longer will be."""
    days = (ends - now).total_seconds() / 86_400
    said = f"the certificate of {whose} ends on {ends:%Y-%m-%d}"
    if days < _CERTIFICATE_WARNING_DAYS:
        return warning(
            check,
            f"{said}, in {max(days, 0):.0f} days",
            f"have the authority that signed it sign another, and give it to {whose}",
        )
    return ok(check, said)
