"""The lexicon on hand-written matters: every leaf, near neighbours, names, what is outside."""

import re
from collections import Counter

import pytest

from agents.classify import Classifier
from streams.categories import CATEGORIES, OUTSIDE

# Written for this test; four matters a leaf, as a caller would put them.
MATTERS = """
D01 我跟老公已经离婚两年，他一直不按判决给孩子抚养费。
D01 三个儿子都不肯赡养老人，八十岁的母亲没人管。
D01 订婚时给了八万八彩礼，现在女方悔婚不退。
D01 父亲去世没留遗嘱，兄弟姐妹为遗产闹得不可开交。
D02 隔壁邻居把杂物堆在共用通道里，我家门都打不开。
D02 楼上漏水把我家天花板泡坏了，找他家好几次都不管。
D02 邻居家砌院墙占了半米，两家吵了好几年。
D02 对门养狗不拴绳，老人孩子出门都害怕，协商无果。
D03 开发商承诺去年底交房，到现在还没完工，首付和月供照付。
D03 入住五年了房产证一直办不下来，孩子落不了户。
D03 想在自家宅基地上翻建老屋，村里说不批。
D03 新房收房时发现墙面开裂、屋顶渗水，售楼部不理。
D04 签了装修合同付了一半定金，对方单方面毁约还不退定金。
D04 我给他们做外墙，工程款拖了两年，一分钱也没结。
D04 出事之后保险公司以各种理由拒赔。
D04 租赁合同到期，房主以墙面弄脏为由押金不退。
D05 我和他合伙开饭馆，赚了钱他不肯按股权分红。
D05 加盟费交了十万，总部什么支持都没有，门店开不下去。
D05 市场管理方突然把摊位费翻倍，商户们没法做生意。
D05 同行竞争恶意压价，欺行霸市不让我们进货。
D06 被一条没拴绳的大狗咬伤，狗主人不肯出医药费。
D06 楼上高空抛物砸坏了我的挡风玻璃，找不到人赔偿。
D06 两人口角后他动手把我打伤，鉴定为轻伤，至今没有赔。
D06 在商场门口踩到积冰摔伤骨折，要求对方赔误工费。
D07 村里把我家的承包地流转给别人，流转费没给我们。
D07 两个组为一片山林的界址争了十几年，林权证也对不上。
D07 别人在我家责任田里栽树，耕地被占没人管。
D07 我家自留地和祖坟被挖，地界也被移了。
D08 老房子拆迁三年了，安置房还没影，过渡费也停发了。
D08 修路征地，青苗补偿一直没有到位。
D08 没谈好补偿标准就强拆，家里东西都没搬出来。
D08 棚户区改造签了协议，什么时候能回迁？
D09 我们二十几个农民工干完活，包工头拖欠工资不给。
D09 干了六年没签劳动合同，公司突然把我辞退。
D09 天天加班到晚上十点，没有加班费也没有双休。
D09 在车间被机器压断手指，老板不肯申报工伤。
D10 昨天发生车祸，对方肇事逃逸，至今没有找到人。
D10 我骑车被小轿车追尾，对事故认定不服。
D10 交通事故对方全责却不肯赔医疗费，交强险也不报。
D10 老人过马路被货车撞伤，责任认定书迟迟不出。
D11 物业费年年涨，楼道没人打扫，保安形同虚设。
D11 小区电梯三天两头困人，物业公司说没钱修。
D11 我们想成立业主委员会，换一家物业，请问怎么申请？
D11 维修基金被挪用，公共收益也从来不公开。
D12 手术后出现后遗症，我们认为是医疗事故，院方不认。
D12 骨折被误诊成扭伤，耽误治疗三个月。
D12 护士打错针导致过敏休克，医院拒绝提供病历。
D12 家人术后感染去世，要求做医疗鉴定，医患纠纷怎么处理？
D13 健身房办卡不到一个月就关门跑路，卡里的钱退不了。
D13 买的手机三天就坏了，店家不肯退货也不给换。
D13 在美容院充值两万，现在要求退款对方一直拖。
D13 4S店交了定金的新车是事故车，属于欺诈消费者。
D14 化工厂晚上偷排废水，河里的鱼都死了。
D14 村口养猪场臭气熏天，粪水直接流进水沟。
D14 砖厂烟囱整天冒黑烟，晒的衣服都是粉尘。
D14 有人在地里露天焚烧塑料，气味刺鼻。
D15 跟团去云南，导游强迫进店购物，不买就骂人。
D15 旅行社临时取消行程，团费只退一半。
D15 景区门票涨了一倍，游客中心连热水都没有。
D15 定好的民宿到了不让住，旅游旺季坐地起价。
D16 有人仿冒我们的商标卖假茶叶。
D16 我写的书被盗版，网上到处在卖。
D16 公司申请的专利被对手抄袭使用，怎么维权？
D16 设计图被人拿去用，属于侵犯著作权吗？
D17 网购的衣服货不对板，电商平台客服不处理。
D17 直播间买的玉镯是玻璃的，主播已经把我拉黑。
D17 孩子偷偷给游戏充值八千多，平台不退。
D17 我的账号被封，个人信息泄露，还被人网暴。
D18 朋友借钱不还，手里有借条，电话也不接了。
D18 村里好多老人的钱投进了理财产品，老板跑了，怀疑是非法集资。
D18 因为一笔民间借贷，对方天天上门讨债。
D18 两家为债务纠纷闹到村里，请求帮助调解。
S01 我们这一片已经停水两天了，什么时候能来水？
S01 一到晚上电压不稳，空调都开不了。
S01 天然气什么时候能装到我们这条街？
S01 家里宽带断网一周，报修没人来。
S02 暖气片摸着是凉的，室温只有十四度。
S02 供热公司今年提前停暖，老人冻得受不了。
S02 房子一直空着，为什么还要交全额取暖费？
S02 小区没有集中供暖，什么时候能接通换热站？
S03 楼下工地夜间施工到两点，根本睡不着。
S03 广场舞的音响声太大，孩子没法写作业。
S03 楼下饭店的油烟直接排到我家窗户里。
S03 烧烤摊摆到凌晨，烟味呛人，还很吵。
S04 巷子口的垃圾堆了一个星期没人清运。
S04 菜市场门口占道经营严重，走路都困难。
S04 公厕又脏又臭，没有人打扫。
S04 行道树太茂密挡住窗户，请派人修剪树枝。
S05 我们村口的路灯坏了半个月，晚上漆黑一片。
S05 这段路坑坑洼洼，一下雨就积水。
S05 人行道上的井盖缺失，差点掉下去。
S05 通村公路断了半年，什么时候能修路？
S06 16路公交车等了四十分钟不来，司机还甩站。
S06 出租车不打表还拒载，态度恶劣。
S06 火车站到县城的末班车太早，建议延长。
S06 网约车司机绕路多收钱，怎么投诉？
S07 外来务工人员的孩子怎么报名上小学，需要居住证吗？
S07 学区划片不合理，家门口的学校上不了。
S07 老师在外面开补习班，逼学生去补课。
S07 幼儿园突然涨学费，还要交各种资料费。
S08 我的养老保险断缴了三年，可以补缴吗？
S08 在外地住院，医保能报销多少？
S08 想用公积金付首付，怎么提取？
S08 我家符合条件，低保申请一直没批下来。
S09 县医院挂号排了三个小时，专家号根本挂不上。
S09 镇卫生院晚上没有医生值班。
S09 村里有个黑诊所非法行医，请查处。
S09 二胎的生育证在哪里办理？
S10 超市卖过期食品，请求查处。
S10 这家店无证经营，也不开发票。
S10 加油站的油品有问题，计量也不准。
S10 小区里有传销窝点，每天有人拉人头。
S11 水渠堵了，今年的水稻没法灌溉。
S11 种粮补贴怎么还没发到我们农户手里？
S11 有人在河道里采砂，河堤都要垮了。
S11 山上有人乱砍滥伐，林业局也不管。
S12 办个身份证跑了三趟，窗口服务态度差。
S12 户口迁移需要带什么材料？
S12 事业单位招聘的笔试成绩什么时候公布？
S12 公墓价格和殡仪馆收费有没有公示？
S13 顶楼住户违章搭建阳光房，没人拆。
S13 对面要盖高楼，影响我们采光，规划合理吗？
S13 我们这片要建的公园，规划里到底有没有配套设施？
S13 施工单位偷工减料，工程质量堪忧，请住建局查一查。
S14 电动车在楼道里飞线充电，太容易着火了。
S14 消防通道被私家车堵死，救火车进不来。
S14 路口红绿灯坏了，车辆乱闯，希望交警来管。
S14 棋牌室聚众赌博，半夜还有人打架，报警也没用。
S99 今天天气真好，大家中秋快乐！
S99 专业代开发票，价格优惠，有需要的加微信咨询。
S99 昨晚世界杯那个进球太精彩了。
S99 领导您好，祝您工作顺利，身体健康。
"""
TABLE = [(line[:3], line[4:]) for line in MATTERS.strip().splitlines()]

# As a duty officer would settle two leaves that could both claim the report.
NEIGHBOURS = """
D11 物业说不交物业费就不给修楼顶漏水，房子才住了两年。
D03 开发商逾期交房，合同上写的物业费却从去年算起。
D08 老家的宅基地和房屋被拆迁，补偿标准比隔壁村低一半。
D08 拆迁以后承包地也没了，安置房至今没有下落。
S03 楼下烧烤店油烟味和噪音太大，环保局和城管互相推。
D14 工厂机器噪音不说，排出来的废气刺鼻，附近村民都在咳嗽。
S04 路边垃圾堆了好几天，路灯下面一股臭味。
S05 垃圾车把路面压坏了，坑坑洼洼，路灯也不亮。
D13 超市买的电饭煲坏了，商家不给退款，也不按三包换货。
S10 超市长期卖三无产品和过期食品，请市场监管局查处。
S07 学校乱收费，开学又要交几百块资料费。
S08 住院花了八万，医保报销比例为什么这么低？
S09 医院收费不透明，挂号排队三小时，医生态度差。
D12 手术失败，医院不承认医疗过错。
D09 老板拖欠工资，也没有给我们交社保。
D10 电动车被小车撞了，司机全责，交警已经出了事故责任认定。
S14 小区消防通道被占，电动车在楼道充电，火灾隐患大。
S01 小区停水三天了，物业说是自来水公司的管道爆了。
S02 暖气不热，物业让找热力公司，热力公司让找物业。
D17 在淘宝网购的鞋子是假货，平台客服不理。
"""

# Names of places and estates that hold a leaf's word, each in a report without another word.
NAMES = """
我是洪水镇的，想问一件事
家住大桥村三组
我住在学府花园
教师新村这边没人管
铁路小区的住户
他住机场路
森林公园街道办事处
我们文化路的居民
水库村的人都知道
煤矿新村五栋
老家在温泉镇洪水铺村
粮食局宿舍二单元
化工厂家属院的老人
我们人民医院宿舍楼
中学路和小学巷那一片
锰矿社区的居民
高新区这边
"""


# Roots of what this system never sorts people or matters by (DESIGN, the boundary).
OFF_LIMITS = re.compile(
    "宗教|教堂|教会|寺庙|道观|清真|信徒|佛教|道教|基督|伊斯兰|民族|少数民族|[藏回维满苗]族"
    "|政治|党员|党委|共产|上访|信访|示威|游行|抗议|邪教|异见"
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def test_every_leaf_has_terms_and_matters(classifier: Classifier) -> None:
    leaves = set(CATEGORIES)
    terms = Counter(term.leaf for term in classifier.lexicon.terms if term.weight)
    assert set(terms) == leaves
    assert min(terms.values()) >= 10
    assert all(count >= 4 for count in Counter(leaf for leaf, _ in TABLE).values())
    assert {leaf for leaf, _ in TABLE} == leaves == set(classifier.lexicon.priority)


def test_no_term_crosses_the_boundary(classifier: Classifier) -> None:
    assert [t.text for t in classifier.lexicon.terms if OFF_LIMITS.search(t.text)] == []


def test_hand_written_matters(classifier: Classifier) -> None:
    wrong = [
        (leaf, found.category, found.terms, text)
        for leaf, text in TABLE
        if (found := classifier.classify("", text)).category != leaf
    ]
    assert 1 - len(wrong) / len(TABLE) >= 0.9, wrong


def test_near_neighbours(classifier: Classifier) -> None:
    table = [(line[:3], line[4:]) for line in NEIGHBOURS.strip().splitlines()]
    wrong = [
        (leaf, found.category, found.terms, text)
        for leaf, text in table
        if (found := classifier.classify("", text)).category != leaf
    ]
    assert len(wrong) <= len(table) * 0.15, wrong


@pytest.mark.parametrize("text", NAMES.strip().splitlines())
def test_names_do_not_decide(classifier: Classifier, text: str) -> None:
    assert classifier.classify("", text).category == OUTSIDE


def test_a_name_leaves_the_matter_beside_it_alone(classifier: Classifier) -> None:
    assert classifier.category("", "洪水镇大桥村的自来水停了三天") == "S01"
    assert classifier.category("", "洪水把大桥冲毁了，洪水镇没人来修路") == "S05"


def test_traditional_and_noisy_text_is_judged_the_same(classifier: Classifier) -> None:
    plain = classifier.classify("", "包工头拖欠工资，劳动仲裁也不理")
    assert plain.category == "D09"
    assert classifier.classify("", "包工頭拖欠工資，勞動(dòng)仲裁也不理") == plain
    assert classifier.classify("", "包工头拖\u200b欠 工\n资，劳动仲裁也不理") == plain
