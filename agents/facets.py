"""Tells what a report complains of, finer than its category, as a set of 64."""

import re
from typing import Final

from streams.categories import CATEGORIES

# One facet a line: what is said of the same concrete problem.
_FACETS: Final = """
停水|没水|断水|供水|自来水|水压
停电|断电|没电|供电|变压器|电压
停气|燃气|天然气|煤气
供暖|暖气|供热
噪音|噪声|扰民|太吵|震动
油烟|餐饮店|烧烤
搅拌站|混凝土
车位|车库|停车
捆绑|强制销售|搭售
交房|烂尾|延期
质量|开裂|漏水|渗水
房产证|不动产证|办证|产权证
物业费|物业公司|物业管理
电梯
学位|入学|招生|划片
补课|乱收费|收费
实习
工资|欠薪|血汗钱
社保|养老保险
拆迁|征收|安置|补偿|棚改|旧改
违建|违章建筑|违规建设|搭建
污染|排污|废气|废水|臭味|臭气|粉尘
养猪|养殖
垃圾
路灯|照明
修路|路面|坑洼|道路|断头路
公交|班车|站点
绿化|绿地
规划|学校建设|配套
高压线|变电站|基站
高铁|铁路|地铁
广场舞
诈骗|骗|非法集资|平台
退款|退费|退钱
传销
医疗事故|医药费|误诊
消防
补贴|津贴
精装|装修
业委会|业主大会
"""
_PATTERNS: Final = tuple(re.compile(line) for line in _FACETS.split())
_LEAF_BITS: Final = {code: number for number, code in enumerate(sorted(CATEGORIES))}


def problem_of(text: str, category: str) -> int:
    """The set of what a normalised text complains of; where nothing is found, its category.

    >>> problem_of("小区停水", "S01") == problem_of("连着两天没水", "S01")
    True
    """
    found = 0
    for number, pattern in enumerate(_PATTERNS):
        if pattern.search(text):
            found |= 1 << number
    return found or 1 << (len(_PATTERNS) + _LEAF_BITS.get(category, 0) % (64 - len(_PATTERNS)))
