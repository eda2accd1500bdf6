"""What stands beside a name and tells that it is one, in nats of evidence."""

import re
from typing import Final

from agents.redaction.characters import DECIMALS
from agents.redaction.firsts import Firsts
from agents.redaction.lexicon import SURNAMES, listed
from agents.redaction.roles import JOINTS, ROLES, SURE_WORDS

_SURE: Final = frozenset(SURE_WORDS)
A_ROLE: Final = 5.0  # from here on, what stands before is a role or kinship
_PREPOSITIONS: Final = frozenset(
    "判罚管求收见问劝抓查陪帮替送约催逼害救看到被由找向与和跟给让欠叫是对经请替为及同骂打告即有从听据像连除就以将把因当"
)
_MARKS: Final = frozenset(
    " \t\r\n　，。；：、！？,.;:!?（(【[“\"'‘《〕〈|/-—…=)）】])”>＞1234567890@＠"
)
FILLERS: Final = frozenset(" \t\r\n　：:“”\"'‘（(【[=〔〕")
_FUNCTION_AFTER: Final = frozenset(
    "家的和与及跟同是在有都也就才又再还仍却不没未从于向以为由说讲把将被让叫给带拿打骂欠借养租买卖拆占砍挖修盖收办开找去来走跑睡住坐站哭喊闹骗偷抢要想能会肯敢等系经因你他她我此之"
)
_LINKS: Final = frozenset("是叫为名系即")
_ROLES: Final = ROLES | _SURE
_ONE_ROLE: Final = frozenset("叫")
ROLE_LAST: Final = frozenset(word[-1] for word in _ROLES)
OPENERS: Final = (
    ROLE_LAST
    | _PREPOSITIONS
    | _MARKS
    | _LINKS
    | set("，,、候知交了着过后前又也都却但而并使令提说其中于至或还")
    | {word[-1] for word in JOINTS}
    | set("）)的候知交了着过后前又也都却但而并使令提说其中于至或还")
)
_MARKED: Final = re.compile(r"(?:[（(][^（()）]{1,8}[）)])$")


# Behind a name: its bearer's particulars, title, or belongings.
_AFTER = Firsts(
    r"[（(]\s?(?:男|女|签名|签字|签章|盖章|手印|已故|音|化名|身份|电话|手机|联系|\d|系|我|本|原|已|时年|现年|[丈妻儿女父母户]|学籍|职[务工]|党员|法人|老板|村[民干主]|组长|教师|退休|干部|邻居|租[户客]|住[址在]?|已(?:婚|退|离|逝)|离异|残疾|五保|低保)"
    r"|[,，、\s]{0,2}(?:男|女)(?:[,，、\s）)。]|$)|[,，]?(?:汉族|回族|藏族|裕固族|现年|生于|出生)|[,，]\s?(?:\d{2,3}岁|男|女|[他她](?!们)|欠|系|现住|住|身份证|电话|是我|我[的]?(?:邻居|同事|朋友|丈夫|妻子)|家住)"
    r"|[,，:：、\s（(]{0,3}(?:〔(?:手机|电话|身份证|微信|QQ|银行卡|邮箱)〕|联系电话|手机|身份证|电话|1[3-9]\d{9}|\d{17}|1[3-9]\d[*＊xX×]{4}|\d{3,4}-?[*＊]{3})"
    r"|(?:书记|副?主任|副?[局所院科处股站镇乡县市区部村组社队厂店校园会]长|律师|法官|检察官|民警|警官|老师|教师|医生|大夫|护士|主治|经理|总经理|老板|先生|女士|小姐|同志|师傅|网格员|会计|文书|阿姨|叔叔|大爷|大妈|同学|教练|教授|董事长|工程师|班主任|司机|夫妇|夫妻|父子|母子|父女|兄弟|姐妹|一家|等\d*[一二三四五六七八九十两]?[人名户]|本人|他们?|她们?|这[个名]|此人|签[名字收]|未成年|的?(?:低保|户口|宅基地|养老金|医药费|丈夫|妻子|老公|老婆|儿子|女儿|父亲|母亲|爱人|身份证|电话|手机|微信|家[门里属的]|哥哥|弟弟|姐姐|妹妹|孩子|房东|房子|债务|欠款|遗体|尸体|骨灰|病历|工资|名下|名义|账[户号])|[他她]家|[他她]们家|祖[父母]|外[公婆]|[伯叔舅姑姨婶][父母公婆]?(?=[，。、已的家）)])|[\d,.]{3,7}元?(?=[，,；;。、）)\s]|$))"
)
# Behind a name: another one.
_ROW_ON = re.compile(
    rf"[、，,]\\d?(?:[{''.join(SURNAMES)}][\u4e00-\u9fff]{{1,2}}|[\u4e00-\u9fff]{{4}})(?:[、，,和与及。；;（()）]|等(?!\w{{2,6}}[产药品站线]))"
)
# Behind a name: what a person does or suffers.
_ACTS = Firsts(
    r"把|将|说|称|打[伤了我人]|殴打|辱骂|骂|拖欠|欠我|体罚|侵[吞占]|勾结|欠[薪款债]|借[走了我款条钱]|承包|强[占拆行]|霸占|侵占|占用|拒[绝不]|威胁|恐吓|私[自搭]|违规|违法|擅自|于\d|因[病工为车]|之间|两[人家]|签[订了]|出具|死亡|去世|身亡|失踪|被[打骗害撞拘捕]|诈骗|骗[走了取]|贪污|挪用|收受|索要|开车|驾[车驶]|酒后|向[我他]|走失|住在|曾|多次|一直|始终|至今|仍|却|不[给肯让同接理]|未[支办]|没有?|找[我到人]|来我|在我|到我|家(?:[住的门里养油楼装漏空厕水电房院厨狗猪羊牛鸡鸭烟墙屋地被也就没有]|装修|阳台)|系(?:[夫父母兄姐我本其原该邻]|同)|强行|承诺|答应|同意|负责|带[人着领]|要求|欺|以.{1,6}为由|名下|担任|反映|经营|无关|有关系|赔偿|养了?[一二三四五六七八九十两几\d]|怎么[说样]|去世|过世|病故|一次性|你[这还是把]|之[妻夫子女父母弟兄]|带着|态度|讨要|报告|亲[手口笔自]|卷走|卷[钱款]|才[\d一二三四五六七八九十]|阻[拦挠]|搞|提出|投诉|举报|留言|发帖|称|未办|名下|手[里中上]|打过|打电话|一户|家里|签字|签名|收[了钱到取]|干的|写的|开的|买的|卖的|租的|说[的话过了]|讲|介绍|老婆|老公|的[话钱车狗手人家店厂]|联系不上|躲|逃|跑[了路]|失联|拿了|拿走|私刻|另行|长期|天天|半夜|经常|亲属|等人|二人|三人|带头|因|在\d|租|向我|与我|和我|对我|给我|也|都|就|还|又|已|赔|是[会出村组队]|是个?(?:骗子|老赖|党员|干部|老板)|认真|为首|让[我他她全大]|态度|一个人|你[们]?(?:什么|为什么|凭)|真[是不]|太|很|不[管理认退还肯愿见]"
    r"|反复|再次|随意|肆意|故意|恶意|当场|现场|主动|及时|立即|连夜|独自|亲自|先后|均|突发|患|查出|确诊|住院|出院|受伤|摔|骨折|晕|昏迷|溺水|被[困拐捅砸]|走访|巡查|上报|劝|组织|通知|告知|回复|答复|表示|声称"
    r"|自称|伪造|冒[用充]|截留|克扣|扣[押发留]|虐待|猥亵|性侵|家暴|酗酒|赌博|吸毒|偷|盗|抢|砸|踹|扇|捅|持刀|纠集|伙同|指使|唆使|雇|转包|分包|挂靠|经手|经办|主持|参加|报名|考上|就读|毕业|务工|打工|外出"
    r"|回家|搬|购买|出[售租借面来]|转[让租给]|继承|过户|申请|办理|领取|缴纳|支付|垫付|归还|偿还|退[还回]|结清|推[脱诿]|敷衍|置之|已经|正在|应[该当]|是否|是谁|[家屋]里|家[中属人]|那[里边]|等[候着]"
    r"|骑[着车电摩]|非法|滚[出回开]|押[一二三]付|诉(?:被告|我|至)|携|敬上|叩[谢首上]|拜上|呈上|自(?:[12]\d|去年|今年|上)|叫[来人]|往[我他她家车门楼外地河沟田村路院]|现(?:就读|在|年|住|任|居|金)|送[到至往医给]|分得"
    r"|闯[进入]|撞[了伤倒死]|推[了倒着开]|踢[了打我他]|咬[了伤人]|夺[走过]|烧[了毁死]|毁[了坏我]|泼|堵[了住在着]|拦[着住路车]|锁[了门着]|趁|仗|凭[借着]|靠着|借[着机口]|乱[停扔倒丢收堆搭]|喝[醉酒多]|醉|嗜|吵|口头|解释|敢(?!于)"
    r"|的(?:[妻母父爷奶姐妹弟哥孙亲羊牛鸡药证卡号账摊货债伤病微养低丈老退社]|房[产屋])"
)
_NUMBERED = re.compile(r"(?:^|[^\w、])(?:\d{1,2}|[一二三四五六七八九十]{1,2})[.、．)）]$")
_DIGITS: Final = frozenset(DECIMALS)
# What things are counted by.
MEASURES: Final = frozenset("台张米元层户家平万余石时里方车段项门席组路季成盘管把种")
# The number of an item in a row, written in a circle.
_COUNTED = re.compile(r"(?:^|[，,；;。：:\s])\d$")
# What somebody does, in any matter.
_VERBS: Final = frozenset(listed("verbs.txt"))
_VERB_FIRST: Final = frozenset(word[0] for word in _VERBS)


def belongs(view: str, end: int) -> bool:
    """Whether particulars of a person, a title or belongings stand at `end`."""
    return _AFTER.match(view, end)


def acts(view: str, end: int) -> bool:
    """Whether at `end` stands what a person does or suffers."""
    return _ACTS.match(view, end)


def is_role(view: str, end: int) -> bool:
    """Whether the word of a role or the like ends at `end`."""
    return (
        (view[end - 2 : end] in _ROLES if end > 1 else False)
        or view[max(0, end - 3) : end] in _ROLES
        or view[max(0, end - 4) : end] in _ROLES
        or view[end - 1 : end] in _ONE_ROLE
    )


def _told(view: str, end: int, start: int) -> float:
    """How much the word that ends at `end` says that a name begins at `start`, a few fillers later."""
    if end < 1 or view[end - 1] not in ROLE_LAST:
        return 0.0
    for size in (5, 4, 3, 2):
        word = view[end - size : end] if end >= size else ""
        if word in _SURE:
            return 10.0 if end < start else 7.0
        if word in ROLES:
            return 6.0 if end < start else 5.0
    return 3.0 if end == start and view[end - 1] in ROLES else 0.0


def before(view: str, start: int) -> float:
    """How much what stands before `start` says that a name begins there."""
    if start == 0:
        return 1.5
    end = start
    while end and start - end < 4 and view[end - 1] in FILLERS:
        end -= 1
    if end and view[end - 1] in "）)" and (hit := _MARKED.search(view, max(0, end - 10), end)):
        end = hit.start()
    told = _told(view, end, start)
    if not told and view[end - 1 : end] in _LINKS:
        told = _told(view, end - 1, start)
    if told:
        return told
    last = view[start - 1]
    if last in _PREPOSITIONS or view[max(0, start - 2) : start] in JOINTS:
        return 2.5
    if (
        last in _DIGITS
        and view[start] not in MEASURES
        and _COUNTED.search(view, max(0, start - 3), start)
    ):
        return 2.5
    if last in ".、．)）" and _NUMBERED.search(view, max(0, start - 4), start):
        return 2.5
    return 1.5 if last in _MARKS else 1.0 if last == "的" else 0.0


def most_behind(view: str, end: int) -> float:
    """At most so many points come from what stands at `end`; quick."""
    char = view[end : end + 1]
    if not char or _AFTER.at(char):
        return 5.0
    return 3.5 if _ACTS.at(char) else 2.5 if char in _VERB_FIRST else 1.5


def behind(view: str, end: int) -> float:
    """How much what stands at `end` says that a name ends there."""
    if belongs(view, end):
        return 5.0
    if acts(view, end):
        return 3.5
    if view[end : end + 1] in "、，," and _ROW_ON.match(view, end):
        return 3.0
    if view[end : end + 2] in _VERBS:
        return 2.5
    if view[end : end + 1] in _FUNCTION_AFTER:
        return 1.5
    return 0.5 if view[end : end + 1] in _MARKS or end == len(view) else 0.0
