"""What staff call the levels and statuses of alerts."""

from typing import Final

LEVEL_NAMES: Final = {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"}
STATUS_NAMES: Final = {
    "firing": "待确认",
    "acknowledged": "已确认",
    "assigned": "已交办",
    "escalated": "已提级",
    "closed": "已办结",
}
