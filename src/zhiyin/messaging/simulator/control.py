"""What somebody tells the simulator, by JSON or by the page's forms."""

from typing import Any

from zhiyin.messaging.simulator.faults import KNOWN, SECONDS, Rule
from zhiyin.messaging.simulator.gateways import Asked, Said
from zhiyin.messaging.simulator.pushes import WEIXIN, Pushes
from zhiyin.messaging.simulator.weixin import keys_of
from zhiyin.messaging.simulator.world import World


def controlled(asked: Asked, world: World, pushes: Pushes) -> Said | None:
    """Do what is asked; None: it came from the page, which is shown again."""
    is_form = asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    given: dict[str, Any] = dict(asked.form) if is_form else asked.json
    try:
        wrong = _done(asked.path.removeprefix("/_control/"), given, world, pushes)
    except (TypeError, ValueError) as fault:
        wrong = str(fault)
    if wrong:
        return Said(400, {"error": wrong})
    return None if is_form else Said(200, {"ok": True})


def _done(what: str, given: dict[str, Any], world: World, pushes: Pushes) -> str:
    """Why not, if not."""
    match what:
        case "faults":
            return _rule(given, world)
        case "callbacks":
            world.callbacks |= {name: str(url).strip() for name, url in given.items()}
        case "templates":
            world.templates |= {name: str(words) for name, words in given.items()}
        case "push_keys":
            world.push_keys = {str(key): str(secret) for key, secret in given.items()}
        case "weixin":
            world.weixin |= {name: keys_of(keys) for name, keys in given.items() if name in WEIXIN}
        case "leave":
            number, back = str(given.get("to", "")), bool(given.get("back"))
            return "" if pushes.leave(number, back=back) else f"no message of WeChat or WeCom has arrived at {number}"
        case "reply":
            number, text = str(given.get("to", "")), str(given.get("text", ""))
            return "" if pushes.reply(number, text) else f"no message has arrived at {number}"
        case "clear":
            world.clear()
        case _:
            return f"there is no control {what}: faults, callbacks, templates, push_keys, weixin, leave, reply, clear"
    return ""


def _rule(given: dict[str, Any], world: World) -> str:
    fault = str(given.get("fault", ""))
    if fault not in KNOWN:
        return f"there is no fault {fault!r}: {', '.join(KNOWN)}"
    times = given.get("times")
    rule = Rule(
        number=str(given.get("number") or "*"),
        fault=fault,
        times=int(times) if times not in (None, "") else None,
        seconds=float(given.get("seconds") or SECONDS),
    )
    with world.lock:
        world.rules.append(rule)
    return ""
