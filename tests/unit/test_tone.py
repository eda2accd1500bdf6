"""How messages sound and how grave they are: hand-written messages, labelled ones, and the lists' mistakes."""

import csv
import random
from collections import Counter
from pathlib import Path

import pytest
import xxhash

from agents.texts import Texts
from agents.tone import BLUE, ORANGE, RED, Heard, Tone, graver
from agents.tone.lexicon import SENTIMENT_FILE, SEVERITY_FILE, folder_of, sentiments
from streams.errors import UserError
from tests.unit.test_boundary import FORBIDDEN
from tests.unit.test_classify_matters import OFF_LIMITS

LABELS = Path(__file__).parents[1] / "labels" / "tone.csv"
MESSAGES_FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_dev.csv"

# Written for this test, labelled before anything was run: sentiment, severity, message.
MESSAGES = """
-2 1 楼道里全是煤气味，打了三次抢险电话没人来，太气愤了！
-1 1 三楼厨房着火了，浓烟往楼上窜，请马上派人。
-2 1 工地塔吊上有个工友要跳楼，欠薪半年没人管，逼得人没活路。
-1 1 幼儿园十几个孩子午饭后食物中毒，正在医院输液。
-2 1 我爸被送进去两天就抢救无效，医院到现在连句解释都没有，天理何在！
-1 1 有个小孩掉进河里，溺水了，快来人。
-1 1 外卖员在路口被渣土车撞倒，人已经昏迷。
-2 1 他在电话里说再去要钱就砍死我全家，我们害怕得不敢出门。
-1 1 挖掘机挖断燃气管道，气味很浓，附近居民都跑出来了。
-1 1 烟花作坊昨晚发生爆炸，炸塌了半间房。
-2 1 老师猥亵班里女生，学校还想捂着，令人发指！
-1 1 工人在配电房触电，120刚拉走。
-1 1 隔壁老人说不想活了，从早上起就把自己锁在屋里。
-1 1 山上塌下来的土把一户人家埋了，还有人员被困。
-1 1 昨晚仓库失火，烧了两个多小时。
-1 1 冬天烧炭取暖，一家三口煤气中毒。
-2 1 讨薪的人说今天再不给钱就同归于尽，老板躲着不见，太没良心了。
-1 1 村民在河边洗衣时落水失踪，至今没有找到。
-1 2 小区电梯从十二楼突然下坠到三楼，里面有人。
-1 2 人行道上的井盖不见了，晚上看不见，容易掉下去。
-2 2 老板跑了，三十多个农民工工资一分没给，血汗钱啊！
-1 2 我们厂拖欠工人工资五个月，大家都没钱过年。
-1 2 整个小区停水三天了，老人孩子没水用。
-1 2 全村停电两天，冰箱里的东西全坏了。
-1 2 隔壁老楼的墙体倾斜，随时可能倒塌。
-1 2 外墙玻璃掉落，险些砸到人。
-1 2 电线杆被大风吹歪，高压线垂下来离地不到两米。
-2 2 保安殴打业主，物业还说打得好，无法无天。
-1 2 我在超市门口摔伤，骨折住院，对方不肯赔。
-1 2 一百多名业主围堵售楼部，现场很乱。
-2 2 老师体罚学生，让孩子在太阳下跪了一个小时，太过分了，简直丧尽天良。
-1 2 暴雨后地下车库被淹，几十辆车泡在水里。
-1 2 村后山体开裂，下雨就有落石，请派人看看。
-1 2 楼顶广告牌脱落一半，挂在半空。
-1 2 配电箱漏电，邻居家的狗碰了一下就倒了。
-1 2 七岁的孩子被没拴绳的狗咬伤。
-2 2 化工厂半夜偷排，村里好几个人得癌症，没人管我们死活。
-1 2 出租屋里存了十几个煤气罐，没有人管。
-1 2 几个孩子体检血铅都超标。
-1 2 桥面塌了一个大洞，车还在上面走。
-2 2 要出人命了！天天有大货车从校门口冲过去，你们到底管不管？
-1 2 夜里几十个人打架，把饭店都砸了。
-1 2 养老院老人被护工打伤。
-1 2 路面塌陷，一辆电动车栽了进去。
-1 2 学校停暖了一个星期，整栋教学楼没有暖气，孩子冻得写不了字。
-2 2 公司欠我们四十多名员工工资，还骂人，黑心到家。
-1 2 电梯困人，物业半小时才来。
-1 2 下水道没有井盖，昨天有人摔伤。
-1 2 外面有人持刀，吓得大家不敢开门。
-1 3 楼下饭店油烟很大，天天熏得睡不着。
-1 3 工地夜里施工噪音太大，请处理一下。
-1 3 化工厂排的废水发臭，河里都是泡沫。
-1 3 物业把消防通道堵住，存在火灾隐患。
-1 3 楼道里有人飞线充电，很不安全。
-1 3 老板拖欠工资两个月，请帮忙要回来。
-1 3 家里厨房漏水，楼上不肯修。
-1 3 超市卖过期食品，请查处。
-1 3 买的房子交房两年，墙面开裂。
-2 3 开发商卷款跑路，楼烂尾三年，我们倾家荡产，叫天天不应！
-2 3 投诉了十几次，工地照样半夜施工，噪音震得人要崩溃，你们干什么吃的！
-2 3 黑心养猪场臭气熏天，苍蝇满屋，环保局视而不见，太可恶了！
-1 3 今天早上突然停水，没有通知。
-1 3 邻居在顶楼违建，漏水到我家。
-1 3 亲戚被拉进传销，请查一查。
-2 3 包工头拖欠我的血汗钱，还威胁要找人收拾我，太嚣张了。
-1 3 诊所没有许可证，非法行医。
-1 4 公交车等了四十分钟还不来。
-1 4 窗口排队太久，只开了一个口。
-1 4 路灯坏了半个月没人修。
-1 4 健身房关门了，卡里的钱退不了。
-1 4 小区停车位太少，回家晚了没地方停。
-1 4 快递放在驿站不送上门，还要收费。
-1 4 学校周末强制补课，请管一管。
-1 4 电话一直打不通，问题得不到解决。
-1 4 物业费涨价没有征求业主意见。
-1 4 公园的长椅坏了，请尽快修复。
-1 4 广场上的公厕总是锁着，很不方便。
-1 4 医院挂号难，专家号一放出来就没有。
-1 4 我的居住证办了三个月还没拿到。
-1 4 村口的路坑坑洼洼，下雨天没法走。
-2 4 窗口那个人态度极其恶劣，凭什么骂人？还为人民服务吗？
-2 4 难道老百姓的钱就不是钱？凭什么乱收费！还有王法吗！
-2 4 跑了七八趟，互相推诿，踢皮球，我们老百姓办个事怎么就这么难！！
-2 4 驾校乱收费，教练公然索要红包，教育你们多少次都不改，太黑心了。
-2 4 反映了三年，石沉大海，没有人给一个说法，太让人寒心了。
-2 4 招聘暗箱操作，全是关系户，公平何在？
-2 4 中介就是骗子，骗了定金还倒打一耙，无耻！
-2 4 这样的回复就是糊弄老百姓，敷衍了事，失望透顶。
-2 4 学校食堂承包给亲戚，以权谋私，家长敢怒不敢言。
-2 4 垄断经营，坐地起价，把我们当傻子忽悠！
0 4 请问新生儿医保怎么办理，需要哪些材料？
0 4 咨询一下退休年龄怎么计算，谢谢。
0 4 建议在医院门口增设一个公交站。
0 4 我想了解公租房的申请条件。
0 4 请问小学报名时间是哪天？盼复，谢谢！
0 4 建议把图书馆的开放时间延长到晚上九点。
0 4 你好，想问一下异地住院能报销多少？
0 4 能否告知社保局的上班时间？
0 4 本人户口在外地，能不能在本地考驾照？
0 4 希望能开通直达高铁站的公交，望采纳，谢谢。
0 4 咨询：养老金认证在手机上如何操作？
0 4 请问暖气今年什么时候开始供？
0 4 建议多种一些树，让城市更美。
0 4 请问我县今年有事业单位招聘计划吗？
0 4 我是外地人，在这里上班三年，是否可以申请落户？
0 4 今天收到短信，请问是真的吗？
0 4 灵活就业人员缴费标准是多少？
0 4 提个建议：公园里可以考虑增加儿童滑梯。
0 4 请问宅基地确权需要本人到场吗？
0 4 想请教一下生育津贴的领取流程，麻烦了。
0 4 我家孩子明年上初中，请问学区如何划分？
0 4 周末办事大厅开门吗？
0 4 火灾险和意外伤害险可以一起买吗？
0 4 请问燃气泄漏报警器在哪里可以领？
0 4 咨询工伤保险和死亡抚恤金的标准。
0 4 建议学校开展防溺水和预防触电的宣传。
0 4 请问危房改造补贴怎么申请？
1 4 谢谢你们，路灯已经修好了。
1 4 反映的噪音问题已经解决，感谢工作人员。
1 4 上次投诉的事处理好了，感谢社区的帮助。
1 4 来电感谢，退款已经到账。
1 4 井盖修好了，谢谢师傅们，辛苦了，感谢你们。
1 4 漏水的地方已修复，感谢物业。
1 4 之前反映停水，当天就恢复供水了，谢谢你们这么快处理。
1 4 证件已经办好了，感谢窗口的同志。
1 4 拖欠的工资已经补发了，感谢劳动监察大队帮我们要回来。
1 4 垃圾清走了，环境明显改善，感谢城管。
1 4 感谢你们的回复和解释，我清楚了。
1 4 之前投诉的噪音扰民、污水横流，现在已经解决了，感谢工作人员。
-1 3 感谢工作人员，说是已经解决了，但噪音还是扰民，污水照样横流。
2 4 特此感谢县医院的王医生，医术精湛、医德高尚，救了我母亲一命！
2 4 要表扬18路公交司机，拾金不昧，把钱包送还给我，好样的！
2 4 给派出所民警点赞！半夜帮我找到走丢的老人，太感动了。
2 4 送上锦旗一面，感谢交警同志见义勇为。
2 4 社区网格员服务热情周到，耐心细致，值得表扬，为你们点赞！
2 4 效率高，态度好，第一时间赶到，必须点赞，非常感谢！
2 4 写信感谢消防员救了我家孩子，你们是最可爱的人，向你们致敬！
2 4 医保局的小姑娘特别耐心，手把手教老人操作，暖心，非常满意，点赞。
2 4 政府为我们村修了路，办了一件大好事，功德无量，万分感谢你们！
2 4 环卫工人凌晨扫雪，令人感动，向他们致敬。
-1 4 感谢回复，但问题仍然没有解决，请再处理。
-1 4 路灯修好两天又坏了，请再派人来修，谢谢。
-1 4 谢谢领导，我家门口的垃圾一直没人清理。
-1 3 上次说整改，现在又开始偷排了，望查处，万分感谢！
-1 4 希望给我们一个满意的答复，工资标准不合理。
-1 4 对这个处理结果不满意。
-1 3 消防车进不来，一旦发生火灾后果不堪设想。
-1 2 工厂着火了，幸好扑灭及时，没有造成人员伤亡。
-1 4 鱼塘里的鱼死了一片，损失很大。
-1 4 门口那棵树死了，请挪走。
-1 4 消防通道的指示牌坏了。
-1 4 手机信息泄露，天天接到骚扰电话。
-1 1 工地脚手架塌了，下面压着人，快来救人。
-1 1 有人拿着汽油在售楼部门口说要点火。
-1 1 孩子掉进没盖的窨井里了。
-1 1 丈夫昨晚拿刀架在我脖子上，我不敢回家。
-1 1 楼下有个人站在天台边上，说要往下跳。
-1 2 燃气灶一开就有股怪味，报修没人来。
-1 2 二十几个工友的工钱拖了半年，老板电话打不通。
-1 2 暖气停了一周，老人都冻病了，请尽快恢复。
-1 2 食堂的饭有问题，十几个学生吐了。
-1 2 山体裂了一条大口子，下面住着八户人家，大家都害怕。
-1 2 几百个业主堵在路上不让车过，请来疏导。
-1 2 幼儿园老师用针扎孩子，请调查。
-1 3 老板欠我两个月工资不给。
0 4 我妈去世后，她社保账户里的钱怎么取？
0 4 请问燃气开户需要什么材料？
0 4 想了解工伤骨折可以报销多少。
0 4 咨询死亡证明在哪里开。
-2 4 物业收钱不办事，气死人了，真是霸道！
-1 4 买东西抢购排队，人快挤死了，很不方便。
0 4 为防止触电，请问家里需要装什么开关？
"""
TABLE = [
    (int(sentiment), int(severity), message)
    for sentiment, severity, message in (
        line.split(" ", 2) for line in MESSAGES.strip().splitlines()
    )
]


@pytest.fixture(scope="module")
def tone() -> Tone:
    return Tone.load()


def sign(value: int) -> int:
    return (value > 0) - (value < 0)


def test_hand_written_messages(tone: Tone) -> None:
    assert len(TABLE) >= 150
    heard = [(message, said, tone.judge("", message)) for *said, message in TABLE]
    assert [one for one in heard if abs(one[1][0] - one[2].sentiment) > 1] == []
    assert [one for one in heard if sign(one[1][0]) != sign(one[2].sentiment)] == []
    unlike = [one for one in heard if one[1][0] != one[2].sentiment]
    assert len(unlike) <= 0.15 * len(heard), unlike
    assert [one for one in heard if min(one[1][1], 3) != min(one[2].severity, 3)] == []


def test_explain_says_the_same_with_reasons(tone: Tone) -> None:
    for *_, message in TABLE:
        assert tone.explain("", message)[:3] == tone.judge("", message)
    told = tone.explain("没人管", "楼道里有煤气味，太气愤了")
    assert told.cue_term == "煤气味"
    assert ("grievance", "太气愤") in told.terms
    assert ("grievance", "没人管") in told.terms


def test_a_title_counts_as_a_text(tone: Tone) -> None:
    assert tone.judge("楼道里有煤气味", "请来看看") == tone.judge("", "楼道里有煤气味。请来看看")


def test_thanks_in_a_title_are_meant(tone: Tone) -> None:
    assert tone.judge("感谢社保局", "事情在帮我办理").sentiment == 1
    assert tone.judge("谢芳的咨询", "事情在帮我办理").sentiment == 0
    assert tone.judge("感谢回复", "路灯坏了一个月，噪音扰民，没人管").sentiment < 0
    for title in ("感谢社保局", "谢谢", "咨询"):
        assert tone.explain(title, "办好了")[:3] == tone.judge(title, "办好了")


def test_without_words_nothing_is_said(tone: Tone) -> None:
    assert tone.judge("", "") == Heard(0, 0, "")
    assert tone.explain("", "") == (0, 0, "", (), "")
    assert tone.judge("", "今天的晚霞") == Heard(0, BLUE, "")


@pytest.mark.parametrize(
    ("text", "severity", "cue"),
    [
        ("没有发生燃气泄漏", BLUE, ""),
        ("以防发生火灾", BLUE, ""),
        ("燃气泄漏怎么办", ORANGE, "燃气泄漏"),
        ("燃气泄漏，已经拉响警报", RED, "燃气泄漏"),
        ("个人信息泄露", BLUE, ""),
        ("池塘里的鱼死亡很多", BLUE, ""),
        ("一名工人死亡", RED, "有人死亡"),
        ("前年这里有人死亡", ORANGE, "有人死亡"),
        ("包工头拖欠工资", 3, "欠薪"),
        ("包工头拖欠我们几十名工人的工资", ORANGE, "多人欠薪"),
    ],
)
def test_what_stands_around_a_cue_counts(tone: Tone, text: str, severity: int, cue: str) -> None:
    assert tone.judge("", text)[1:] == (severity, cue)


def test_noisy_and_traditional_text_is_heard_the_same(tone: Tone) -> None:
    plain = tone.judge("", "楼道里有煤气味，太气愤了，没人管")
    assert plain == Heard(-2, RED, "燃气泄漏")
    assert tone.judge("", "樓道裏有煤氣味，太氣憤(fèn)了，沒人管") == plain
    assert tone.judge("", "楼道里有煤\u200b气 味，太气\n愤了，没人管") == plain
    assert tone.judge("", "\ud800楼道里有煤气味，太气愤了，没人管") == plain


def test_judge_equals_the_plain_way_on_any_text(tone: Tone) -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        parts = [chance.choice(tone.texts) for _ in range(chance.randrange(6))]
        parts += chance.choices(("，", "。", "的", "我们", " ", "\n", "🔥", "電"), k=3)
        chance.shuffle(parts)
        text = "".join(parts)
        title = chance.choice(("", "", text[:8]))
        assert tone.explain(title, text)[:3] == tone.judge(title, text), (title, text)


def test_a_message_alone_and_among_others_is_heard_the_same(tone: Tone) -> None:
    pairs = [("", message) for *_, message in TABLE] + [("", ""), ("感谢社保局", "在办理")]
    assert tone.hear(Texts.of(pairs)) == [tone.judge(*pair) for pair in pairs]
    assert tone.hear(Texts.of([])) == []


def test_graver_is_never_milder_than_declared() -> None:
    for declared in range(5):
        for band in ("", "1-2", "3-9", "10-29", "30+"):
            for severity in range(5):
                found, cue = graver(declared, band, severity, "线索" if severity else "")
                known = [one for one in (declared, severity) if one]
                assert not known or 1 <= found <= min(known)
                assert cue == "" or found == severity
    assert graver(0, "", 0, "") == (0, "")
    assert graver(0, "10-29", 0, "") == (3, "")
    assert graver(4, "30+", 4, "") == (2, "")
    assert graver(1, "", 2, "坍塌险情") == (1, "")
    assert graver(2, "", 2, "坍塌险情") == (2, "坍塌险情")


def test_no_word_crosses_the_boundary(tone: Tone) -> None:
    assert [text for text in tone.texts if OFF_LIMITS.search(text) or FORBIDDEN.search(text)] == []


def labelled(part: str) -> list[tuple[str, str, int, int]]:
    """Title, text, sentiment and severity of one part of the hand-labelled messages."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        labels = {
            row["key"]: (int(row["sentiment"]), int(row["severity"]))
            for row in csv.DictReader(lines)
            if row["part"] == part
        }
    csv.field_size_limit(1 << 20)
    found = {}
    with MESSAGES_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            key = xxhash.xxh3_64_hexdigest(f"{row['title']}\n{row['text']}".encode())
            if key in labels:
                found[key] = (row["title"], row["text"], *labels[key])
    assert len(found) == len(labels) > 200
    return list(found.values())


@pytest.mark.skipif(not MESSAGES_FILE.exists(), reason="the mailbox sample is not here")
@pytest.mark.parametrize("part", ["worked", "held_out"])  # never looked at while writing the lists
def test_hand_labelled_messages(tone: Tone, part: str) -> None:
    rows = labelled(part)
    heard = [tone.judge(title, text) for title, text, *_ in rows]
    pairs = [(row[2], one.sentiment) for row, one in zip(rows, heard, strict=True)]
    assert sum(abs(a - b) <= 1 for a, b in pairs) / len(pairs) >= 0.92
    assert sum(a == b for a, b in pairs) / len(pairs) >= 0.65
    grave = [
        (row[3] <= ORANGE, one.severity <= ORANGE) for row, one in zip(rows, heard, strict=True)
    ]
    right = sum(a and b for a, b in grave)
    assert right / sum(a for a, _ in grave) >= 0.80
    assert right / sum(b for _, b in grave) >= 0.50


GOOD_SEVERITY = "cues:\n  火灾:\n    1: [着火]\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (SENTIMENT_FILE, "anger:\n  a: [气愤]\n", "line 1: 'anger' is none of"),
        (SENTIMENT_FILE, "problem:\n  a: [坏了, 坏了]\n", "line 2: term '坏了' stands already at"),
        (SENTIMENT_FILE, "problem:\n  a:\n    0.3: [坏了]\n", "line 3: weight '0.3' of 'a'"),
        (SENTIMENT_FILE, "problem:\n  a:\n    x: [坏了]\n", "line 3: weight 'x' of 'a'"),
        (SENTIMENT_FILE, "problem:\n  a:\n    nan: [坏了]\n", "line 3: weight 'nan'"),
        (SENTIMENT_FILE, "problem:\n  a: [壞了]\n", "term '壞了' would never match; write '坏了'"),
        (SENTIMENT_FILE, "problem:\n  a: ['']\n", "line 2: term ''"),
        (SENTIMENT_FILE, "problem:\n  a: 坏了\n", "line 2: expected weights"),
        (SENTIMENT_FILE, "problem:\n  a: [坏了]\nnot: [坏了]\n", "'坏了' stands under `not` as"),
        (SENTIMENT_FILE, "not: 坏了\n", "line 1: expected a list"),
        (SENTIMENT_FILE, "", "sentiment.yaml is empty"),
        (SENTIMENT_FILE, "a: [", "sentiment.yaml is not valid YAML"),
        (SEVERITY_FILE, "signs: {}\n", "line 1: 'signs' is no part"),
        (SEVERITY_FILE, "cues:\n  火灾:\n    5: [着火]\n", "line 3: '5' in 火灾"),
        (SEVERITY_FILE, "cues:\n  火灾:\n    supposed: 7\n", "line 3: supposed '7'"),
        (SEVERITY_FILE, "cues:\n  火灾:\n    1: [着火]\n    2: [着火]\n", "line 4: term '着火'"),
        (SEVERITY_FILE, GOOD_SEVERITY + "not: [着火]\n", "'着火' stands under `not` as well"),
        (SEVERITY_FILE, "together:\n  欠薪: {level: 2}\n", "line 2: 欠薪 needs `level`"),
        (
            SEVERITY_FILE,
            "together:\n  欠薪: {level: 2, of: [钱, 人], within: 9}\n",
            "expected two groups",
        ),
        (
            SEVERITY_FILE,
            "words: {钱: [工资], 人: [工人]}\ntogether:\n  欠薪: {level: 4, of: [钱, 人], within: 9}\n",
            "line 3: 欠薪; expected level 1 to 3",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    (tmp_path / SENTIMENT_FILE).write_text("problem:\n  a: [停水]\n", encoding="utf-8")
    (tmp_path / SEVERITY_FILE).write_text(GOOD_SEVERITY, encoding="utf-8")
    assert Tone.load(tmp_path).judge("", "着火") == Heard(-1, RED, "火灾")
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=says.replace("(", r"\(")):
        Tone.load(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sentiment\.yaml cannot be read"):
        Tone.load(tmp_path)


def test_every_kind_has_words() -> None:
    kinds = Counter(word.kind for word in sentiments().words)
    assert set(kinds) == {"grievance", "problem", "ask", "thanks", "praise", "solved", "turn"}
    assert (folder_of(None) / SEVERITY_FILE).is_file()
