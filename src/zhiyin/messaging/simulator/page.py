"""One page: phones with what arrived on them, a reply under each, faults and addresses. Chinese, then English."""

import re
from html import escape

from zhiyin.messaging.simulator.faults import BY_NUMBER, KNOWN
from zhiyin.messaging.simulator.gateways import GATEWAYS
from zhiyin.messaging.simulator.world import BEIJING, Arrival, World

MOST_PHONES, MOST_ON_ONE, MOST_PUSHES = 24, 8, 12
CALLED_BACK = ("aliyun", "tencent", "huawei")
_LINK = re.compile(r"https?://[^\s\"'<>，。；]+")

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #66717e; --card: #fff; --back: #eef1f4; --line: #d5dbe1;
  --mine: #2f6fdf; --bubble: #e6e9ed; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebef; --dim: #98a3af; --card: #1c232b; --back: #12171c;
  --line: #333d47; --bubble: #2b343d; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; font: 14px/1.6 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif;
  color: var(--ink); background: var(--back); }
h1 { margin: 0 0 4px; font-size: 20px; } h2 { margin: 0 0 8px; font-size: 15px; }
p { margin: 0 0 8px; } .dim, small { color: var(--dim); }
.all { display: grid; grid-template-columns: minmax(0, 1fr) 360px; gap: 16px; align-items: start; }
.card { margin-bottom: 16px; padding: 14px; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); }
#phones { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 16px; }
.phone { display: flex; flex-direction: column; min-height: 380px; padding: 12px 10px; border: 6px solid #2a3037;
  border-radius: 28px; background: var(--card); }
.phone h3 { margin: 0 0 8px; padding-bottom: 6px; border-bottom: 1px solid var(--line); font-size: 14px;
  text-align: center; }
.talk { flex: 1; } .talk p { max-width: 88%; margin: 0 0 4px; padding: 7px 11px; border-radius: 14px;
  background: var(--bubble); overflow-wrap: anywhere; }
.talk p.me { margin-left: auto; width: fit-content; color: #fff; background: var(--mine); }
.talk small { display: block; margin: 0 0 8px 6px; }
.phone form { display: flex; gap: 6px; margin-top: 8px; }
input, select, button { min-height: 36px; padding: 4px 10px; border: 1px solid var(--line); border-radius: 8px;
  font: inherit; color: inherit; background: var(--card); }
input { min-width: 0; flex: 1; } input, select { width: 100%; } button { cursor: pointer; }
label { display: block; margin-top: 6px; } table { width: 100%; border-collapse: collapse; }
td, th { padding: 3px 6px 3px 0; text-align: start; vertical-align: top; overflow-wrap: anywhere; }
code { font-size: 12px; overflow-wrap: anywhere; }
@media (max-width: 820px) { .all { grid-template-columns: minmax(0, 1fr); }
  input, select, button { min-height: 44px; } }
"""
_SCRIPT = """
setInterval(async () => {
  const phones = document.getElementById("phones");
  if (phones.contains(document.activeElement)) return;
  const answer = await fetch("/_page").catch(() => null);
  if (answer && answer.ok) phones.innerHTML = await answer.text();
}, 2000);
"""


def page(world: World, port: int, smpp_port: int) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>网关模拟器</title>'
        f"<style>{_STYLE}</style></head><body><h1>网关模拟器 Gateway simulator</h1>"
        '<p class="dim">这里收到的短信不会发给任何人。Nothing that arrives here leaves this machine.</p>'
        f'<div class="all"><main><div id="phones">{phones(world)}</div></main>'
        f"<aside>{_addresses(port, smpp_port)}{_callbacks(world)}{_faults(world)}{_pushes(world)}</aside></div>"
        f"<script>{_SCRIPT}</script></body></html>"
    )


def phones(world: World) -> str:
    """The phones, the one that got something last first."""
    with world.lock:
        arrivals, replies = list(world.arrivals), list(world.replies)
    numbers = list(dict.fromkeys(each.to for each in reversed(arrivals)))[:MOST_PHONES]
    if not numbers:
        hint = "<p>按右边的地址设置通道，再发一条测试消息。</p>"
        return f'<section class="card"><h2>还没有短信 Nothing yet</h2>{hint}</section>'
    return "".join(_phone(number, [each for each in arrivals if each.to == number], replies) for number in numbers)


def _phone(number: str, arrivals: list[Arrival], replies: list[tuple[str, str]]) -> str:
    talk = "".join(_bubble(each) for each in arrivals[-MOST_ON_ONE:])
    mine = "".join(f'<p class="me">{escape(text)}</p>' for who, text in replies[-MOST_ON_ONE:] if who == number)
    quick = "".join(f'<button name="text" value="{text}" formnovalidate>{text}</button>' for text in ("R", "退订", "5"))
    to = f'<input type="hidden" name="to" value="{escape(number)}">'
    return (
        f'<section class="phone"><h3>{escape(number)}</h3><div class="talk">{talk}{mine}</div>'
        f'<form method="post" action="/_control/reply">{to}{quick}</form>'
        f'<form method="post" action="/_control/reply">{to}'
        '<input name="text" required maxlength="120" aria-label="回复 Reply" placeholder="回复 Reply">'
        "<button>发 Send</button></form></section>"
    )


def _bubble(arrival: Arrival) -> str:
    told = "、".join(arrival.told)
    return (
        f"<p>{_linked(arrival.text)}</p><small>{arrival.at.astimezone(BEIJING):%H:%M:%S} · {escape(arrival.dialect)}"
        f"{f' · {escape(told)}' if told else ''}</small>"
    )


def _linked(text: str) -> str:
    """The text with its addresses to be clicked."""
    parts, place = [], 0
    for found in _LINK.finditer(text):
        link = escape(found[0])
        parts += [escape(text[place : found.start()]), f'<a href="{link}" target="_blank" rel="noreferrer">{link}</a>']
        place = found.end()
    return "".join([*parts, escape(text[place:])])


def _addresses(port: int, smpp_port: int) -> str:
    rows = "".join(
        f"<tr><th>{name}</th><td><code>http://127.0.0.1:{port}/{name}/</code></td></tr>" for name in GATEWAYS
    )
    return (
        '<section class="card"><h2>填到通道设置里的地址 Addresses for the channels</h2>'
        "<p><small>密钥随意填。Any keys will do. <code>ZHIYIN_PRIVATE_GATEWAYS=127.0.0.1</code></small></p>"
        f"<table>{rows}<tr><th>smpp</th><td><code>127.0.0.1 : {smpp_port}</code></td></tr></table></section>"
    )


def _callbacks(world: World) -> str:
    fields = "".join(
        f'<label>{name}<input name="{name}" value="{escape(world.callbacks.get(name, ""))}"></label>'
        for name in CALLED_BACK
    )
    return (
        '<section class="card"><h2>回调地址 Callback addresses</h2><form method="post" action="/_control/callbacks">'
        f"{fields}<p></p><button>保存 Save</button></form></section>"
    )


def _faults(world: World) -> str:
    options = "".join(f'<option value="{name}">{name}: {words}</option>' for name, words in KNOWN.items())
    rules = "".join(
        f"<li><code>{escape(rule.number)}</code> {escape(rule.fault)}"
        f"{'' if rule.times is None else f' × {rule.times}'}</li>"
        for rule in world.rules
    )
    ends = "".join(f"<tr><th>…{number}</th><td>{name}</td></tr>" for number, name in BY_NUMBER.items())
    return (
        '<section class="card"><h2>故障 Faults</h2><form method="post" action="/_control/faults">'
        '<label>号码 Number<input name="number" value="*"></label>'
        f'<label>怎么出错 Fault<select name="fault">{options}</select></label>'
        '<label>几次 Times<input name="times" inputmode="numeric" placeholder="一直 for ever"></label>'
        '<label>几秒 Seconds<input name="seconds" inputmode="decimal" value="5"></label>'
        f"<p></p><button>加上 Add</button></form><ul>{rules}</ul>"
        '<form method="post" action="/_control/clear"><button>全部清空 Clear everything</button></form>'
        f"<details><summary>按尾号 By the number's end</summary><table>{ends}</table></details></section>"
    )


def _pushes(world: World) -> str:
    with world.lock:
        newest = list(reversed(world.pushes))[:MOST_PUSHES]
    rows = "".join(
        f"<tr><td>{escape(each.dialect)}</td><td>{escape(each.what)}</td><td>{escape(each.status)}</td></tr>"
        for each in newest
    )
    return f'<section class="card"><h2>已回推 Sent back</h2><table>{rows}</table></section>'
