"""What names of estates, companies, schools, roads and projects end in, and what they never hold."""

import re
from typing import Final

# A name ends where one of these begins.
KINDS: Final = """
小区 新城 公司 集团 工厂 学校 校区 药店 诊所 驾校 社区 项目 工地 楼盘 新村 大院 宿舍 棚改 基站
网吧 煤矿 铁矿 锰矿 石场 砂场 沙场 猪场 鸡场 砖厂 纸厂 药厂 电厂 水厂 钢厂 石厂 料厂 泥厂 炼厂 化厂 具厂 装厂
械厂 培训 教育 健身 娱乐 商会
"""
# So do these; and where two of them follow one name, two places are named: 朝阳小学 and 朝阳大厦.
HOUSES: Final = """
国际 广场 大厦 大楼 中学 小学 幼儿 一中 二中 三中 四中 五中 六中 七中 八中 一小 二小 三小 商场 商城 市场 超市 酒店
宾馆 饭店
"""
# These too; and before these even an ordinary word is a name: 时代花园, 和平公寓.
HOMES: Final = """
花园 公馆 家园 公寓 名苑 雅苑 嘉园 佳苑 庄园 山庄 别墅 名都 名城 华府 华庭 豪庭 御府 御都 御景 半岛 世家
湖畔 水岸 江畔 河畔 香颂 悦府 学府 雅居 雅园 名邸 豪苑 花苑 花城 丽都 蓝湾 绿洲 首府 一品 帝景 豪园 名郡 佳园
新苑 丽苑 华苑 华城 名门 名居 华章 尚城 上城 豪府 美墅 星城 香榭 学苑 江岸 公元 天境 天城 天地 雅郡
"""
SINGLE_HOMES: Final = "苑郡轩邸墅"
SINGLE_KINDS: Final = "厂村镇乡路街苑园府城湾郡庭轩阁邸墅寓桥矿场"
# What lies in so many matters that it says little: towns, streets, stations, great houses.
GREAT: Final = "医院 银行 街道 景区 车站 公园 水库 大道 平台 大桥"
# Great when named by an ordinary word: 经济学院.
COLLEGES: Final = "大学 学院"
# What a firm does, and mostly all that is said of it: 恒睿〔置业〕, 宏泰昌〔建设〕. After ordinary words it is no name.
TRADES: Final = "置业 地产 物业 实业 建设 建筑 建工 商贸 科技 药业 制药 矿业 驾校 环保 传媒"
SINGLE_GREATS: Final = "镇乡路街桥"
# Between a name and its kind: 恒大〔房地产〕〔开发〕〔有限〕〔责任〕公司.
FILLERS: Final = """
有限 责任 股份 开发 地产 置业 物业 实业 投资 建设 建筑 建材 工程 科技 电子 化工 矿业 药业 制药 机械 服务
管理 商贸 贸易 食品 材料 环保 农业 林业 发展 文化 传媒 实验 附属 中心 外国 国语 职业 技术 技工 第一 第二
第三 第四 第五 安置 住宅 高层 一期 二期 三期 四期 五期 东区 西区 南区 北区 建成 水泥 采石 养殖 搅拌 加油
"""
# Characters that no name has: of grammar, of number, of place around something.
FUNCTION: Final = (
    "的在是和与及或了有个该某这那位到去给从把被对为以于条此我你他她它您等都也就还又再只不没未无上下里内外间前后"
    "旁附近请望求将会能可要想让使由向往经过每各全整所什么怎吗呢吧啊着得地之其且但而因故如若则即既至并同共其已曾正很"
    "太更最较多少几一二三四五六七八九十两半来说称叫住买卖原省市县区号栋楼期层户局书记厅科委部政们"
)
# Of these a name may have one where it stands before 小区, 公司 and the like: 盛和家园, 中天广场.
MAY_BE_NAME: Final = "之外和一二三四五六七八九十上中大原同正新其能可以前"
# Two characters that often stand before a kind and name nothing: 政府和教育部门, 新建小区.
NO_NAMES: Final = """
邻村 府和 门和 园和 房和 导和 学和 校和 院和 业和 商和 法和 厂和 店和 范中 定中 通中 强中 禁中 属中
聘中 体中 办中 镇中 乡中 验中 建养 家造 料加 品加 选矿 洗矿 小冶 属冶 废塑 找采 天采 法洗 法采 村养
家养 外打 次开 们找 能穷 日制 范性 惠性 范类 新建 霸占 黑心 学生 教师 游乐 历史 水务 纸业 煤业 锌业
铅锌 印染 糕点 三方 孩上 考进 小游 关停 铁塔 动移 移动 联通 电信 以报 管好 开家 亲子 职教 保温 双语
英文 全日 露天 空中 绿色 美好 骗取 份子 以试 以开 房东 宿制 交化 园式 上缴 踏入 级以 年拆 心小 按小
北京 上海 广州 深圳 中华 中国
"""
# What stands right before a name and does not belong to it: 想问〔丽景花园〕.
BEFORE_NAMES: Final = "问询诉映称叫址告报访查找"
DISTRICTS: Final = "县区市"
# What a number counts; before anything else it is part of a name: 58车贷, 139路.
COUNTED: Final = (
    "年月日号栋元万个人次岁多点楼层户米平亩吨天小块分秒时期单室厅度千百十亿位名家条件套辆台间种张只头斤公里省市县区组班级"
    "周余几左以之的是在和元角折倍棵字份起届批幢座门店届村镇乡街处所项第章款岸中学"
)
# From the third character on: a business that may bear its owner's name, as in 王小二诊所.
OWNED: Final = re.compile(
    ".?(?:诊所|药店|饭店|超市|网吧|宾馆|酒店|工厂|石场|砂场|沙场|采石场|养殖场|猪场|养猪场|鸡场|砖厂|纸厂|"
    "[^公]?厂|[^广市商农]?场|培训|教育|健身|娱乐)"
)
