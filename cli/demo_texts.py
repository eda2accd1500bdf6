"""What people write in the demo's day: sentences per category, places, invented personal data."""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Final

# Category → what is said of a place. Each sentence names its matter plainly, so that
# the category it gets is known beforehand.
SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "D01": ("{place}一对夫妻闹离婚，为抚养费争执不下", "{place}村民反映离婚后前夫拒付抚养费"),
    "D02": ("{place}两户邻居因院墙滴水发生邻里纠纷", "{place}居民与邻居因楼上漏水多次争吵"),
    "D03": ("{place}村民因宅基地被占、建房越界发生争议", "{place}一户反映邻村占用其宅基地"),
    "D04": ("{place}商户称对方违约，合同纠纷至今未解决", "{place}承揽合同已到期，对方拒付违约金"),
    "D05": ("{place}合伙人因合伙经营分红发生纠纷", "{place}两名合伙人因经营亏损、股权转让争执"),
    "D06": ("{place}村民被狗咬伤，要求赔偿医药费", "{place}居民被高空坠物砸伤，要求人身损害赔偿"),
    "D07": ("{place}村民因承包地地界发生土地纠纷", "{place}两社因林地权属长期争议"),
    "D08": ("{place}住户对征地补偿标准有异议", "{place}拆迁户反映拆迁安置房迟迟不交付"),
    "D09": ("{place}工地拖欠农民工工资三个月", "{place}工人讨薪，包工头拖欠工资不给"),
    "D10": ("{place}发生交通事故，双方对事故责任有争议", "{place}两车相撞，交通事故赔偿谈不拢"),
    "D11": ("{place}业主反映物业公司不作为，物业费却上涨", "{place}小区物业服务差，业主拒交物业费"),
    "D12": (
        "{place}发生医疗纠纷，患者家属称存在医疗事故",
        "{place}家属质疑手术失误，要求医疗事故鉴定",
    ),
    "D13": ("{place}顾客办的预付卡，商家跑路不退款", "{place}消费者买到假货，商家拒绝退款"),
    "D14": ("{place}企业排放废水污染水渠", "{place}砖厂烟尘大，空气污染严重"),
    "D15": ("{place}游客投诉旅行社强制购物", "{place}游客反映导游擅自更改旅游行程"),
    "D16": ("{place}商户被指商标侵权", "{place}企业反映产品专利侵权"),
    "D17": ("{place}居民网购后平台拒不处理，网络购物纠纷", "{place}村民遭遇网络诈骗，网上刷单被骗"),
    "D18": ("{place}两家因民间借贷起了债务纠纷", "{place}村民手里有欠条，对方欠钱不还"),
    "S01": ("{place}从早上开始停水，没有通知", "{place}自来水停水，居民用水困难"),
    "S02": ("{place}暖气不热，室内温度只有十四度", "{place}供暖不足，暖气片一直是凉的"),
    "S03": ("{place}楼下饭店油烟扰民", "{place}夜间施工噪音扰民，无法休息"),
    "S04": ("{place}垃圾清运不及时，垃圾桶满溢", "{place}流动摊贩占道经营，环境卫生差"),
    "S05": ("{place}路灯不亮，夜里出行不便", "{place}道路坑洼，路面破损严重"),
    "S06": ("{place}公交车班次太少，等车一小时", "{place}公交线路调整后没有公交站"),
    "S07": ("{place}家长咨询孩子入学报名", "{place}学校乱收补课费，家长不满"),
    "S08": ("{place}老人咨询养老保险待遇，养老金何时发放", "{place}居民医保报销比例不清楚"),
    "S09": ("{place}卫生院挂号难，看病排队太久", "{place}医院挂号窗口少，就医不便"),
    "S10": ("{place}超市出售过期食品", "{place}餐馆食品安全堪忧，食材变质"),
    "S11": ("{place}农田灌溉困难，灌溉水渠淤积", "{place}庄稼遭病虫害，盼农技人员指导"),
    "S12": (
        "{place}办事大厅窗口办事推诿，要跑好几趟",
        "{place}政务服务大厅办事效率低，一再要求补材料",
    ),
    "S13": ("{place}有人违章建筑，私自加盖房屋", "{place}违法建设遮挡采光，规划审批不明"),
    "S14": ("{place}消防通道被堵，存在火灾隐患", "{place}楼道堆放杂物，消防安全隐患大"),
    # Without a place: its name alone may hint at a category.
    "S99": ("今天的晚霞真好看", "杏花开了，大家都去看"),
}

# Of these, those that are orange by what they say: somebody hurt, wages owed to many.
ORANGE: Final = frozenset({*SENTENCES["D06"], *SENTENCES["D09"]})

# Behind any sentence; says nothing about the matter.
TAILS: Final = (
    "。",
    "，请核实。",
    "，盼答复。",
    "，已反映多次。",
    "，希望尽快处理。",
    "，请帮忙协调。",
)

# Invented or published as samples (GB 11643's own number, the operators' test numbers).
PERSONAL: Final = (
    "联系人王建国，电话13800138000。",
    "请回电138-0013-8000，我叫李秀英。",
    "证件号码11010519491231002X。",
    "车牌甘G12345可以作证。",
    "邮箱demo.citizen@example.com。",
    "家住东大街12号3栋2单元501室。",
)

# None of these may be found in anything that is kept.
SECRETS: Final = (
    "13800138000",
    "138-0013-8000",
    "11010519491231002X",
    "zy_demo_2026",
    "甘G12345",
    "demo.citizen@example.com",
    "王建国",
    "501室",
)

# How publishers write a county that sends no code.
NAMES: Final[dict[str, str]] = {
    "620702": "甘肃省张掖市甘州区",
    "620721": "肃南裕固族自治县",
    "620722": "民乐县",
    "620723": "临泽县",
    "620724": "高台县",
    "620725": "张掖市山丹县",
}

# County → townships and streets.
PLACES: Final[dict[str, tuple[str, ...]]] = {
    "620702": ("东街街道", "南街街道", "新墩镇", "梁家墩镇", "大满镇", "沙井镇", "乌江镇"),
    "620721": ("红湾寺镇", "皇城镇", "康乐镇", "大河乡"),
    "620722": ("民联镇", "六坝镇", "新天镇", "永固镇", "三堡镇"),
    "620723": ("沙河镇", "新华镇", "蓼泉镇", "平川镇", "鸭暖镇"),
    "620724": ("城关镇", "宣化镇", "南华镇", "巷道镇", "骆驼城镇"),
    "620725": ("清泉镇", "位奇镇", "霍城镇", "陈户镇", "东乐镇"),
}

# What estates, and villages for matters of the land, are called: one of the first, one of the second.
_FIRST: Final = "丽锦瑞祥嘉泰盛荣恒鑫翠馨雅桂梅枫棠榆槐柏栖屏岚泓沁澜澄霁曦晖昱晟钰琦璟珑玥璞"
_SECOND: Final = "泽源庭苑轩岸湾陇坪峪谷畔堰渠桓晏昭翊鹭鹤雁燕鲤荷菊菱蓉芷蔚薇萱葵藤"
_OF_THE_LAND: Final = frozenset({"D03", "D07", "D08", "S11"})

# The events that must raise an alert.
BURST: Final = "{place}停水了，自来水一滴没有"
BURST_SPOT: Final = "翠湾"
RED: Final = (
    "{place}消防通道被堵，楼道起火有人被困，消防安全隐患大。联系人王建国，电话13800138000。"
)
CROWD: Final = "{place}工地拖欠农民工工资，五十余名工人聚集讨薪。"


def spots() -> Iterator[str]:
    """All names of estates and villages, without what they are."""
    return map("".join, product(_FIRST, _SECOND))


def written(dice: Random, county: str, sentence: str, category: str, spot: str = "") -> str:
    """A sentence as someone of the county writes it: a place, a tail, now and then too much.

    spot: name of the estate; drawn if it is not given, so that few reports are of one matter.
    """
    name = spot or dice.choice(_FIRST) + dice.choice(_SECOND)
    place = dice.choice(PLACES[county]) if not spot else PLACES[county][0]
    place += name + ("村" if category in _OF_THE_LAND else "小区")
    text = sentence.format(place=place) + dice.choice(TAILS)
    draw = dice.random()
    # "My WeChat id" would bring something outside the taxonomy into it.
    if draw < 0.15 and category != "S99":
        text += dice.choice(PERSONAL)
    elif draw > 0.998:
        text *= 300  # longer than a text may be: it is cut
    return text
