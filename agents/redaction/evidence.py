"""What stands beside a name and tells that it is one, or that it is none."""

import re

from agents.redaction.scan import DECIMALS, SPACES

# Characters that make an ordinary word with the surname behind them.
WORD_BEFORE = {
    "程": "过工课流日里路行教章规议方进历全疗",
    "许": "允也或准默容特不",
    "付": "支交垫预首拨给应代缴对托兑偿",
    "范": "规示师模防典就",
    "谢": "感谢致答多",
    "张": "紧主扩伸夸一两三几纸嚣慌开铺每这那五十百",
    "曾": "不未也都",
    "戴": "佩穿爱拥",
    "傅": "师",
    "赖": "依信无抵耍",
    "苏": "江复",
    "焦": "聚心",
    "李": "行",
    "梁": "桥房大横",
    "唐": "荒",
    "孙": "子祖",
    "王": "国大霸",
    "黎": "巴",
    "胡": "二",
    "柴": "火",
    "楼": "民高大一二三四五六七八九十这整",
    "陈": "新",
    "杨": "白",
    "单": "订运工名清保简账菜",
    "高": "提最较很更太身偏",
    "金": "资现基押定租罚奖",
    "万": "千百几数十",
    "周": "四一每上下本两",
    "时": "小当及临同平",
    "关": "有相无开",
    "管": "主城监交不",
    "何": "任如为",
    "任": "责担主信",
    "方": "地对双警校官东西南北平立",
    "马": "人",
    "林": "森园",
    "黄": "",
    "石": "",
}
# Behind a name: its bearer's particulars, title, or belongings.
_AFTER = re.compile(
    r"、[\u4e00-\u9fff]{2,3}[、等和）)。]|"
    r"[（(]\s?(?:男|女|化名|身份|电话|手机|联系|\d|系|我|本|原|已|时年|现年|[丈妻儿女父母户])"
    r"|[,，、\s]{0,2}(?:男|女)(?:[,，、\s）)。]|$)|[,，]?(?:汉族|回族|藏族|裕固族|现年|生于|出生)|[,，]\s?\d{2,3}岁"
    r"|[,，:：、\s（(]{0,3}(?:〔(?:手机|电话|身份证|微信|QQ|银行卡|邮箱)〕|联系电话|手机|身份证|电话|1[3-9]\d{9}|\d{17})"
    r"|(?:书记|副?主任|副?[局所院科处股站镇乡县市区部村组社队厂店校园会]长|律师|法官|检察官|民警|警官|老师|教师|医生|大夫|护士|主治|经理|总经理|老板|先生|女士|小姐|同志|师傅|网格员|会计|文书|阿姨|叔叔|大爷|大妈|同学|教练|教授|董事长|工程师|班主任|司机|夫妇|夫妻|父子|母子|父女|兄弟|姐妹|一家|等\d*[一二三四五六七八九十两]?[人名户]|本人|他们?|她们?|这[个名]|此人|签[名字收]|未成年|的?(?:低保|户口|宅基地|养老金|医药费|丈夫|妻子|老公|老婆|儿子|女儿|父亲|母亲|爱人|身份证|电话|手机|微信|家[门里属的]|哥哥|弟弟|姐姐|妹妹|孩子|房东|房子|债务|欠款|遗体|尸体|骨灰|病历|工资|名下|名义|账[户号]))"
)
# Behind a name: what a person does or suffers.
_ACTS = re.compile(
    r"(?:把|将|说|称|打[伤了我人]|殴打|辱骂|骂|拖欠|欠我|体罚|侵[吞占]|勾结|欠[薪款债]|借[走了我款条钱]|承包|强[占拆行]|霸占|侵占|占用|拒[绝不]|威胁|恐吓|私[自搭]|违规|违法|擅自|于\d|因[病工为车]|之间|两[人家]|签[订了]|出具|死亡|去世|身亡|失踪|被[打骗害撞拘捕]|诈骗|骗[走了取]|贪污|挪用|收受|索要|开车|驾[车驶]|酒后|向[我他]|走失|住在|曾|多次|一直|始终|至今|仍|却|不[给肯让同接理]|未[支办]|没有?|找[我到人]|来我|在我|到我|家[住的门里养]|强行|承诺|答应|同意|负责|带[人着领]|要求|欺|以.{1,6}为由|名下|担任|反映|经营|带头|因|在\d|租|向我|与我|和我|对我|给我|也|都|就|还|又|已)"
)
# Behind what looks like a name: the rest of a firm's name.
ORG_AFTER = re.compile(
    r"[^\W\d_在到去的把被将与和是从说称向，、。]{1,8}(?:公司|集团|合作社|事务所|工作室|有限|诊所|药房|超市|[饭酒]店|学校|幼儿园)"
)
# A surname and one of these is how a person is spoken of, not a full name.
TITLE = re.compile(
    r"(?:经理|主任|书记|老师|伯伯|先生|女士|小姐|师傅|律师|医生|大夫|局长|所长|院长|校长|园长|镇长|乡长|县长|市长|村长|组长|队长|科长|处长|站长|社长|厂长|行长|会长|部长|总|老板|同学|同志|阿姨|叔|大爷|大妈|大哥|大姐|大伯|大娘|哥|姐|嫂|婶|奶奶|爷爷|教练|教授|教师|警官|法官|检察官|导|工程师|会计|护士|某|氏|家[村庄屯湾]|老太|老汉|老|太太|妈妈?|爸爸?|婆婆|公公|姓|姑娘|户[主]?)"
)
ROLE_WORD = re.compile(
    r"(?:书记|主任|局长|所长|校长|院长|老师|律师|经理|先生|女士|同志|师傅|队长|村长|镇长|医生)"
)

# Whatever begins a match of _AFTER or _ACTS is written in the pattern, a space or a digit.
_AFTER_FIRST = frozenset(_AFTER.pattern + SPACES + DECIMALS)
_ACTS_FIRST = frozenset(_ACTS.pattern + SPACES + DECIMALS)


def belongs(view: str, end: int) -> bool:
    """Whether particulars of a person, a title or belongings stand at `end`."""
    return view[end : end + 1] in _AFTER_FIRST and _AFTER.match(view, end) is not None


def acts(view: str, end: int) -> bool:
    """Whether at `end` stands what a person does or suffers."""
    return view[end : end + 1] in _ACTS_FIRST and _ACTS.match(view, end) is not None
