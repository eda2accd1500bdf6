"""What staff call the channels, and which of them are of one kind of source."""

from typing import Final

CHANNEL_NAMES: Final = {
    "other": "其他网络渠道",
    "grid_app": "网格上报",
    "patrol": "巡查",
    "window": "窗口",
    "assigned_from_above": "上级交办",
    "leader_assigned": "领导交办",
    "phone": "热线电话",
    "web": "热线网站",
    "wechat": "热线微信",
    "app": "热线应用",
    "letter": "来信",
    "news": "新闻",
    "forum": "论坛",
    "short_video": "短视频",
    "message_board": "留言板",
}

GRID: Final = frozenset({"grid_app", "patrol", "window", "assigned_from_above", "leader_assigned"})
PUBLIC: Final = frozenset(
    {"news", "forum", "short_video", "message_board"}
)  # the rest: the hotline's
