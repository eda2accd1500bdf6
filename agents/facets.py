"""Tells what a report complains of, finer than its category, as a set of 64 facets."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.characters import Characters, Flags, Hashes, PairTable

# One facet a line: pairs of characters that speak of the same concrete problem. Longer
# words are there by the pair of theirs that says most: 自来水 by 来水, 变电站 by 变电.
_FACETS: Final = """
停水 断水 没水 缺水 供水 水压 来水 水管 吃水 用水 水费 无水 水表 停供
水质 黄水 浑浊 饮用 饮水 井水 水黑 异物
停电 断电 没电 供电 电压 跳闸 电网 变压 电费 电表 电力 低压 电线
燃气 然气 煤气 停气 通气 化气 液化 气罐 管道 灶气
宽带 信号 断网 网速 话费 没网 网络 上网 通讯
基站 辐射 高压 变电 铁塔 电磁
供暖 暖气 供热 取暖
噪音 噪声 太吵 轰鸣 噪杂 吵闹 隔音 分贝 吵得 扰民 吵醒 睡觉 睡眠 失眠 入睡 嘈杂 喧哗 鸣笛 安静 震动 轰隆 刺耳 声音 音屏
场舞 音响 喇叭 唱歌 音乐 低音 高音 歌厅
施工 打桩 渣土 工地 挖机 开工 夜施 钻机 桩机
油烟 烧烤 餐饮 夜宵 烟道 排烟 餐馆 饭店 排档 火锅 饭馆 食街
搅拌 凝土 泥土 水泥 粉尘 扬尘 灰尘 沙石 石场 石料 沙尘 尘土 洒水 拌站 扬沙
废气 臭味 恶臭 异味 刺鼻 臭气 浓烟 黑烟 喷漆 油漆 毒气 沥青 尾气 烟囱 熏天 呛鼻 冒烟 难闻 气体 空气 臭鸡 燃烧 污染 怪味 有毒
污水 废水 排污 偷排 水源 黑水 废液 河水 水体 排放 废料
养猪 养殖 猪场 养鸡 屠宰 猪粪 猪栏 养鸭 牛场 养牛 粪便 羊场
垃圾 焚烧 填埋 清运 环卫 脏乱 苍蝇 中转
采石 采砂 挖沙 矿山 洗矿 矿洞 开采 砖厂 挖砂 沙场 砂场 冶炼 放炮 爆破 炸石 石矿 山体 矿产 盗采
绿化 绿地 砍树 树木 公园 草坪 花坛 毁绿 游园 绿植
路灯 照明
修路 路面 坑洼 破损 烂路 断头 泥泞 塌陷 通车 拓宽 硬化 路况 坑坑 泥路 村道 修桥 危桥 道路 公路 马路 路段 通行
积水 内涝 下水 排水 化粪 堵塞 雨水 淹水 管网 排涝 下雨 暴雨 返水 洪水
堵车 拥堵 绿灯 限行 单行 斑马 天桥 交通 红绿 禁行 超载 超速 货车 货大 逆行 车祸 人行 车流
停车 车位 车库 违停 泊位 停放 乱停 停满
公交 班车 站点 线路 地铁 客车 客运 城铁 班次 发车 站台 乘车 站牌 城轨 乘客 票制 路车
租车 的士 网约 滴滴 打表 拒载 黑车 司机 打的 拼车
高铁 铁路 轻轨 磁浮
物业 业委 主大 修基 修资 共收
电梯 梯困 坠梯
漏水 渗水 开裂 裂缝 墙体 空鼓 脱落 断裂 减料 质量 发霉 墙面 裂痕 沉降 楼板 倾斜 返潮
交房 延期 烂尾 停工 复工 逾期 收房 交付 交楼 收楼 竣工 入住 延迟 破产 停摆
产证 动产 产权 办证 过户 网签 两证 房本 权证 登记 户办
捆绑 虚假 强制 欺诈 搭售 霸王 减配 欺骗 诱骗 误导 宣传 全款 样板 装修
退款 退费 退钱 退房 退还 押金 退卡 不退 跑路 定金 订金 认筹 诚意 首付 团购 返还 归还 违约 会员 预付 充值 倒闭 停业 卷款
拆迁 征收 征地 补偿 安置 强拆 棚改 棚户 旧改 回迁 渡费 旧城 征拆 拆除 过渡 补款
违建 违章 法建 搭建 加层 乱建 占用 围挡 违规 私自 加建 拆违
规划 容积 采光 用地 选址 楼间 间距 日照 变更 调整
宅基 建房 危房 审批 建屋
公租 廉租 经适 障房 房补 人才 保障 轮候 租补
耕地 承包 林地 土地 山林 农田 山地 田地 水田 农户 流转 林权
学位 入学 招生 划片 派位 学区 录取 转学 上学 就读 学籍 读书 就学 择校 分班 重点 升初 小升 扩建 搬迁 校舍 就近
补课 培优 有偿 办班 导班 家教 补习 辅导 晚自
食堂 伙食 校服 料费 学费 饭菜 餐费 营养 就餐 饭堂
实习 业证 顶岗 流水 务工 打工 进厂 卖学 毕业
职称 编制 代课 教师
工资 欠薪 拖欠 工钱 加班 血汗 民工 讨薪 程款 薪资 薪水 报酬 欠我 工人 薪酬 务费 讨要 结账
社保 养老 参保 退休 失业 五险 补缴 缴纳 险金
医保 作医 农合 报销
积金
工伤 劳动 辞退 解除 用工
补贴 津贴 奖励 奖金 低保 救助 补助 绩效
诈骗 集资 车贷 网贷 理财 邮币 血本 立案 办案 受骗 骗钱 骗局 投资 现货 亏损 上当 期货
传销 人头 洗脑 直销 锁经 拉人 下线 窝点
手术 误诊 死亡 抢救 病历 疗事 医闹 住院 病危 治疗 主治 医疗 病人 患者
医生 挂号 药品 看病 疫苗 行医 诊所
二胎 准生 独生 计生 再婚 上户 户口 超生
食品 过期 假货 假药 健品 变质
涨价 票价 价格 收费 高价
快递 取件 包裹 邮政 邮件 派送 快件
消防 火灾 赌博 盗窃 打人 麻将 治安 通道 隐患 灭火
摊贩 占道 摆摊 夜市 城管 经营 市容 小贩 流动
招标 中标 围标 投标 垄断 评标 废标 招投 标书 串标
报名 考试 招聘 面试 资格 成绩 执业 笔试 录用 合格 准考
旅游 导游 游客 景区 门票 购物 旅行 行程
办事 窗口 政务 大厅 态度 效率
"""
FACETS: Final = 64
_LINES: Final = [line.split() for line in _FACETS.strip().split("\n")]
_TABLE: Final = PairTable({pair: number for number, line in enumerate(_LINES, 1) for pair in line})


def _set_of(first_words: Sequence[str]) -> int:
    return int(np.packbits([line[0] in first_words for line in _LINES]).view(np.uint64)[0])


# What so many have that it says little: pensions, managers of estates, fees, examinations, titles, allowances, plans.
_OFTEN: Final = ("社保", "物业", "涨价", "报名", "职称", "补贴", "规划")
OFTEN_TOLD: Final = _set_of(_OFTEN)
# What one and the same thing brings with it: of a works one neighbour smells the smoke, another
# hears the machines; of a house one wants the keys, another the money back. Two reports of
# two of these may be one matter, two estates' or two firms' that name nothing are not.
_NEIGHBOURS: Final = np.array(
    [
        _set_of(line.split())
        for line in """
水质 搅拌 废气 污水 养猪 垃圾 采石
噪音 场舞 施工 油烟 搅拌 堵车 摊贩
基站 规划 施工 违建
交房 产证 捆绑 退款 漏水 规划 施工
物业 停车 电梯 涨价 停电 停水
修路 堵车 停车 公交 路灯 积水 施工
学位 报名 规划 捆绑
实习 工资 工伤 补课
工资 社保 工伤
诈骗 传销 退款 捆绑
手术 医生 医保
拆迁 违建 宅基 规划
""".strip().split("\n")
    ],
    np.uint64,
)

TITLE_WEIGHT: Final = 3  # how many times what stands in the title counts
# What is said less than so often as what is said most is a side remark.
_SIDE_REMARK: Final = 0.4


def are_neighbours(a: Hashes, b: Hashes) -> Flags:
    """Row by row, or one set with each, whether two sets of problems may come of one thing."""
    of_a, of_b = a[:, None] & _NEIGHBOURS, b[:, None] & _NEIGHBOURS
    found: Flags = ((of_a != 0) & (of_b != 0)).any(1)
    return found


def problems(characters: Characters, in_title: Flags) -> Hashes:
    """For each text the set of what it complains of mainly; 0 where nothing is recognised.

    in_title: of the characters, which stand in a title.
    """
    at, numbers = _TABLE.find(characters)
    weights = 1.0 + (TITLE_WEIGHT - 1.0) * in_title[at]
    cells = characters.owner[at] * FACETS + numbers - 1
    said = np.zeros((characters.texts, FACETS))
    np.add.at(said.reshape(-1), cells, weights)
    least = np.maximum(said.max(1, keepdims=True) * _SIDE_REMARK, 1)
    mainly = said >= least
    return np.packbits(mainly, axis=1).view(np.uint64).ravel()
