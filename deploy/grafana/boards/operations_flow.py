"""For operators: what the boards of lag, throughput and dead letters show, and the panels that rates and times share."""

from collections.abc import Sequence
from typing import Final

from deploy.grafana.board import Row
from deploy.grafana.kinds import lines
from deploy.grafana.panel import Panel, PromQl

RATE: Final = "$__rate_interval"


def rates(
    title: str, english: str, about: str, metric: str, by: Sequence[str], unit: str, width: int = 12
) -> Panel:
    """How fast a counter grows, by labels."""
    labels = ", ".join(by)
    legend = " ".join(f"{{{{{label}}}}}" for label in by)
    expression = f"sum by ({labels}) (rate({metric}[{RATE}]))"
    return lines(title, english, about, [PromQl(expression, legend)], unit=unit, width=width)


def times(
    title: str, english: str, about: str, metric: str, by: Sequence[str], width: int = 12
) -> Panel:
    """Median and 99th percentile of a histogram of durations, by labels."""
    labels = ", ".join(["le", *by])
    legend = " ".join(f"{{{{{label}}}}}" for label in by)
    questions = [
        PromQl(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[{RATE}])))",
            f"{legend} {name}".strip(),
        )
        for share, name in ((0.5, "p50"), (0.99, "p99"))
    ]
    return lines(title, english, about, questions, unit="s", width=width)


FLOW: Final = [
    Row(
        8,
        [
            rates(
                "吞吐",
                "Throughput",
                "各阶段每秒处理的事件数；崩溃后重复交付的会再计一次，精确数见 ClickHouse。"
                "Events a second; what is delivered again after a crash counts again.",
                "huishang_events_total",
                ["stage", "stream"],
                "eps",
            ),
            lines(
                "积压",
                "Lag",
                "各阶段、主题在提交位点之后的记录数。Records after the committed offset, by stage and topic.",
                [PromQl("sum by (stage, topic) (huishang_lag_records)", "{{stage}} {{topic}}")],
            ),
        ],
    ),
    Row(
        8,
        [
            times(
                "批处理用时",
                "Batch times",
                "一批事件从交付到其输出被代理确认的时间。From a batch's delivery until its outputs are acknowledged.",
                "huishang_batch_duration_seconds",
                ["stage"],
            ),
            lines(
                "每批事件数",
                "Events in a batch",
                "平均每批事件数；批越大越省。Mean number of events in a batch.",
                [
                    PromQl(
                        f"sum by (stage) (rate(huishang_batch_events_sum[{RATE}]))"
                        f" / sum by (stage) (rate(huishang_batch_events_count[{RATE}]))",
                        "{{stage}}",
                    )
                ],
            ),
        ],
    ),
    Row(
        8,
        [
            times(
                "发送用时",
                "Send times",
                "输出发往主题到被全部确认的时间。From sending outputs until the broker has acknowledged them.",
                "huishang_send_duration_seconds",
                ["topic"],
            ),
            rates(
                "死信",
                "Dead letters",
                "每秒死信数，按来源流和原因。Dead letters a second, by stream and reason.",
                "huishang_dead_letters_total",
                ["stream", "reason"],
                "cps",
            ),
        ],
    ),
    Row(
        8,
        [
            rates(
                "重复",
                "Duplicates",
                "每秒因 source 与 id 见过而丢弃的事件。Events dropped because their source and id were seen.",
                "huishang_duplicates_total",
                ["stream"],
                "cps",
                width=8,
            ),
            rates(
                "判类依据",
                "What decided the category",
                "每秒报告数，按类别由什么判定：词表、模型、上报、无。Reports by what decided their category.",
                "huishang_categories_total",
                ["decided_by"],
                "cps",
                width=8,
            ),
            rates(
                "与上报类别",
                "Declared categories",
                "上报类别与判定一致、不同、未知的每秒数。Whether declared categories agree with ours.",
                "huishang_declared_total",
                ["verdict"],
                "cps",
                width=8,
            ),
        ],
    ),
]
