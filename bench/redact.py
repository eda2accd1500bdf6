"""How long redaction takes: µs a text, for clean texts and for texts with something in them.

Run: python -m bench.redact
"""

import statistics
import time

from agents.redaction import redact

_CLEAN = (
    "我们小区供暖一直不热，室内温度只有十四度左右，老人和孩子都冻感冒了。物业说是管网老化，供热公司说是物业没有清洗管道，互相推诿，希望政府部门尽快协调处理，让居民过一个温暖的冬天。多次反映都没有结果，请领导重视。",
    "楼下烧烤店每天营业到凌晨，油烟直接排到居民楼里，噪音特别大，严重影响休息。向城管反映过多次，每次来了就收敛一点，走了又恢复原样，请相关部门从根本上解决这个问题，还居民一个安静的生活环境，谢谢。",
    "公司拖欠我们农民工工资已经半年，当初承诺年底结清，现在负责人推来推去，谁也不管。我们上有老下有小，全靠这点工资生活，请劳动监察部门帮助我们讨回血汗钱，让大家能够安心回家过年，万分感谢你们的帮助。",
)
_HITTING = (
    "我叫张建国，家里停水三天没人管，物业一直不来维修，打了很多次电话都说在协调，老人和孩子生活非常不方便，请尽快处理，我的电话是13900001234，谢谢。",
    "楼上装修漏水把我家屋顶泡坏了，多次协商没有结果，对方拒绝赔偿，物业也不出面协调，请社区帮助调解，我住在金都花园3栋2单元501室，随时可以来看现场。",
    "一辆白色轿车长期占用消防通道，堵住单元门口，影响居民出行，车牌是甘G12345，拨打挪车电话无人接听，希望交警部门尽快处理，消除安全隐患，保障居民安全。",
)


def us_per_text(texts: tuple[str, ...], rounds: int = 400) -> float:
    """Median of nine runs, in µs of processor time a text."""
    runs = []
    for _ in range(9):
        start = time.process_time()
        for _ in range(rounds):
            for text in texts:
                redact(text)
        runs.append((time.process_time() - start) / rounds / len(texts) * 1e6)
    return statistics.median(runs)


def main() -> None:
    for label, texts in (("clean", _CLEAN), ("hitting", _HITTING)):
        characters = sum(map(len, texts)) / len(texts)
        print(f"{label:8} {us_per_text(texts):7.1f} µs a text of {characters:.0f} characters")


if __name__ == "__main__":
    main()
