"""Makes addresses at house-number level in the forms people write."""

import random

from agents.redaction.lexicon import words
from tests.redaction.items import WIDE, Item, chinese

_AREAS = [
    "张掖市甘州区",
    "甘肃省张掖市甘州区",
    "成都市武侯区",
    "四川省达州市达川区",
    "上海市浦东新区",
    "北京市朝阳区",
    "广州市天河区石牌街道",
    "河南省周口市沈丘县",
    "湖南长沙",
    "苏州工业园区",
    "山丹县清泉镇",
    "临泽县",
    "西安市雁塔区",
    "南宁市青秀区",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
]
_ESTATES = words(
    "金都花园 滨河小区 祁连嘉园 明珠苑 丹霞家园 盛世华府 学府公寓 东关新村 西城国际 甘泉家属院 碧桂园 万科城 恒大绿洲 阳光水岸 紫金山庄 锦绣江南 御景湾 "
    "华润二期 兰亭序 保利香槟 建设小区 电厂家属院 和谐家园 名门世家 中央公馆 翡翠城 玫瑰园 龙湖天街 安居苑小区 水岸名都"
)
_ROADS = words(
    "环城西路 南大街 县府街 解放路 滨河大道 马神庙街 昭武东路 民主西街 人民南路 中山北路 长安大道 建设路 北环路 友谊路 科技二路 学府街 胜利东街 富民路 "
    "新华南街 张衡路"
)
_VILLAGES = words(
    "甘泉村 上秦村 下安村 流泉村 王家庄村 红光村 李家湾村 新民村 大满村 二十里堡村 柳树营村 石桥村 马家屯 张家寨 高坪村 三道沟村"
)
_LANES = words("小南巷 税亭巷 劳动巷 甜水巷 槐树胡同 砖塔胡同 南锣鼓巷 益民里 永安里 吉庆巷 老城弄")
_SMALL = "一二三四五六七八九十"


def _room(draw: random.Random) -> str:
    return f"{draw.randint(1, 28)}0{draw.randint(1, 8)}"


def _flat(draw: random.Random) -> str:
    """Building, unit and room."""
    n, u, r = draw.randint(1, 39), draw.randint(1, 6), _room(draw)
    floor = draw.randint(1, 18)
    return draw.choice(
        [
            f"{n}号楼{u}单元{r}室",
            f"{n}号楼{u}单元{r}",
            f"{n}栋{u}单元{r}",
            f"{n}栋{u}单元{r}号",
            f"{n}幢{r}室",
            f"{n}幢{u}单元{r}室",
            f"{n}-{u}-{r}",
            f"{n}—{u}—{r}",
            f"{n}－{u}－{r}",
            f"{n}#{r}",
            f"{n}#-{u}-{r}",
            f"{n}#楼{u}单元{r}",
            f"{n}号楼{r}",
            f"{n}号楼{r}室",
            f"{n}栋{r}",
            f"{n}栋{r}房",
            f"{draw.choice(_SMALL)}号楼{draw.choice(_SMALL)}单元{chinese(draw, r)}室",
            f"{draw.choice(_SMALL)}栋{draw.choice(_SMALL)}单元{r}",
            f"{draw.choice('ABCD')}座{r}室",
            f"{draw.choice('ABCD')}座{r}",
            f"{draw.choice('ABCD')}{draw.randint(1, 9)}栋{r}室",
            f"{draw.choice('ABCD')}区{n}栋{u}单元{r}",
            f"{n}栋{u}单元{draw.choice(['东', '西'])}户",
            f"{n}号楼{u}单元{floor}楼{draw.choice(['东户', '西户', '中户'])}",
            f"{n}号楼{u}单元{floor}楼{r}室",
            f"{n}栋{u}单元{floor}层{r}",
            f"{n}座{floor}层{r}室",
            f"{n}排{draw.randint(1, 20)}号",
            f"{n} 号楼 {u} 单元 {r} 室",
            f"{n}号楼，{u}单元，{r}室",
            f"{n}栋{u}门{r}",
            f"{n}号{r}室",
        ]
    )


def home(draw: random.Random) -> Item:
    """A home; province to town, the estate's and the road's name may stay."""
    area = draw.choice(_AREAS)
    number = str(draw.randint(2, 899))
    estate, road, village, lane = (
        draw.choice(_ESTATES),
        draw.choice(_ROADS),
        draw.choice(_VILLAGES),
        draw.choice(_LANES),
    )
    group = draw.choice([draw.choice(_SMALL), str(draw.randint(1, 12)), f"第{draw.choice(_SMALL)}"])
    kind = draw.choices(words("estate road both lane village bare"), [46, 14, 12, 8, 14, 6])[0]
    if kind == "estate":
        before, must = f"{area}{estate}", _flat(draw)
    elif kind == "road":
        before = f"{area}{road}"
        must = draw.choice(
            [
                f"{number}号",
                f"{number}号",
                f"{number}-{draw.randint(1, 9)}号",
                f"{number}号附{draw.randint(1, 9)}号",
                f"{number}号院",
                f"附{draw.randint(1, 60)}号",
                f"{number}号{_flat(draw)}",
                f"{number} 号",
                f"{number}弄{draw.randint(1, 90)}号{_room(draw)}室",
            ]
        )
    elif kind == "both":
        before, must = f"{area}{road}", f"{number}号{estate}{_flat(draw)}"
    elif kind == "lane":
        before, must = (
            f"{area}{lane}",
            draw.choice(
                [
                    f"{draw.randint(1, 120)}号",
                    f"{draw.randint(1, 120)}号院{draw.randint(1, 9)}室",
                    f"甲{draw.randint(1, 60)}号",
                ]
            ),
        )
    elif kind == "village":
        before = f"{area}{village}"
        must = draw.choice(
            [
                f"{group}组{draw.randint(1, 150)}号",
                f"{group}社{draw.randint(1, 150)}号",
                f"{draw.randint(1, 300)}号",
                f"{group}队{draw.randint(1, 90)}号",
                f"{group}组{draw.randint(1, 150)}户",
                f"村民小组{group}组{draw.randint(1, 90)}号",
            ]
        )
        if must.startswith("村民小组第"):
            must = must[4:]
    else:
        n, u = draw.randint(1, 39), draw.randint(1, 6)
        before, must = (
            "",
            draw.choice(
                [
                    f"{n}-{u}-{_room(draw)}",
                    f"{n}#{_room(draw)}",
                    f"{n}栋{u}单元{_room(draw)}",
                    f"{n}号楼{u}单元{_room(draw)}室",
                    f"{u}单元{_room(draw)}室",
                    f"{n}栋{_room(draw)}室",
                ]
            ),
        )
    if draw.random() < 0.05:
        must = must.translate(WIDE)
    return Item("住址", must, before=before)
