"""Splits a few characters into ordinary words at the least cost, to tell a name from words that look like one.

A unigram model: a word costs the negative natural logarithm of how often it is written, a text
the least sum over all ways to split it (Viterbi). A name competes with the words around it at a
cost of its own (Gao et al. 2005, Chinese word segmentation and named entity recognition: a
pragmatic approach, section 4).
"""

from pathlib import Path
from typing import Final

from agents.redaction.lexicon import HISTORICAL, PLAIN_SURNAMES, words

UNKNOWN: Final = 14  # of one character that the list does not have
# Seen from complaints, not in the list or dearer there than in them.
_HERE: Final = {
    7: words(
        "万家丽 楚江 楚政 楚府 楚雅 楚恒 浮邱 邵冬 邵东 邵阳 金海 黄岩 黄梅 金兰 曲兰 云贵川 林海 向心力 三令五申 申五令 何乐而不为 何乐 何道理 毛絮 本次 应发 严竣 严利"
        " 东方 西门 彭泽 蓝波湾 阳明山 丁家山 丁山 张吉怀 荆岳 娄邵 龙飞凤舞 童星 岳西 杨柳江 万寿宫 华银 和盛 龙盛 解吾 秦皇 苏荷 桑梓 生前 唐华银 万源 经福堂 康庭 阳鸣山 胡言 日益 日益增长 毛古斯 高望界 谢丽 张新发 葛粉 杨树 秦香莲 加班加点 那么多 张榜 许准 杨家山 万宇 凌霄宫 龙政 谭子山 江楠 金岚 常环 张桂 宋洲 邵洋 张榜公布 扬言 姜昆 柳宗元 肖克 萧克"
    ),
    8: words(
        "张冠李戴 张灯结彩 张牙舞爪 张口结舌 张口闭口 含糊其辞 曹营 项庄舞剑 江郎才尽 叶公好龙 毛遂自荐 班门弄斧 时时刻刻 成千上万 方方面面 康庄大道 明目张胆 石沉大海 雷厉风行 顾此失彼"
        " 开太平 易如反掌 单枪匹马 费尽心思 胡作非为 胡来 胡编乱造 胡搅蛮缠 胡说八道 马不停蹄 鱼龙混杂 唐宝宝 殷殷 高龄 查清 游山玩水 冷嘲热讽 万般无奈 万事如意 和颜悦色 平心静气 全心全意"
        " 杨言 对党忠诚 张榜 红榜 微信 短信 生鲜 就连 卫计委 卫健委 发改委 住建委 楼王 小区 业主 物业 开发商 供暖 停水 停电 噪音 扰民 投诉 反映 举报 维权 拖欠 工资 退款 退费 押金 电梯 楼道 车位 城管 网格 网格员 业委会 居委会 村委会"
        " 派出所 谢谢 希望 尊敬 领导 您好 严重 违规 违法 违章 违建 占道 安置 安置房 拆迁 征地 补偿 补偿款 学区 幼儿园 公交 公交车 地铁 路灯 红绿灯 井盖"
    ),
    11: words(
        # Counties and cities with a surname in front.
        "吴江 吴中 黄石 石林 江阴 江都 安庆 庆阳 武威 平凉 张掖 张家界 张家口 张家港 马鞍山 万州 安阳 安顺 安丘 温岭 温州 平湖 平顶山 平遥 齐河 高密 高邮 高州 高安 金华"
        " 金昌 金坛 金寨 金湖 连云港 连江 连城 双流 龙岩 莱阳 乐山 乐清 乐昌 乐平 宁海 宁波 宁德 宁乡 广元 广安 广汉 常德 常熟 常宁 常山 石嘴山 石狮 石门 牡丹江 梅州 应城 康定 沈阳 汤阴"
        " 于都 吉林 吉首 华亭 华池 崇信 方城 唐山 唐河 项城 商丘 商城 钟祥 仙桃 咸阳 任丘 成都 栾川 左权 古交 古浪 洪洞 洪江 洪湖 卢龙 卢氏 蒙自 滕州 邹城 曹县 利川 彭州 彭山 阎良 凤阳 凤翔 凤城"
        " 庄河 桑植 温江 霍山 霍州 霍邱 怀柔 怀宁 邓州 荣成 宣城 宣化 鹿泉 辛集 池州 沙市 沙洋 武汉 武昌 武进 武山 武都 马关 毕节 冷水江 古丈 江宁 江夏 江门 江油 柳州 柳江 徐州 徐汇 徐水 郑州"
        " 孟州 孟津 林州 林口 谷城 房山 房县 路南 祁东 祁阳 祁连 祁县 岳阳 岳麓 岳池 汪清 雷州 雷波 章丘 党河 临夏 和政 永登"
    ),
    10: words(
        " 居民楼 单元楼 住宅楼 教学楼 刁民 童真 师德 单挑 华丽丽 阳明山 岳母 岳父 贾谊 秦人 古秦 二人 三人 四人 五人 几人 两人 众人 多人 芦笙 杨梅 黄桃 黄莺 黄韬 关木通 龙画凤 雕龙画凤 顾名思义 石粉含 哈尔滨 哈尔宾 农转非 农保 农合 新农合 心衰 右心 胶囊 东方大道 农保金 高达 大人"
        " 第一 第二 第三 第四 第五 第六 第七 第八 第九 第十 唐诗 高一 高二 高三 初一 初二 初三 周一 周二 周三 周四 周五 周六 周日 付清 付予 付给 王法 陈述权 陈情 陈情书 毛毛雨 莘莘学子 莘莘 严明 程图 刘秀 严辞 宋词 元曲 黎民 曾联名 曾将 曾收 曾向 曾在 曾因 曾对 曾与"
        " 曾被 曾于 曾为 曾是 曾有 曾多 何在 何存 何来 何去 何谈 何忍 何故 何必 何妨 何须 何用 何地 何人 何物 何日 何年 连续 连夜 连年 连同 连带 应由 应向 应当 应将 应在 应为 任其 任凭 雷峰 时任 历任 现任"
        "众所周知 明文 师范 师范类 安静 杜绝 荣誉 许诺 惠民 弘扬 桂花 楼栋 包工包料 包料 包工 车行道 商住 高层 房东 房款 房源 房企 房产证 关停 管控 管护 管线 平米 平房 平价"
        " 水务 水费 电费 燃气费 暖气费 时段 时效 万达 万科 恒大 金科 金茂 高铁 高架 高考 高薪 高额 高管 安监 安检 安保 安防 安居 阳光 阳台 车管所 车库 车道 常住 常态 常务"
        " 康复 康养 强拆 强占 强买 强卖 权证 权属 连廊 连锁 明火 明确 明知 成交 成片 成年 成人 国土 国资 国企 家里人 家长 和谐 和平 全额 全款 全权 应届 应急 应聘 应付 应有"
        " 单价 单方 单元 项目部 项目 项下 项目方 解封 解约 解聘 易燃 易爆 易发 方可 方正 方便 于法 于情 于理 从业 经适 经营 经办 经济 来电 来回 来访 来信 向阳 向西 向东 严查 严控"
        " 温馨 温度 石材 石化 石渣 石子 白天 白云 白色 黄土 黄标 黄线 黄牛 江边 江北 江南 江湾 路段 路面 路人 路过 路边 何时 何以 何处 何种 何况 任由 任意 范围 谢绝 谢谢您 顾客 顾及"
        " 牛奶 马路 马上 马桶 农民 农田 农家 农户 广场 广大 广告 居民 居然 居住 查处 查看 查询 池塘 池子 火灾 火车 花园 花坛 花费 花钱 党员 党政 原来 原因 原本 原址 原告 原地 文化 文明 文件"
        " 越来越 越是 武术 武警 武装 曾经 曾多次 曾有 时常 时候 时间 时时 终于 由于 等于 至于 对于 关于 属于 处于 基于 位于 鉴于 介于 便于 不于 用于 在于 善于 利于 过于 早于 低于 高于 大于 小于 少于 多于"
        " 万余元 万多元 万元 齐全 齐心 乐于 乐居 金额 金牌 钱款 余额 余款 米左右 米处 米宽 米远 米长 米高 元左右 元整 元一 房租 房子 房间 房屋 皮带 毛坯 毛坯房 毛病 童车 雷同 龙头 牧民"
    ),
}


def _load() -> dict[str, int]:
    costs: dict[str, int] = {}
    lines = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            cost, *some = line.split()
            costs.update(dict.fromkeys(some, int(cost)))
    for cost_here, some in _HERE.items():
        costs.update((word, min(cost_here, costs.get(word, cost_here))) for word in some)
    costs.update(dict.fromkeys(HISTORICAL, 8))
    # In the texts that were counted these stood before a given name nearly always.
    costs.update((char, max(13, costs.get(char, 0))) for char in PLAIN_SURNAMES)
    return costs


COSTS: Final = _load()
_cost_of = COSTS.get


def least_costs(text: str) -> list[int]:
    """The least cost of the first 0, 1, … characters of the text.

    >>> least_costs("高度重视")[-1] < least_costs("高重视度")[-1]
    True
    """
    least = [0]
    for end in range(1, len(text) + 1):
        best = least[-1] + _cost_of(text[end - 1], UNKNOWN)
        if end > 1:
            cost = _cost_of(text[end - 2 : end])
            if cost is not None and least[end - 2] + cost < best:
                best = least[end - 2] + cost
            if end > 2:
                cost = _cost_of(text[end - 3 : end])
                if cost is not None and least[end - 3] + cost < best:
                    best = least[end - 3] + cost
                if end > 3:
                    cost = _cost_of(text[end - 4 : end])
                    if cost is not None and least[end - 4] + cost < best:
                        best = least[end - 4] + cost
        least.append(best)
    return least


def inside(text: str) -> int:
    """The least cost of two to four characters by themselves; dearer than it may be for four."""
    get = _cost_of
    whole = get(text)
    first, last = get(text[0], UNKNOWN), get(text[-1], UNKNOWN)
    if len(text) == 2:
        return min(whole or 99, first + last)
    parts = min(get(text[:-1], 99) + last, first + get(text[1:], 99))
    return min(whole or 99, parts, sum(get(char, UNKNOWN) for char in text))


def crossed(text: str, place: int) -> bool:
    """Whether a word of the list has characters on both sides of a place."""
    two = max(0, place - 2)
    one, three = max(0, place - 1), max(0, place - 3)
    return one < place and (
        text[one : place + 1] in COSTS
        or text[two : place + 1] in COSTS
        or text[one : place + 2] in COSTS
        or text[two : place + 2] in COSTS
        or text[one : place + 3] in COSTS
        or text[three : place + 1] in COSTS
    )
