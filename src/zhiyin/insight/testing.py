"""A small lexicon for tests, in the shape of a pack's emotions.toml, with words of every strength."""

from datetime import datetime
from typing import Any

from zhiyin.insight.actions import apply_lexicon
from zhiyin.people.access import Viewer

EMOTIONS: dict[str, Any] = {
    "angry_from": 2.0,
    "expressions": [
        {
            "key": "insult",
            "weight": 3.0,
            "words": {
                "zh-hans": ["骗子", "垃圾", "混蛋", "不要脸", "王八蛋"],
                "en": ["scam", "liars", "idiots", "bullshit"],
            },
        },
        {
            "key": "anger",
            "weight": 2.0,
            "words": {
                "zh-hans": ["气死", "气人", "生气", "愤怒", "恼火", "火大", "忍无可忍", "欺骗", "恶劣", "投诉"],
                "en": ["furious", "angry", "outraged", "disgusting", "lied to", "ripped off", "mad"],
            },
        },
        {
            "key": "disappointment",
            "weight": 1.0,
            "words": {
                "zh-hans": ["失望", "不满意", "不满", "敷衍", "推诿", "无语", "差劲", "很差", "太差", "不耐烦", "糟糕"],
                "en": ["disappointed", "terrible", "useless", "rude", "unacceptable", "awful"],
            },
        },
        {
            "key": "thanks",
            "weight": -1.0,
            "words": {
                "zh-hans": ["满意", "谢谢", "感谢", "耐心", "辛苦了"],
                "en": ["satisfied", "thank", "happy", "helpful"],
            },
        },
    ],
    "negations": {
        "reach": {"zh-hans": 3, "en": 2},
        "words": {
            "zh-hans": ["不", "没", "没有", "并非", "不是", "未", "毫无", "不算", "不能"],
            "en": ["not", "never", "no", "isn't", "wasn't", "don't", "didn't", "not at all"],
        },
    },
}


def make_lexicon(*, now: datetime, content: dict[str, Any] | None = None) -> int:
    """Put the small lexicon in force and return its number."""
    return apply_lexicon(content=content or EMOTIONS, by=Viewer.system("test"), now=now)
