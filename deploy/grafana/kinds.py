"""The kinds of panels that the boards are made of: figures, lines, bars, tables, matrices, maps."""

from collections.abc import Sequence
from typing import Any, Final

from deploy.grafana.panel import DUTY_BOARD, Column, Json, Panel, PromQl, Sql, thresholds

Questions = Sequence[Sql | PromQl]
Steps = Sequence[tuple[float | None, str]]

GREEN: Final = "green"
# What views call the levels → what is shown, and its colour.
LEVELS: Final = {
    "红色": ("红 red", "dark-red"),
    "橙色": ("橙 orange", "orange"),
    "黄色": ("黄 yellow", "yellow"),
    "蓝色": ("蓝 blue", "blue"),
}
PLAIN: Final[Steps] = ((None, "text"),)
_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_TOOLTIP: Final = {"mode": "multi", "sort": "desc", "hideZeros": True}


def figure(
    title: str,
    english: str,
    about: str,
    question: Sql | Sequence[PromQl],
    *,
    width: int = 4,
    unit: str = "short",
    decimals: int | None = 0,
    steps: Steps = PLAIN,
    columns: Sequence[Column] = (),
    graph: bool = False,
) -> Panel:
    """Large figures; each numeric column of the answer is one. graph: over a line of its past."""
    return Panel(
        "stat",
        title,
        english,
        about,
        width,
        [question] if isinstance(question, Sql) else question,
        unit,
        options={
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "value",
            "graphMode": "area" if graph else "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "auto",
            "wideLayout": True,
            "percentChangeColorMode": "standard",
            "showPercentChange": False,
        },
        defaults={
            "color": {"mode": "thresholds"},
            "thresholds": thresholds(steps),
            "decimals": decimals,
            "links": [],
        },
        columns=columns,
    )


def lines(
    title: str,
    english: str,
    about: str,
    questions: Questions,
    *,
    width: int = 12,
    unit: str = "short",
    stacked: bool = False,
    bars: bool = False,
    columns: Sequence[Column] = (),
    interval: str = "",
    least: float | None = 0,
    most: float | None = None,
    decimals: int | None = None,
) -> Panel:
    """Series over time. stacked, bars: how. least, most: of the axis."""
    custom: Json = {
        "drawStyle": "bars" if bars else "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 70 if bars else (25 if stacked else 0),
        "showPoints": "auto",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "axisPlacement": "auto",
        "axisBorderShow": False,
    }
    defaults: Json = {"color": {"mode": "palette-classic"}, "custom": custom}
    defaults |= {} if least is None else {"min": least}
    defaults |= {} if most is None else {"max": most}
    defaults |= {} if decimals is None else {"decimals": decimals}
    return Panel(
        "timeseries",
        title,
        english,
        about,
        width,
        questions,
        unit,
        options={"legend": _LEGEND, "tooltip": _TOOLTIP},
        defaults=defaults,
        columns=columns,
        interval=interval,
    )


def bars(
    title: str,
    english: str,
    about: str,
    question: Sql | PromQl,
    *,
    over: str,
    width: int = 12,
    unit: str = "short",
    stacked: bool = False,
    lying: bool = False,
    columns: Sequence[Column] = (),
) -> Panel:
    """One bar, or one stack of bars, for each row. over: the column that names it."""
    return Panel(
        "barchart",
        title,
        english,
        about,
        width,
        [question],
        unit,
        options={
            "xField": over,
            "orientation": "horizontal" if lying else "vertical",
            "stacking": "normal" if stacked else "none",
            "showValue": "auto",
            "barWidth": 0.85,
            "barRadius": 0,
            "fullHighlight": False,
            "groupWidth": 0.7,
            "xTickLabelMaxLength": 0,
            "xTickLabelRotation": 0,
            "legend": _LEGEND,
            "tooltip": _TOOLTIP,
        },
        defaults={
            "color": {"mode": "palette-classic"},
            "custom": {"fillOpacity": 80, "lineWidth": 0, "axisPlacement": "auto"},
            "min": 0,
        },
        columns=columns,
    )


def table(
    title: str,
    english: str,
    about: str,
    questions: Questions,
    *,
    width: int = 24,
    unit: str = "short",
    columns: Sequence[Column] = (),
    changes: Sequence[Json] = (),
) -> Panel:
    """Rows. Columns that are not told of are shown under their own names."""
    return Panel(
        "table",
        title,
        english,
        about,
        width,
        questions,
        unit,
        options={"showHeader": True, "cellHeight": "sm", "frameIndex": 0},
        defaults={
            "custom": {"align": "auto", "filterable": False, "cellOptions": {"type": "auto"}},
        },
        columns=columns,
        changes=changes,
    )


def matrix(
    title: str,
    english: str,
    about: str,
    question: Sql,
    *,
    row: str,
    column: str,
    value: str,
    width: int = 24,
    unit: str = "short",
    steps: Steps,
    words: dict[str, tuple[str, str]] | None = None,
    empty: str = "null",
) -> Panel:
    """A coloured table: a cell for each row and column of the answer's (row, column, value)."""
    corner = f"{row}\\{column}"
    mappings: list[Any] = []
    if words:
        mappings.append(
            {
                "type": "value",
                "options": {
                    key: {"text": text, "color": colour, "index": at}
                    for at, (key, (text, colour)) in enumerate(words.items())
                },
            }
        )
    return Panel(
        "table",
        title,
        english,
        about,
        width,
        [question],
        unit,
        options={"showHeader": True, "cellHeight": "sm", "frameIndex": 0},
        defaults={
            "custom": {
                "align": "center",
                "filterable": False,
                "minWidth": 50,
                "cellOptions": {"type": "color-background", "mode": "basic"},
            },
            "color": {"mode": "thresholds"},
            "thresholds": thresholds(steps),
            "mappings": mappings,
        },
        columns=[
            Column(corner, "区县 County", width=180, cell={"type": "auto"}),
        ],
        changes=[
            {
                "id": "groupingToMatrix",
                "options": {
                    "columnField": column,
                    "rowField": row,
                    "valueField": value,
                    "emptyValue": empty,
                },
            }
        ],
    )


def county_map(
    title: str,
    english: str,
    about: str,
    question: Sql,
    *,
    size: str,
    colour: str,
    label: str,
    width: int = 12,
    columns: Sequence[Column] = (),
    steps: Steps,
) -> Panel:
    """Circles at positions, named; columns latitude and longitude. Nothing is fetched for it.

    The background is an empty layer of Grafana's own: maps of tiles come from outside,
    and not every map of China may be shown in an office. docs/boards.md says how to set one.
    """
    style = {
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "size": {"field": size, "fixed": 8, "min": 8, "max": 40},
        "color": {"field": colour, "fixed": "dark-green"},
        "opacity": 0.7,
        "text": {"mode": "field", "field": label, "fixed": ""},
        "textConfig": {"fontSize": 12, "offsetX": 0, "offsetY": 0, "textAlign": "center"},
        "rotation": {"mode": "mod", "fixed": 0, "min": -360, "max": 360},
    }
    return Panel(
        "geomap",
        title,
        english,
        about,
        width,
        [question],
        options={
            "basemap": {
                "type": "markers",
                "name": "background",
                "config": {"showLegend": False},
                "filterData": {"id": "byRefId", "options": "none"},
                "location": {"mode": "auto"},
                "tooltip": False,
            },
            "layers": [
                {
                    "type": "markers",
                    "name": title,
                    "config": {"showLegend": True, "style": style},
                    "location": {
                        "mode": "coords",
                        "latitude": "latitude",
                        "longitude": "longitude",
                    },
                    "tooltip": True,
                }
            ],
            "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "padding": 15, "zoom": 9},
            "controls": {"showZoom": True, "mouseWheelZoom": True, "showAttribution": True},
            "tooltip": {"mode": "details"},
        },
        defaults={
            "color": {"mode": "thresholds"},
            "thresholds": thresholds(steps),
            "links": [{"title": "值班面板 Duty board", "url": DUTY_BOARD, "targetBlank": True}],
        },
        columns=columns,
    )
