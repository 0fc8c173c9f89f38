"""Common names, Chinese and English, for people who do not exist."""

# ruff: noqa: SIM905 - names read better in a row

CHINESE_SURNAMES = (
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    *"梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾",
)
CHINESE_GIVEN = {
    "M": "伟 强 磊 军 洋 勇 杰 涛 明 超 建国 志强 文博 浩然 子轩 国栋".split(),
    "F": "芳 娜 敏 静 丽 艳 娟 霞 秀英 桂兰 雅琴 雨桐 欣怡 梦瑶 淑珍 慧敏".split(),
}
ENGLISH_SURNAMES = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson "
    "Evans Walker White Roberts Green Hall Wood Jackson Clarke Khan O'Brien Murphy Kowalski"
).split()
ENGLISH_GIVEN = {
    "M": "Oliver George Harry Jack Arthur Noah Thomas William James Peter David Ahmed".split(),
    "F": "Olivia Amelia Isla Emily Grace Margaret Susan Mary Joan Fatima Helen Ruth".split(),
}
