"""When tally's workers have recovered their partitions, and how long that took."""

from collections.abc import Sequence

from bench.site import Worker, wait_until


def recovered_s(workers: Sequence[Worker], partitions: int) -> float:
    """Wait until every partition is recovered and every worker has some; how long that took.

    Seconds from a worker's first partition to its last, of the worker that took longest.
    Readiness does not say it: a worker may be ready while it still recovers.
    """

    def settled() -> bool:
        found = [worker.recoveries() for worker in workers]
        return (
            all(found)
            and len(set().union(*found)) == partitions
            and all(worker.ready() for worker in workers)
        )

    wait_until(settled, "every partition recovered")
    # A partition that two of them recovered belongs to the later one.
    last: dict[int, tuple[float, int]] = {}
    for number, worker in enumerate(workers):
        for partition, (_, ended_s) in worker.recoveries().items():
            last[partition] = max(last.get(partition, (0.0, 0)), (ended_s, number))
    took = []
    for number, worker in enumerate(workers):
        own = [
            span for partition, span in worker.recoveries().items() if last[partition][1] == number
        ]
        if own:
            took.append(max(end for _, end in own) - min(start for start, _ in own))
    return max(took)
