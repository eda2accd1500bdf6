"""Makes names of persons: common, rare and compound surnames, of minorities, in pinyin, spaced, in traditional characters."""

import random
from pathlib import Path

from agents.redaction.lexicon import words
from tests.redaction.items import Item

GIVEN = [
    name
    for line in (Path(__file__).parent / "given.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
]
_TWO = [name for name in GIVEN if len(name) == 2]
_ONE = [name for name in GIVEN if len(name) == 1]
# By how many people bear them (census of 2020 and name reports of the Ministry of Public Security), steps only.
_USUAL = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
_SELDOM = "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗嵇凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠桑荆谌银明沙薄伏岑习胥和蔺"
_RARE = "逄晁郗逯麴昝妥撒闪缑蔺殳宓钭郏綦种员芮厍亓乜仝佘亢佴侴俎郄尉隗妫咎矫禚敬荀揣暴郇阚昌邰岱鹿啜禹粟展茹勾相戈贡牧门丰桓仰赫鲜濮粘苌恽师钮帖回哈拜海黑鄂蹇"
_COMPOUND = words(
    "欧阳 上官 司马 诸葛 皇甫 尉迟 慕容 令狐 司徒 夏侯 东方 端木 独孤 南宫 淳于 公孙 轩辕 宇文 长孙 澹台"
)
_WEST = words(
    "阿依古丽 买买提 艾力 吐尔逊 古丽娜尔 努尔 别克 阿不都热依木 热合曼 迪丽热巴 玉素甫 帕提古丽 麦麦提 艾合买提 吐尔洪 阿卜杜拉 哈力克 库尔班 木合塔尔 "
    "赛力克 叶尔肯 巴合提 古丽米热 热娜 买合木提 阿迪力 肉孜 依明 吾斯曼 萨迪克 尼亚孜 阿曼 托合提 卡德尔"
)
_DOTS = "··•・．.‧∙●"
_TIBETAN = words(
    "扎西 次仁 卓玛 多吉 才让 央金 平措 格桑 洛桑 旺堆 尼玛 达瓦 索南 白玛 丹增 德吉 拉姆 强巴 仁青 顿珠 巴桑 米玛 边巴 贡布 桑杰 华旦 加措 东智 "
    "拉毛 卓么 才旦 仁增 昂毛 旦正 贡保 扎巴 道吉 南杰 英措 项毛"
)
_MONGOL = words(
    "巴特尔 苏和 乌兰 其其格 娜仁 托娅 斯琴 高娃 格日勒 图雅 呼和 朝鲁 巴雅尔 孟和 阿拉坦 萨仁 敖登 乌日娜 宝音 达来 额尔敦 那日苏 布仁 哈斯 毕力格 "
    "吉日嘎拉 特木尔 满都拉"
)
_PINYIN_SURNAMES = words(
    "Wang Li Zhang Liu Chen Yang Zhao Huang Zhou Wu Xu Sun Hu Zhu Gao Lin He Guo Ma Luo "
    "Song Zheng Xie Han Tang Feng Yu Dong Cheng Cao Yuan Deng Shen Peng Su Jiang Jia Ding "
    "Wei Xue Pan Du Dai Tian Ren Fan Shi Yao Qin Gu Kong Bai Cui Kang Mao Qiu Lei Qian "
    "Qiao Ouyang Niu"
)
_SYLLABLES = words(
    "jian guo wei li na xiu ying zhi qiang gui hua li xiao ming wen bin ya ting hai tao yu "
    "lan zhan yuan yong fu hong mei juan jun jie min jing xin yi hao ran zi han peng fei "
    "long gang ping hui qing yan rong fang xia dong lin lei chun feng sheng cai bao zhu "
    "tian le rui xuan"
)
_TRADITIONAL = str.maketrans(
    "张刘陈杨赵黄吴孙马罗郑谢韩冯许苏卢蒋贾阎余潘叶钟谭邹陆龚贺赖钱汤龙万乔东国华军丽艳强伟兰凤飞爱兴会红庆荣贵宝关卫胜权学义云丰书乐远顺凯颖静银钢铁锋连进运达莲莹萧闻诗语润泽宁梦",
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮許蘇盧蔣賈閻余潘葉鍾譚鄒陸龔賀賴錢湯龍萬喬東國華軍麗豔強偉蘭鳳飛愛興會紅慶榮貴寶關衛勝權學義雲豐書樂遠順凱穎靜銀鋼鐵鋒連進運達蓮瑩蕭聞詩語潤澤寧夢",
)


def _given(draw: random.Random) -> str:
    chance = draw.random()
    if chance < 0.24:
        return draw.choice(_ONE)
    if chance < 0.88:
        return draw.choice(_TWO)
    return draw.choice(_TWO)[0] + draw.choice(_TWO)[1]


def han(draw: random.Random) -> Item:
    """A name as nearly all people of the country write theirs."""
    surname, kind = draw.choices(
        [
            (draw.choice(_USUAL[:40]), "常见姓"),
            (draw.choice(_USUAL), "常见姓"),
            (draw.choice(_SELDOM), "少见姓"),
            (draw.choice(_RARE), "罕见姓"),
            (draw.choice(_COMPOUND), "复姓"),
        ],
        [45, 30, 16, 5, 4],
    )[0]
    given = _given(draw)
    while given.startswith(surname):
        given = _given(draw)
    return Item(f"姓名·{kind}", surname + given)


def anyone(draw: random.Random) -> Item:
    """A name in any writing."""
    kind = draw.choices(words("汉 点 藏 蒙 拼音 空格 繁体"), [50, 12, 7, 4, 10, 10, 7])[0]
    plain = han(draw).must
    if kind == "点":
        return Item("姓名·点", draw.choice(_DOTS).join(draw.sample(_WEST, 2)))
    if kind == "藏":
        return Item("姓名·藏", "".join(draw.sample(_TIBETAN, 2)))
    if kind == "蒙":
        return Item("姓名·蒙", "".join(draw.sample(_MONGOL, draw.choice([1, 2]))))
    if kind == "拼音":
        surname, given = (
            draw.choice(_PINYIN_SURNAMES),
            "".join(draw.choices(_SYLLABLES, k=draw.choice([1, 2]))),
        )
        return Item(
            "姓名·拼音",
            draw.choice(
                [
                    f"{surname} {given.title()}",
                    f"{surname} {given.title()}",
                    f"{surname.upper()} {given.upper()}",
                    f"{given.title()} {surname}",
                    surname + given.title(),
                    f"{surname}{given}".lower(),
                ]
            ),
        )
    if kind == "空格":
        surname = plain[:2] if plain[:2] in _COMPOUND else plain[0]
        given = plain[len(surname) :]
        return Item(
            "姓名·空格",
            draw.choice(
                [
                    f"{surname} {given}",
                    f"{surname}　{given}",
                    f"{surname} {' '.join(given)}",
                    f"{surname}\u200b{given}",
                ]
            ),
        )
    if kind == "繁体":
        return Item("姓名·繁体", plain.translate(_TRADITIONAL))
    return han(draw)
