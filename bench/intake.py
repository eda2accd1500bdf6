"""The row `intake`: intake alone, from its first pack on `reports` to its last."""

from bench.pipeline import done_by
from bench.rows import Row, rate_of
from bench.site import Lab, wait_until
from streams import packs
from streams.topics import REPORTS


def measure(lab: Lab) -> Row:
    with lab.site() as site:
        lab.publish_calls(site)
        with site.worker("intake") as intake:
            before_s = intake.cpu_s()
            wait_until(lambda: done_by([intake]) >= lab.events, "every event taken in")
            cpu_s = intake.cpu_s() - before_s
            rss_mib = intake.rss_mib()
        log = site.log_of(REPORTS)
    curve, done = [], 0
    for record in log:
        done += len(packs.decode_pack(record.value).reports)
        curve.append((record.timestamp, done))
    return {
        "events_per_s": rate_of(curve),
        "cpu_us_per_event": cpu_s * 1e6 / lab.events,
        "rss_mib": rss_mib,
        "pack_bytes_per_event": sum(len(record.value) for record in log) / lab.events,
    }
