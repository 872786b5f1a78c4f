"""Whether what a policy names is there: refused where the product knows all names, remarked on where a customer may
bring a new one any day."""

from django.utils import translation

from zhiyin.journey.queries import journey_map
from zhiyin.journey.rules import CHANNELS
from zhiyin.lib.text import pick
from zhiyin.outreach.rules.names import called, misnamed, names_in
from zhiyin.outreach.rules.policy import parse_policy
from zhiyin.outreach.rules.problems import PolicyInvalid, Problem
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.words import CHANNELS as WORDS
from zhiyin.people.access import Viewer
from zhiyin.people.places import unit_names_by_code
from zhiyin.people.queries import in_group, units_of

MOST = 20  # brands and segments that are looked for among the customers


def named_policy(text: str) -> Policy:
    """The policy of a text. Raises PolicyInvalid with every problem, names that nothing bears among them."""
    policy = parse_policy(text)
    known = journey_map()
    kinds = {kind for kind, _key, name in names_in(policy) if name}
    problems = misnamed(
        policy,
        {
            "scenario": known.scenarios.keys(),
            "touchpoint": known.touchpoints.keys(),
            "unit": {card.code for card in units_of(by=Viewer.system("policy"))} if "unit" in kinds else (),
            "channel": CHANNELS,
        },
    )
    if problems:
        raise PolicyInvalid(problems)
    return policy


def as_called(policy: Policy, language: str) -> Policy:
    """The policy with the names of units, scenarios, touchpoints and channels in place of their keys, for reading."""
    known = journey_map()
    with translation.override(language):
        channels = {key: str(word) for key, word in WORDS.items()}
    names = {
        "unit": unit_names_by_code(language),
        "scenario": {key: pick(card.name, language) for key, card in known.scenarios.items()},
        "touchpoint": {key: pick(card.name, language) for key, card in known.touchpoints.items()},
        "channel": channels,
    }
    return called(policy, names)


def unheard_of(text: str) -> list[Problem]:
    """Brands and segments that no customer has by now: most likely misspelt, though one may come tomorrow."""
    policy = parse_policy(text)
    found: dict[str, set[str]] = {"brand": set(), "segment": set()}
    asked = [(kind, name) for kind, _key, name in names_in(policy) if kind in found and name]
    for place, (kind, name) in enumerate(dict.fromkeys(asked)):
        is_there = place >= MOST or in_group(**{kind: name}).exists()
        found[kind] |= {name} if is_there else set()
    return misnamed(policy, found)
