"""For operators, from Prometheus: whether events flow, how far behind stages are, what they hold and how they recover."""

from typing import Final

from deploy.grafana.board import Board, Row, Section
from deploy.grafana.boards.operations_flow import FLOW, RATE, rates, times
from deploy.grafana.kinds import figure, lines
from deploy.grafana.panel import Column, PromQl

_UP: Final = figure(
    "运行中的进程",
    "Processes up",
    "正在运行的各版本进程数。Processes by version.",
    [PromQl("count by (version) (huishang_build_info)", "{{version}}")],
    width=4,
)
_READY: Final = figure(
    "就绪",
    "Ready",
    "各阶段是否可接受工作：0 表示正在启动、恢复、卡住或等待数据库。0 while a stage starts, recovers, is stuck or waits for a store.",
    [PromQl("min by (stage) (huishang_ready)", "{{stage}}")],
    width=4,
    steps=((None, "red"), (1, "green")),
)
_BEHIND: Final = figure(
    "总积压",
    "Lag of stages",
    "各阶段未处理的记录数（提交位点之后）。Records after the committed offsets, by stage.",
    [PromQl("sum by (stage) (huishang_lag_records)", "{{stage}}")],
    width=4,
    steps=((None, "green"), (10_000, "yellow"), (100_000, "red")),
    graph=True,
)
_COMMITTED: Final = figure(
    "距上次提交",
    "Since the last commit",
    "各阶段距上次提交位点的时间；有积压而长时间不提交，说明阶段卡住。"
    "With lag, a long time without a commit means that a stage stands still.",
    [PromQl("time() - max by (stage) (huishang_last_commit_timestamp_seconds)", "{{stage}}")],
    width=4,
    unit="s",
    steps=((None, "green"), (60, "yellow"), (300, "red")),
)
_DEAD_NOW: Final = figure(
    "死信率",
    "Dead letters",
    "死信占读入事件的比例；超过 HUISHANG_DEAD_LETTER_LIMIT_PCT 时阶段停下。"
    "Share of events answered with a dead letter; past the limit a stage stops.",
    [
        PromQl(
            "sum(rate(huishang_dead_letters_total[15m]))"
            ' / sum(rate(huishang_events_total{stage="intake"}[15m]))',
            "死信 dead",
        )
    ],
    width=4,
    unit="percentunit",
    decimals=2,
    steps=((None, "green"), (0.05, "yellow"), (0.2, "red")),
    graph=True,
)
_CHANNELS_UP: Final = figure(
    "通知渠道",
    "Channels",
    "通知渠道是否可用，及其未处理的预警和报告数。Whether channels take messages.",
    [PromQl("min by (channel) (huishang_channel_up)", "{{channel}}")],
    width=4,
    steps=((None, "red"), (1, "green")),
)

_STATE: Final = [
    Row(
        8,
        [
            lines(
                "持有的标识",
                "Identities held",
                "去重所持有的标识数（16 字节以内一个）。Identities held for deduplication.",
                [PromQl("sum(huishang_state_ids)", "标识 ids")],
                width=8,
            ),
            lines(
                "计数键与事件",
                "Count keys and incidents",
                "持有的计数键（区县、类别、渠道、小时）和事件数。Count keys and incidents held.",
                [
                    PromQl("sum(huishang_state_keys)", "计数键 keys"),
                    PromQl("sum(huishang_state_incidents)", "事件 incidents"),
                    PromQl("max(huishang_state_hours)", "小时 hours"),
                ],
                width=8,
            ),
            lines(
                "进程内存",
                "Memory of processes",
                "各进程常驻内存。Resident memory.",
                [PromQl("process_resident_memory_bytes", "{{instance}}")],
                unit="bytes",
                width=8,
            ),
        ],
    ),
    Row(
        8,
        [
            times(
                "日志追加用时",
                "Journal append times",
                "一条日志记录从追加到被确认的时间。From appending a journal record until it is acknowledged.",
                "huishang_journal_append_duration_seconds",
                [],
                width=8,
            ),
            lines(
                "日志写入",
                "Journal writes",
                "每秒写入日志的字节数与记录数。Bytes and records of the journal a second.",
                [
                    PromQl(f"sum(rate(huishang_journal_bytes_total[{RATE}]))", "字节 bytes"),
                    PromQl(f"sum(rate(huishang_journal_records_total[{RATE}]))", "记录 records"),
                ],
                unit="Bps",
                width=8,
            ),
            lines(
                "被提前放下的事件",
                "Incidents let go early",
                "因超过 HUISHANG_INCIDENTS_MAX 而在 30 天前放下的事件；不为零时应调大。Incidents let go before their 30 days.",
                [
                    PromQl(
                        f"sum(increase(huishang_incidents_evicted_total[{RATE}]))",
                        "事件 incidents",
                    )
                ],
                width=8,
            ),
        ],
    ),
    Row(
        8,
        [
            times(
                "快照用时",
                "Snapshot times",
                "一次快照从首条记录到确认可用的时间。From a snapshot's first record until it is known to be good.",
                "huishang_snapshot_duration_seconds",
                [],
                width=8,
            ),
            lines(
                "快照与其后的日志",
                "Snapshots, and the journal since",
                "各分区最近一次快照的大小（不含标识）与其后日志的大小之和：恢复时要读的量。"
                "Last snapshots, without identities, and entries since then: what a recovery reads.",
                [
                    PromQl("sum(huishang_snapshot_bytes)", "快照 snapshots"),
                    PromQl("sum(huishang_journal_since_snapshot_bytes)", "其后日志 journal since"),
                ],
                unit="bytes",
                stacked=True,
                width=8,
            ),
            lines(
                "恢复用时",
                "Recovery",
                "每个分区最近一次恢复的用时（最长的），与进程启动的次数。"
                "What the last recovery of a partition took, the longest; and starts of processes.",
                [
                    PromQl("max(huishang_recovery_duration_seconds)", "恢复 recovery"),
                    PromQl(f"sum(changes(process_start_time_seconds[{RATE}]))", "启动 starts"),
                ],
                unit="s",
                width=8,
                columns=[Column("启动 starts", unit="short", custom={"axisPlacement": "right"})],
            ),
        ],
    ),
]

_SINK: Final = [
    Row(
        8,
        [
            times(
                "写库用时",
                "Insert times",
                "行交给 ClickHouse 到被确认的时间，含重试。From offering rows to the store until acknowledged, tries included.",
                "huishang_insert_duration_seconds",
                ["table"],
            ),
            rates(
                "写入行数",
                "Rows inserted",
                "每秒写入的行数，按表。Rows inserted a second, by table.",
                "huishang_sink_rows_total",
                ["table"],
                "cps",
            ),
        ],
    ),
    Row(
        8,
        [
            rates(
                "写库重试",
                "Inserts tried again",
                "每秒重试的写入；持续不为零说明 ClickHouse 不可用或繁忙。Further tries: the store is away or busy.",
                "huishang_sink_retries_total",
                ["table"],
                "cps",
                width=8,
            ),
            rates(
                "通知结果",
                "Notices",
                "每秒通知结果，按渠道：送达、稍后、被拒、暂缓、汇总。What channels answered.",
                "huishang_notices_total",
                ["channel", "outcome"],
                "cps",
                width=8,
            ),
            lines(
                "渠道积压",
                "Lag of channels",
                "各渠道未处理的预警和报告。Alerts and digests that a channel has not dealt with.",
                [PromQl("sum by (channel) (huishang_channel_lag_records)", "{{channel}}")],
                width=8,
            ),
        ],
    ),
]

_DECIDED: Final = [
    Row(
        8,
        [
            rates(
                "预警",
                "Alerts raised",
                "每秒发出的预警，按规则和级别。Alerts raised a second, by rule and level.",
                "huishang_alerts_total",
                ["rule", "level"],
                "cps",
                width=8,
            ),
            rates(
                "预警处置",
                "Steps of alerts",
                "每秒处置步骤，按动作和结果。Steps of alerts' lives, by action and verdict.",
                "huishang_alert_steps_total",
                ["action", "verdict"],
                "cps",
                width=8,
            ),
            figure(
                "规则与词表重载",
                "Rules and lexicons reloaded",
                "最近一次采用（ok）或因错误拒绝（refused）的时间；拒绝在后说明文件有错、旧的仍在用。"
                "When a file was last taken into use, or refused for a mistake.",
                [
                    PromQl(
                        f"1000 * max by (outcome) (huishang_{what}_reload_timestamp_seconds)",
                        legend,
                    )
                    for what, legend in (
                        ("rules", "规则 rules {{outcome}}"),
                        ("lexicon", "词表 lexicon {{outcome}}"),
                    )
                ],
                width=8,
                unit="dateTimeFromNow",
            ),
        ],
    ),
]

OPERATIONS: Final = Board(
    "huishang-operations",
    "运行",
    "Operations",
    "各阶段运行情况，来自 Prometheus。How the stages run.",
    [
        Section(
            "总体",
            "Overall",
            [Row(5, [_UP, _READY, _BEHIND, _COMMITTED, _DEAD_NOW, _CHANNELS_UP])],
        ),
        Section("流量", "Flow", FLOW),
        Section("状态、日志与恢复", "State, journal and recovery", _STATE),
        Section("写库与通知", "Store and notices", _SINK),
        Section("规则", "Rules", _DECIDED),
    ],
    picks=(),
    since="now-3h",
    refresh="30s",
    on_store=False,
)
